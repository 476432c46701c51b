"""What is added to the index of words is sorted in by the service, and not by whoever adds it"""

from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In kilobytes: so much at most lies unsorted where no service looks after it.
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('ALTER INDEX ix_searchables_words SET (gin_pending_list_limit = 16384)')


def downgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('ALTER INDEX ix_searchables_words RESET (gin_pending_list_limit)')
