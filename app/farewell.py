"""Farewells: in which words somebody is not let in, shown out, or asked to come again."""

from datetime import UTC, datetime

from app.database import Reading
from app.explain import explain, refusal
from app.i18n import Language, translations
from app.live.entry import TurnedAway
from app.policy.access import Edition
from app.policy.decision import Denied
from app.policy.entry import EntryReason
from app.policy.refusal import No
from app.protocol.codes import Code, comes_back
from app.protocol.messages import Explanation, Farewell, NextOpen, Note
from app.reasons import Translate
from app.services import sittings


class Farewells:
    """Farewells by decision and language: most people who are shown out hear the same words."""

    def __init__(self, following: NextOpen | None, written_input: str) -> None:
        self._following = following
        self._written_input = written_input
        self._made: dict[tuple[Denied, str, bool], TurnedAway] = {}

    def of(self, decision: Denied, language: str, *, moves: bool) -> TurnedAway:
        key = (decision, language, moves)
        if key not in self._made:
            code = Code.SHOWN_OUT if moves else Code.REVOKED
            self._made[key] = self._say(code, explain(decision, words_in(language)))
        return self._made[key]

    def over(self, language: str) -> TurnedAway:
        """Of a sitting that was closed: nobody lost anything, and nothing follows at once."""
        return self._say(Code.OVER, refusal(EntryReason.OVER, words_in(language)))

    def uninvited(self, edition: Edition, language: str) -> TurnedAway:
        """Of an expert: the item is not in hand any more, or the invitation has ended (A10)."""
        words, clause = words_in(language), edition.invited.clause
        told = {"clause": clause.label, "clause_text": clause.paraphrase, "edition": edition.id}
        why = refusal(EntryReason.INVITATION_ENDED, words).model_copy(update=told)
        return self._say(Code.REVOKED, why)

    def _say(self, code: Code, why: Explanation) -> TurnedAway:
        farewell = encode_farewell(
            code, why, following=self._following, written_input=self._written_input
        )
        return TurnedAway(farewell, code)


def encode_farewell(
    code: int,
    why: Explanation,
    *,
    following: NextOpen | None = None,
    written_input: str = "",
) -> bytes:
    """The last message before a close, as JSON bytes."""
    farewell = Farewell(code=code, why=why, next_open=following, written_input=written_input)
    return farewell.model_dump_json(exclude_none=True).encode()


def words_in(language: str) -> Translate:
    """The catalogue of a language."""
    return translations(Language(language)).gettext


def no_entry(no: No, words: Translate, code: Code = Code.REFUSED) -> TurnedAway:
    """Not let in, or not any more, and why: where the part has moved on, with the code of that."""
    if no.reason in {EntryReason.EXPIRED, EntryReason.OTHER_EPOCH}:
        code = Code.MOVED
    return TurnedAway(encode_farewell(code, refusal(no.reason, words)), code)


def come_back(words: Translate) -> TurnedAway:
    """What one may do has changed: a new hello tells it, and loses nothing."""
    why = refusal(EntryReason.OTHER_EPOCH, words)
    assert comes_back(Code.MOVED)  # noqa: S101 - a farewell that must not keep anybody away
    return TurnedAway(encode_farewell(Code.MOVED, why), Code.MOVED)


def note_hold(words: Translate) -> bytes:
    """The note to whoever waits for the members' part to open, as JSON bytes."""
    sentence = words(
        "The open part is closed. The members' part opens when everyone else has left."
    )
    return Note(note="hold", sentence=sentence).model_dump_json().encode()


async def next_open(db: Reading) -> NextOpen | None:
    """The next sitting that every edition opens to all, as a farewell says it."""
    found = await sittings.next_open(db, datetime.now(UTC))
    if found is None:
        return None
    return NextOpen(
        sitting=found.id, title=found.title, starts_at=found.starts_at, time_zone=found.time_zone
    )
