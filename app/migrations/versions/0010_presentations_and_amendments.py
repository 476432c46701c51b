"""presentations of inputs, and amendments of the agenda"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('input_presentations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('input_id', sa.Uuid(), nullable=False),
    sa.Column('sitting_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('replaced_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['by_id'], ['people.id'], name=op.f('fk_input_presentations_by_id_people')),
    sa.ForeignKeyConstraint(['input_id'], ['inputs.id'], name=op.f('fk_input_presentations_input_id_inputs'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['sitting_id'], ['sittings.id'], name=op.f('fk_input_presentations_sitting_id_sittings'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_input_presentations'))
    )
    with op.batch_alter_table('input_presentations', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_input_presentations_input_id'), ['input_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_input_presentations_sitting_id'), ['sitting_id'], unique=False)
    with op.batch_alter_table('agenda_items', schema=None) as batch_op:
        batch_op.add_column(sa.Column('label', sa.String(length=20), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('place', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table('agenda_items', schema=None) as batch_op:
        batch_op.alter_column('label', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('agenda_items', schema=None) as batch_op:
        batch_op.drop_column('withdrawn_at')
        batch_op.drop_column('place')
        batch_op.drop_column('label')
    with op.batch_alter_table('input_presentations', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_input_presentations_sitting_id'))
        batch_op.drop_index(batch_op.f('ix_input_presentations_input_id'))
    op.drop_table('input_presentations')
