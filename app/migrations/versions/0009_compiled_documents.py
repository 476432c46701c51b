"""compiled documents"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('compiled_documents',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('consultation_id', sa.Uuid(), nullable=False),
    sa.Column('form', sa.String(length=32), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['consultation_id'], ['consultations.id'], name=op.f('fk_compiled_documents_consultation_id_consultations'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_compiled_documents')),
    sa.UniqueConstraint('consultation_id', 'form', name=op.f('uq_compiled_documents_consultation_id'))
    )
    with op.batch_alter_table('compiled_documents', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_compiled_documents_consultation_id'), ['consultation_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('compiled_documents', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_compiled_documents_consultation_id'))

    op.drop_table('compiled_documents')
