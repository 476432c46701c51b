"""Taking part line by line: for screen readers, for pipes, and for terminals that do no more."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from app.client.door import Unsent
from app.client.ending import Ended, Ending
from app.client.face import face
from app.client.guest import Guest, LineChanged, News, State
from app.client.harmless import harmless, runs_right_to_left
from app.client.picture import Told
from app.client.wording import (
    HANDS_ASKED,
    HANDS_CLOSED,
    STANCES,
    STATES,
    UNSENDABLE,
    audience,
    choices,
    happened,
    hearers,
    length,
    ordinal,
    refusal,
    role,
    tally,
)
from app.i18n import Language, translations, words
from app.policy.captions import CaptionHeading
from app.policy.floor import Request, RequestKind, Stance
from app.policy.hands import MOST
from app.protocol.messages import Answer, Note, Welcome

TOLD_YOU: Final = words("The moderator answers you: %(text)s")
YOU_TOLD: Final = words("You told the moderator: %(text)s")
MUTED: Final = words("The moderator takes no messages to all from you at this moment.")
UNMUTED: Final = words("You may write to all again.")
GRACE: Final = 5.0  # seconds that a wish may take after its author has left
HANDS: Final = tuple(str(place) for place in range(1, MOST + 1))
INDENT: Final = "      "
COMMANDS: Final[Mapping[str, str]] = {
    "ask": words("ask for the floor; a topic may follow"),
    "for": words("ask for the floor to speak for it; a topic may follow"),
    "against": words("ask for the floor to speak against it; a topic may follow"),
    "withdraw": words("withdraw from the list"),
    "order": words("raise a point of order; a topic may follow"),
    "motion": words("move a motion; a topic may follow"),
    "reply": words("ask for a right of reply; a topic may follow"),
    "finish": words("finish speaking"),
    "say": words("write a text to all in the room"),
    "tell": words("write a text to the moderator; nobody else hears it"),
    "chat": words("the newest messages, and what the moderator told you"),
    "hand": words("raise your hand for a choice: hand 1; hand down lowers it"),
    "status": words("who can hear, who speaks, who waits, and where you are"),
    "alone": words("confirm that nobody else can hear or see the members' part"),
    "help": words("this list"),
    "quit": words("leave"),
}


class LineMode:
    """Says each event as one line, and does what the lines that it is given say."""

    def __init__(self, guest: Guest, language: Language, out: Callable[[str], None]) -> None:
        self._guest = guest
        self._language = language
        self._tongue = translations(language)
        self._out = out
        self._asked: set[asyncio.Task[None]] = set()
        self._stands = ""
        self._confirmed: set[UUID] = set()
        self._entered: set[UUID] = set()
        self._asides = 0  # the number of the newest that was shown
        self._muted = False

    async def run(self, commands: AsyncIterator[str]) -> Ending | None:
        """Until it ends, or the person leaves: then None. Wishes that were made are waited for."""
        telling = asyncio.create_task(self._tell())
        obeying = asyncio.create_task(self._obey(commands, telling))
        try:
            await asyncio.wait({telling, obeying}, return_when=asyncio.FIRST_COMPLETED)
            if self._asked:
                await asyncio.wait(self._asked, timeout=GRACE)
        finally:
            tasks = {telling, obeying, *self._asked}
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(telling, obeying, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result
        return self._guest.ending

    # What is said --------------------------------------------------------------------------

    async def _tell(self) -> None:
        async for news in self._guest:
            self._one(news)

    def _one(self, news: News) -> None:
        match news:
            case Welcome():
                self._enter(news)
            case Told():
                self._event(news)
            case LineChanged():
                self._line(news)
            case Note(note="chat"):
                self._begin(self._told_by_moderator())
            case Note(note="statement"):
                self._say(self._tongue.gettext("There is news of a statement of yours."))
            case Note() if news.note == "hold" or news.sentence:
                self._say(news.sentence)
            case _:
                pass

    def _enter(self, welcome: Welcome) -> None:
        if welcome.audience.everyone:
            self._confirmed.add(welcome.sitting)
        if welcome.sitting in self._entered:
            if self._asides:  # an answer may have come meanwhile; what else was missed follows
                self._begin(self._told_by_moderator())
            return
        self._entered.add(welcome.sitting)
        self._asides = 0
        self._say("%(title)s", {"title": welcome.title})
        self._audience()
        if self._alone:
            self._stand(anew=True)
        else:
            self._confirm()

    def _event(self, told: Told) -> None:
        if not self._alone or isinstance(told.event, CaptionHeading):
            return
        template, values = happened(told, self._guest.floor, self._tongue)
        if template:
            self._say(template, values, told.at)
        self._stand()

    def _line(self, changed: LineChanged) -> None:
        match changed.state:
            case State.OUTSIDE:
                why = self._guest.waits_for
                self._say(why.sentence if why else "")
                self._say(self._tongue.gettext("You are let in when it opens; please wait."))
            case State.RECONNECTING:
                self._say(self._kept())
            case State.CONNECTED | State.CONNECTING:
                self._say(self._tongue.gettext(STATES[changed.state]) + ".")
            case _:
                pass

    def _kept(self) -> str:
        place = self._guest.place
        if place is None:
            return self._tongue.gettext("Reconnecting; nothing is lost.")
        kept = self._tongue.gettext("Reconnecting; your place (%(place)s) is kept.")
        return kept % {"place": ordinal(place, self._language)}

    def _audience(self) -> None:
        heard_by = self._guest.audience
        if heard_by is not None:
            band = audience(heard_by, self._tongue).upper()
            self._say(self._tongue.gettext("Who can hear: %(band)s") % {"band": band})
            self._say(hearers(heard_by, self._tongue))

    def _confirm(self) -> None:
        now = face(self._guest, self._language, alone=False)
        self._say(now.label + " " + self._tongue.gettext("Then write: alone"))

    def _stand(self, *, anew: bool = False) -> None:
        """Where the guest stands, when that has changed."""
        now = face(self._guest, self._language, alone=self._alone)
        if anew or now.label != self._stands:
            said = (part.rstrip(".") for part in (now.label, now.detail) if part)
            self._say(". ".join(said) + ".")
        self._stands = now.label

    @property
    def _alone(self) -> bool:
        return self._guest.address.sitting in self._confirmed

    def _say(
        self, template: str, values: Mapping[str, str] | None = None, at: datetime | None = None
    ) -> None:
        """One line; text that runs from right to left follows on lines of its own."""
        values = values or {}
        turned = [value for value in values.values() if runs_right_to_left(value)]
        marks = {value: f"[{number}]" for number, value in enumerate(turned, 1)}
        shown = {name: marks.get(value, value) for name, value in values.items()}
        text = template % shown if values else template
        self._out((f"{at.astimezone():%H:%M} " if at else INDENT) + harmless(text))
        for value, mark in marks.items():
            self._out(f"{INDENT}{mark} {harmless(value)}")

    # What is asked -------------------------------------------------------------------------

    async def _obey(self, commands: AsyncIterator[str], telling: "asyncio.Task[None]") -> None:
        async for line in commands:
            command, _, rest = line.strip().partition(" ")
            if command.lower() == "quit":
                return
            if command:
                self._do(command.lower(), rest.strip())
        await telling  # no more is asked; one may go on listening

    def _do(self, command: str, rest: str) -> None:
        guest = self._guest
        wishes: dict[str, Callable[[], Awaitable[Answer]]] = {
            "ask": lambda: guest.request_floor(rest),
            "for": lambda: guest.request_floor(rest, stance=Stance.FOR),
            "against": lambda: guest.request_floor(rest, stance=Stance.AGAINST),
            "order": lambda: guest.raise_point_of_order(rest),
            "motion": lambda: guest.request_floor(rest, RequestKind.MOTION),
            "reply": lambda: guest.request_floor(rest, RequestKind.RIGHT_OF_REPLY),
            "withdraw": guest.withdraw,
            "finish": guest.finish,
            "say": lambda: guest.say(rest),
            "tell": lambda: self._tell_moderator(rest),
        }
        if command == "hand" and rest in HANDS:
            wishes["hand"] = lambda: guest.raise_hand(int(rest))
        elif command == "hand" and rest in {"", "down"}:
            wishes["hand"] = guest.lower_hand
        if command in wishes:
            self._start(wishes[command])
        elif command == "status":
            self._status()
        elif command == "chat":
            self._begin(self._chat())
        elif command == "alone":
            self._is_alone()
        else:
            self._help()

    def _start(self, wish: Callable[[], Awaitable[Answer]]) -> None:
        if self._guest.you is not None and not self._alone:
            self._confirm()
            return
        self._begin(self._ask(wish))

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    async def _ask(self, wish: Callable[[], Awaitable[Answer]]) -> None:
        try:
            answer = await wish()
        except ValueError:
            self._say(self._tongue.gettext(UNSENDABLE))
        except Ended:
            self._say(self._tongue.gettext("No answer came to your wish."))
        else:
            done = self._tongue.gettext("Done.")
            self._say(done if answer.ok else refusal(answer, self._tongue))

    async def _tell_moderator(self, text: str) -> Answer:
        answer = await self._guest.tell(text)
        self._asides = max(self._asides, answer.number or 0)
        return answer

    async def _chat(self) -> None:
        if self._guest.you is not None and not self._alone:
            self._confirm()
            return
        chat = self._guest.floor.chat
        for message in chat.messages:
            said = message.text or self._tongue.gettext("(removed by the moderator)")
            values = {"who": message.speaker.title, "text": said}
            self._say(self._tongue.gettext("%(who)s writes: %(text)s"), values, message.at)
        if chat.paused:
            self._say(self._tongue.gettext("Chat is paused."))
        await self._told_by_moderator(anew=True)

    async def _told_by_moderator(self, *, anew: bool = False) -> None:
        """The note was only a bell: what there is is asked for; what was shown is not repeated."""
        try:
            found = await self._guest.asides()
        except Unsent as fault:
            self._say(str(fault))
            return
        if found.muted != self._muted or (anew and found.muted):
            self._say(self._tongue.gettext(MUTED if found.muted else UNMUTED))
        self._muted = found.muted
        for aside in found.asides:
            if not anew and (aside.answers is None or aside.number <= self._asides):
                continue
            template = TOLD_YOU if aside.answers else YOU_TOLD
            self._say(self._tongue.gettext(template), {"text": aside.text}, aside.at)
        self._asides = max((each.number for each in found.asides), default=0)

    def _is_alone(self) -> None:
        if self._guest.you is None or self._guest.held:
            self._stand(anew=True)
            return
        self._confirmed.add(self._guest.address.sitting)
        self._say(self._tongue.gettext("You are in the members' part."))
        self._status()

    def _status(self) -> None:
        self._say(self._tongue.gettext(STATES[self._guest.state]) + ".")
        self._audience()
        if self._guest.you is not None and self._alone:
            self._floor()
        self._stand(anew=True)

    def _floor(self) -> None:
        floor, spoken = self._guest.floor, self._guest.spoken
        if floor.speaking is None:
            self._say(self._tongue.gettext("Nobody has the floor."))
        else:
            times = {"spoken": length(spoken or 0), "limit": length(floor.seconds_each)}
            template = self._tongue.gettext(
                "Now speaking, %(spoken)s of %(limit)s: %(who)s, %(role)s"
            )
            self._say(template, {**self._named(floor.speaking.request), **times})
        for place, request in enumerate(floor.listed, 1):
            own = self._tongue.gettext("(you)") if request.number in self._guest.own else ""
            self._say(f"{place}. %(who)s, %(role)s {own}", self._named(request))

        if floor.hands is not None:
            show = floor.hands
            template = self._tongue.gettext(HANDS_ASKED)
            if show.counts is None:
                about = {"question": show.question, "choices": choices(show, self._tongue)}
            else:
                template = self._tongue.gettext(HANDS_CLOSED)
                about = {"counts": tally(show, show.counts, self._tongue)}
            self._say(template, about)

    def _named(self, request: Request) -> dict[str, str]:
        speaker = request.speaker
        side = self._tongue.gettext(STANCES[request.stance]) if request.stance else ""
        about = (speaker.other, role(speaker, self._tongue), side, request.topic)
        return {"who": speaker.title, "role": ", ".join(filter(None, about))}

    def _help(self) -> None:
        for command, meaning in COMMANDS.items():
            self._say(f"{command}: {self._tongue.gettext(meaning)}")
