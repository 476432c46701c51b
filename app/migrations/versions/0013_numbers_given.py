"""A round knows the highest number that it gave, and a text is found by its digest"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None
# Those that went on to a later round were given a number here, and are counted.
GIVEN = (
    'UPDATE consultations SET numbered = (SELECT max(given) FROM ('
    ' SELECT max(i.number) AS given FROM inputs AS i WHERE i.consultation_id = consultations.id'
    ' UNION ALL'
    ' SELECT count(*) FROM inputs AS i'
    ' WHERE (i.consultation_id = consultations.id AND i.number IS NOT NULL)'
    ' OR i.carried_from_id = consultations.id) AS both_ways)'
)


def upgrade() -> None:
    with op.batch_alter_table('consultations', schema=None) as batch_op:
        batch_op.add_column(sa.Column('numbered', sa.Integer(), nullable=False, server_default='0'))

    op.execute(GIVEN)
    with op.batch_alter_table('input_versions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_input_versions_digest'), ['digest'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('input_versions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_input_versions_digest'))

    with op.batch_alter_table('consultations', schema=None) as batch_op:
        batch_op.drop_column('numbered')
