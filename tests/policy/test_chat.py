"""Chat and statements: who may write, what a picture keeps, and what becomes of a statement."""

from hashlib import sha256

import pytest

from app import editions
from app.policy import chat, statement
from app.policy.access import Part, Right, decide
from app.policy.chat import Chat, ChatReason, ChatSaid, Message
from app.policy.decision import Denied
from app.policy.people import Capacity, Category, Function, Speaker, Standing
from app.policy.refusal import No
from app.policy.sitting import SittingState
from app.policy.statement import OnRecord, StatementReason, StatementState
from tests.vectors.make import START

KENYA = Speaker(
    "Delegate of Kenya", "Kenya", Capacity.DELEGATE, Category.MEMBER_STATE, remote=False
)
RULE = editions.load()[editions.DEFAULT]


def message(number: int, text: str | None = "Hello") -> Message:
    return Message(number, KENYA, text, START)


def on_record(number: int) -> OnRecord:
    return OnRecord(number, KENYA, None, 5, START)


@pytest.mark.parametrize(
    ("category", "function", "first_half", "second_half"),
    [
        (Category.MEMBER_STATE, None, True, True),
        (Category.ASSOCIATE, None, True, True),
        (Category.ACADEMIA, None, True, False),
        (Category.STAKEHOLDER, None, True, False),
        (Category.PUBLIC, None, False, False),
        (Category.STAKEHOLDER, Function.CHAIR, True, True),
        (Category.STAKEHOLDER, Function.MODERATOR, True, False),
    ],
)
def test_whoever_may_speak_in_a_part_may_write_in_it(category, function, first_half, second_half):
    stands = Standing.of(category, *([function] if function else []))
    for part, may in ((Part.FIRST_HALF, first_half), (Part.SECOND_HALF, second_half)):
        answer = chat.may_chat(decide(RULE, stands, part, Right.SPEAK), paused=False, muted=False)
        assert (answer is True, isinstance(answer, Denied)) == (may, not may)


def test_a_pause_and_a_mute_are_told_after_the_rule():
    may = decide(RULE, Standing.of(Category.MEMBER_STATE), Part.SECOND_HALF, Right.SPEAK)
    denied = decide(RULE, Standing.of(Category.STAKEHOLDER), Part.SECOND_HALF, Right.SPEAK)

    assert chat.may_chat(may, paused=True, muted=False) == No(ChatReason.PAUSED)
    assert chat.may_chat(may, paused=True, muted=True) == No(ChatReason.MUTED)
    assert chat.may_chat(denied, paused=True, muted=True) == denied
    assert chat.may_tell_moderator(may) is True
    assert chat.may_tell_moderator(denied) == denied


def test_a_picture_keeps_the_newest_fifty_messages_and_statements():
    seen, written = Chat(), tuple[OnRecord, ...]()
    for number in range(1, 61):
        seen = chat.apply(seen, ChatSaid.of(message(number)))
        written = statement.apply(written, statement.StatementRecorded.of(on_record(number)))

    assert [each.number for each in seen.messages] == list(range(11, 61))
    assert [each.number for each in written] == list(range(11, 61))


def test_the_place_of_a_removed_message_stays_and_an_undo_fills_it():
    seen = Chat(messages=(message(1), message(2, "Nonsense"), message(3)))

    removed = chat.apply(seen, chat.ChatRetracted(2))
    back = chat.apply(removed, chat.ChatRestored(2, "Nonsense"))

    assert removed.messages == (message(1), message(2, None), message(3))
    assert back == seen
    assert chat.apply(seen, chat.ChatRetracted(9)) == seen
    assert chat.apply(seen, chat.ChatRestored(9, "Nonsense")) == seen
    assert chat.apply(seen, chat.ChatClosed()).paused
    assert chat.apply(chat.apply(seen, chat.ChatClosed()), chat.ChatOpened()) == seen


def test_a_statement_is_not_on_record_after_all():
    assert statement.apply((on_record(1), on_record(2)), statement.StatementUnrecorded(1)) == (
        on_record(2),
    )


def test_the_digest_is_that_of_the_text_as_utf_8():
    text = "Monsieur le Président,\r\n中文 🕊"

    assert statement.digest(text) == sha256(text.encode("utf-8")).hexdigest()


FILED, WITHDRAWN = StatementState.FILED, StatementState.WITHDRAWN
READ, ON_RECORD = StatementState.READ_OUT, StatementState.ON_RECORD


@pytest.mark.parametrize(
    ("withdrawn", "read_out", "recorded", "state", "withdraw", "record"),
    [
        (False, False, False, FILED, True, True),
        (True, False, False, WITHDRAWN, *(2 * [No(StatementReason.WITHDRAWN)])),
        (False, True, False, READ, No(StatementReason.READ_OUT), True),
        (False, True, True, ON_RECORD, *(2 * [No(StatementReason.ON_RECORD)])),
        (False, False, True, ON_RECORD, *(2 * [No(StatementReason.ON_RECORD)])),
    ],
)
def test_what_may_become_of_a_statement(withdrawn, read_out, recorded, state, withdraw, record):
    found = statement.state_of(withdrawn=withdrawn, read_out=read_out, recorded=recorded)

    assert found is state
    assert statement.may_withdraw(found) == withdraw
    assert statement.may_read_out(found) == withdraw
    assert statement.may_record(found) == record


@pytest.mark.parametrize(
    ("state", "may"),
    [("scheduled", True), ("open", True), ("closing", False), ("closed", False)],
)
def test_when_a_statement_may_be_handed_in(state, may):
    assert statement.may_file(SittingState(state)) is may
