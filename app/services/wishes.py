"""Granting wishes: each once, whatever the line does, and a refusal is an answer too."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Self, assert_never
from uuid import UUID

from app.database import Writing, hold, load
from app.errors import Refused
from app.models import Meeting, Person, Sitting, WishMade
from app.policy.decision import Denied, denied, record
from app.policy.floor import FloorReason
from app.policy.refusal import No
from app.protocol import wishes as said
from app.protocol.wishes import AnyWish
from app.services import captions, chat, floor, hands, speakers, statements, undo
from app.services.floor import Turn


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a wish; ``why`` is the denial where the edition refused."""

    ok: bool
    reason: str = ""
    number: int | None = None
    why: Denied | None = None

    def kept(self) -> dict[str, Any]:
        """As JSON values, for the next time the same wish is made."""
        why = None if self.why is None else dict(record(self.why))  # a denial is falsy
        return {"ok": self.ok, "reason": self.reason, "number": self.number, "why": why}

    @classmethod
    def again(cls, kept: dict[str, Any]) -> Self:
        """The same answer, from what was kept of it."""
        return cls(kept["ok"], kept["reason"], kept["number"], kept["why"] and denied(kept["why"]))


async def grant(
    db: Writing, sitting_id: UUID, wish: AnyWish, *, by: Person, now: datetime
) -> Outcome:
    """Do what is wished, or say why not; the same id gets the same answer and does nothing more.

    What a captioner is writing is passed on and forgotten, its id too.
    """
    if isinstance(wish, said.SpellCaption):
        return await _passed_on(db, sitting_id, wish, by=by, now=now)
    await hold(db, Person, by.id)  # of one id in two sittings at once, one is second
    sitting = await hold(db, Sitting, sitting_id)
    digest = sha256(wish.model_dump_json().encode()).hexdigest()
    if (made := await db.get(WishMade, (by.id, wish.id))) is not None:
        return _repeated(made, sitting_id, digest)
    meeting = await load(db, Meeting, sitting.meeting_id)
    outcome = await _done(Turn(db, meeting, sitting, by, now, wish.id), wish)
    db.add(
        WishMade(
            person_id=by.id,
            wish_id=wish.id,
            sitting_id=sitting_id,
            digest=digest,
            answer=outcome.kept(),
            at=now,
        )
    )
    return outcome


async def _passed_on(
    db: Writing, sitting_id: UUID, wish: said.SpellCaption, *, by: Person, now: datetime
) -> Outcome:
    try:
        await captions.interim(db, sitting_id, wish, by=by, now=now)
    except Refused as refusal:
        return refused(refusal)
    return Outcome(ok=True)


def _repeated(made: WishMade, sitting_id: UUID, digest: str) -> Outcome:
    if (made.sitting_id, made.digest) != (sitting_id, digest):
        return Outcome(ok=False, reason=FloorReason.SEVERAL_MEANINGS)
    return Outcome.again(made.answer)


async def _done(turn: Turn, wish: AnyWish) -> Outcome:
    try:
        return Outcome(ok=True, number=await _verb(turn, wish))
    except Refused as refusal:
        # A verb refuses before it changes anything: there is nothing to roll back.
        return refused(refusal)


def refused(refusal: Refused[Any]) -> Outcome:
    """A refusal as an outcome: the edition's with its clause, the floor's with its reason."""
    match refusal.decision:
        case No(reason):
            return Outcome(ok=False, reason=reason)
        case Denied() as decision:
            return Outcome(ok=False, reason=decision.reason, why=decision)
        case _:
            raise refusal


async def _verb(turn: Turn, wish: AnyWish) -> int | None:
    match wish:
        case said.RequestFloor():
            asked = speakers.Asked(wish.request, wish.topic, wish.item, wish.stance)
            return await speakers.request(turn, asked)
        case said.WithdrawRequest():
            return await speakers.withdraw(turn, wish.number)
        case said.AddSpeaker():
            asked = speakers.Asked(wish.request, wish.topic, wish.item, wish.stance)
            return await speakers.add(turn, asked, reference=wish.reference, name=wish.name)
        case said.MoveRequest():
            return await speakers.move(turn, wish.number, wish.before)
        case said.ReturnSpeaker():
            return await speakers.return_speaker(turn)
        case said.SetStance():
            return await speakers.set_stance(turn, wish.number, wish.stance)
        case said.SetOrder():
            await speakers.set_order(turn, wish.request, newest_first=wish.newest_first)
        case said.OpenList():
            await floor.open_list(turn)
        case said.CloseList():
            await floor.close_list(turn)
        case said.SetTime():
            await floor.set_time(turn, wish.seconds, wish.per)
        case said.TakeItem():
            await floor.take_item(turn, wish.number)
        case said.GiveFloor():
            return await floor.give(turn, wish.number)
        case said.RemoveRequest():
            return await speakers.remove(turn, wish.number)
        case said.StartSpeech():
            await floor.start(turn)
        case said.PauseSpeech():
            await floor.pause(turn)
        case said.ResumeSpeech():
            await floor.resume(turn)
        case said.EndSpeech():
            return await floor.end(turn)
        case said.Announce():
            return await floor.announce(turn, wish.text)
        case said.Undo():
            return await undo.last(turn)
        case said.AskHands():
            return await hands.ask(turn, wish.question, wish.options)
        case said.CloseHands():
            return await hands.close(turn, wish.number)
        case said.RaiseHand():
            return await hands.lift(turn, wish.number, wish.choice)
        case said.LowerHand():
            return await hands.lower(turn, wish.number)
        case said.StartCaptions():
            await captions.start(turn, wish.language)
        case said.StopCaptions():
            await captions.stop(turn, wish.language)
        case said.WriteCaption():
            return await captions.write(turn, wish)
        case said.CorrectCaption():
            return await captions.correct(turn, wish)
        case said.SpellCaption():
            raise TypeError(wish.kind)  # passed on before anything was held
        case said.SendChat():
            return await chat.say(turn, wish.text)
        case said.TellModerator():
            return await chat.tell(turn, wish.text)
        case said.AnswerAside():
            return await chat.answer(turn, wish.number, wish.text)
        case said.RetractChat():
            return await chat.retract(turn, wish.number, wish.why)
        case said.MuteChat():
            return await chat.mute(turn, wish.number)
        case said.UnmuteChat():
            return await chat.unmute(turn, wish.number)
        case said.CloseChat():
            await chat.pause(turn)
        case said.OpenChat():
            await chat.resume(turn)
        case said.WithdrawStatement():
            return await statements.withdraw(turn, wish.number)
        case said.ReadStatement():
            return await statements.read_out(turn, wish.number)
        case said.RecordStatement():
            return await statements.put_on_record(turn, wish.number)
        case _:
            assert_never(wish)
    return None
