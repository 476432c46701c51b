"""On SQLite the number of what can be found begins with the number of its place"""

from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None
SQLITE = (
    'CREATE TABLE searchable_places (number INTEGER PRIMARY KEY, kind VARCHAR(32) NOT NULL,'
    ' audience VARCHAR(32) NOT NULL, scope_id CHAR(32) NOT NULL,'
    ' UNIQUE (kind, audience, scope_id))',
    'INSERT INTO searchable_places (kind, audience, scope_id)'
    ' SELECT DISTINCT kind, audience, scope_id FROM searchables',
    'CREATE TABLE renumbered (old INTEGER PRIMARY KEY, new INTEGER NOT NULL, head, body)',
    'INSERT INTO renumbered SELECT s.number, (p.number << 40)'
    ' + row_number() OVER (PARTITION BY p.number ORDER BY s.number), w.head, w.body'
    ' FROM searchables s JOIN searchable_places p'
    ' ON p.kind = s.kind AND p.audience = s.audience AND p.scope_id = s.scope_id'
    ' JOIN searchable_words w ON w.rowid = s.number',
    'DELETE FROM searchable_words',
    'INSERT INTO searchable_words (rowid, head, body) SELECT new, head, body FROM renumbered',
    # Out of the way first: taken back and made again, an old number may be the new one of another.
    'UPDATE searchables SET number = -number',
    'UPDATE searchables SET number ='
    ' (SELECT new FROM renumbered WHERE old = -searchables.number)',
    'DROP TABLE renumbered',
)


def upgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        for statement in SQLITE:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('DROP TABLE searchable_places')
