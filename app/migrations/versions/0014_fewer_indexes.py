"""No index on what another one begins with, nor on the state of an input: each cost a page to write"""

from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None
BEGUN_WITH = (
    ('agenda_editions', 'meeting_id'),
    ('agenda_items', 'meeting_id'),
    ('announcements', 'sitting_id'),
    ('answered_once', 'person_id'),
    ('appointments', 'meeting_id'),
    ('asides', 'sitting_id'),
    ('attending', 'registration_id'),
    ('background_documents', 'consultation_id'),
    ('caption_lines', 'sitting_id'),
    ('chat_messages', 'sitting_id'),
    ('chat_mutes', 'sitting_id'),
    ('compiled_documents', 'consultation_id'),
    ('consultation_followers', 'consultation_id'),
    ('document_deadlines', 'meeting_id'),
    ('document_groups', 'meeting_id'),
    ('documents', 'meeting_id'),
    ('fences', 'meeting_id'),
    ('floor_actions', 'sitting_id'),
    ('floor_requests', 'sitting_id'),
    ('focal_points', 'entity_id'),
    ('form_answers', 'registration_id'),
    ('form_editions', 'meeting_id'),
    ('grouped_documents', 'group_id'),
    ('hands', 'show_id'),
    ('input_authors', 'input_id'),
    ('input_fields', 'input_id'),
    ('input_versions', 'input_id'),
    ('inputs', 'consultation_id'),
    ('mailing_recipients', 'mailing_id'),
    ('memberships', 'entity_id'),
    ('minutes_paragraphs', 'sitting_id'),
    ('questions', 'consultation_id'),
    ('registration_drafts', 'meeting_id'),
    ('registrations', 'meeting_id'),
    ('seats', 'sitting_id'),
    ('shows_of_hands', 'sitting_id'),
    ('sitting_places', 'sitting_id'),
    ('sittings', 'meeting_id'),
    ('statements', 'person_id'),
    ('statements', 'sitting_id'),
    ('summary_paragraphs', 'summary_id'),
    ('summary_steps', 'summary_id'),
    ('traits', 'entity_id'),
)
REMOVED = (
    'CREATE TRIGGER searchables_removed AFTER DELETE ON searchables'
    ' BEGIN DELETE FROM searchable_words WHERE rowid = old.number; END'
)


def upgrade() -> None:
    for table, column in (*BEGUN_WITH, ('inputs', 'state'), ('searchables', 'key')):
        op.drop_index(op.f(f'ix_{table}_{column}'), table_name=table)
    _named('uq_searchables_kind', 'uq_searchables_key', ['key', 'kind', 'audience'])
    _stored('EXTERNAL')


def downgrade() -> None:
    _stored('EXTENDED')
    _named('uq_searchables_key', 'uq_searchables_kind', ['kind', 'key', 'audience'])
    for table, column in (*BEGUN_WITH, ('inputs', 'state'), ('searchables', 'key')):
        op.create_index(op.f(f'ix_{table}_{column}'), table, [column], unique=False)


def _named(old: str, new: str, columns: list[str]) -> None:
    """What is unique begins with what is asked for."""
    with op.batch_alter_table('searchables', schema=None) as batch_op:
        batch_op.drop_constraint(op.f(old), type_='unique')
        batch_op.create_unique_constraint(op.f(new), columns)

    if op.get_bind().dialect.name == 'sqlite':
        op.execute(REMOVED)  # it went with the table that was written anew


def _stored(how: str) -> None:
    """Words are not packed: that took longer than to write them."""
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(f'ALTER TABLE searchables ALTER COLUMN words SET STORAGE {how}')
