"""following all rounds"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('rounds_followers',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('followed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_rounds_followers_person_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rounds_followers'))
    )
    with op.batch_alter_table('rounds_followers', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rounds_followers_person_id'), ['person_id'], unique=True)


def downgrade() -> None:
    with op.batch_alter_table('rounds_followers', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_rounds_followers_person_id'))

    op.drop_table('rounds_followers')
