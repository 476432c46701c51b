"""The room in a terminal: who can hear, who speaks, who waits, and where the guest stands."""

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from rich.table import Table
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import DataTable, Footer, Input, Static

from app.client.ending import Ended, Ending
from app.client.face import Act, face
from app.client.guest import Guest, LineChanged, News, State
from app.client.harmless import harmless
from app.client.picture import Told
from app.client.wording import (
    KINDS,
    STANCES,
    STATES,
    UNSENDABLE,
    audience,
    farewell,
    hearers,
    length,
    ordinal,
    refusal,
    role,
    sentence,
)
from app.i18n import Language, translations, words
from app.policy.captions import CaptionHeading
from app.policy.floor import Announced, AnnouncementRetracted, Request, RequestKind
from app.policy.hands import MOST
from app.protocol.messages import Answer, Interim, Note, Welcome

KEYS: Final = (
    ("h", words("Ask for the floor; withdraw; finish speaking")),
    ("t", words("Ask for the floor with a topic")),
    ("p", words("Raise a point of order")),
    ("1-4", words("Raise your hand for a choice, when the chair asks; 0 lowers it")),
    ("↑ ↓", words("Move in the list and in the news; Tab changes between them")),
    ("?", words("This help")),
    ("q", words("Leave")),
)


KEPT: Final = 300  # entries of the news


def plain(text: str, style: str = "") -> Text:
    """What came over the network, as a terminal may show it: no codes, and no markup."""
    return Text(harmless(text), style=style)


class Sheet(ModalScreen[bool]):
    """Something to read before going on; ``q`` leaves from here as well."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,question_mark", "close", "Close"),
        Binding("q", "app.leave", "Leave"),
    ]

    def __init__(self, heading: str, lines: list[Text]) -> None:
        super().__init__()
        self._heading = heading
        self._lines = lines

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="sheet"):
            yield Static(plain(self._heading, "bold"), classes="heading")
            for line in self._lines:
                yield Static(line)
        yield Footer()

    def action_close(self) -> None:
        self.dismiss(result=False)


class FarewellSheet(Sheet):
    """The end: nothing to go back to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,enter,escape,question_mark", "app.leave", "Leave")
    ]


class AloneSheet(Sheet):
    """Before the members' part is shown: whether nobody else can hear or see it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "confirm", "Nobody else can"),
        Binding("escape,enter,question_mark", "nothing", show=False),
    ]

    def action_confirm(self) -> None:
        self.dismiss(result=True)

    def action_nothing(self) -> None:
        """Only the key that says so confirms it."""


class TopicSheet(ModalScreen[str | None]):
    """What the guest wishes to speak about."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Do not ask")]

    def __init__(self, heading: str) -> None:
        super().__init__()
        self._heading = heading

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet"):
            yield Static(plain(self._heading, "bold"), classes="heading")
            yield Input(max_length=200)
        yield Footer()

    def on_input_submitted(self, submitted: Input.Submitted) -> None:
        self.dismiss(submitted.value.strip())

    def action_close(self) -> None:
        self.dismiss(None)


class Terminal(App[None]):
    """One guest's room. Everything shown goes through ``plain``."""

    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
    CSS = """
    #band { height: 1; background: $primary; color: $text; text-style: bold; }
    #band.-members { background: $warning; color: $text; }
    #hear { width: auto; padding: 0 1; }
    #sitting { width: 1fr; height: 1; padding: 0 1; text-align: center; }
    #line { width: auto; padding: 0 1; }
    #line.-away { background: $error; color: $text; }
    #now { height: auto; border: round $primary; padding: 0 1; }
    #who { text-style: bold; }
    #own { height: auto; padding: 0 2; background: $boost; text-style: bold; }
    #said { height: auto; padding: 0 2; color: $text-error; display: none; }
    #said.-shown { display: block; }
    #live { height: 1fr; layout: vertical; }
    .-wide #live { layout: horizontal; }
    #list { height: 1fr; border: round $secondary; }
    #news { height: 1fr; border: round $secondary; padding: 0 1; }
    .-wide #list { width: 1fr; height: 100%; }
    .-wide #news { width: 1fr; height: 100%; }
    #live > :focus { border: heavy $accent; }
    Sheet, TopicSheet { align: center middle; }
    .sheet { width: 80%; max-width: 90; height: auto; max-height: 90%; padding: 1 2;
             border: round $primary; background: $surface; }
    .sheet Static { margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h", "hand", "Ask / withdraw"),
        Binding("t", "topic", "Ask with topic"),
        Binding("p", "point", "Point of order"),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "leave", "Leave"),
        Binding("escape", "keep", show=False),
        *(Binding(str(place), f"choose({place})", show=False) for place in range(MOST + 1)),
    ]

    def __init__(self, guest: Guest, language: Language = Language.ENGLISH) -> None:
        super().__init__()
        self.guest = guest
        self._language = language
        self._tongue = translations(language)
        self._confirmed: set[UUID] = set()
        self._entered: set[UUID] = set()
        self._armed = Act.NOTHING  # what the next press of the same key does
        self._stood = ("none", 0)
        self._told: deque[tuple[Text, Text]] = deque(maxlen=KEPT)

    def compose(self) -> ComposeResult:
        with Horizontal(id="band"):
            yield Static(id="hear")
            yield Static(id="sitting")
            yield Static(id="line")
        with Vertical(id="now"):
            yield Static(id="who")
            yield Static(id="role")
            yield Static(id="topic")
        yield Static(id="own")
        yield Static(id="said")
        with Container(id="live"):
            yield DataTable(id="list", cursor_type="none", show_row_labels=False)
            with VerticalScroll(id="news"):
                yield Static(id="told")
        yield Footer()

    def on_mount(self) -> None:
        say = self._tongue.gettext
        self.query_one("#now").border_title = say("Now speaking")
        self.query_one("#news").border_title = say("Announcements and news")
        columns = ("", say("Place"), say("Who"), say("Role"), say("Topic"))
        self._list.add_columns(*(Text(name) for name in columns))
        self.query_one("#news").anchor()
        self.set_interval(1, self._tick)
        self.run_worker(self._follow())
        self._draw()

    @property
    def _list(self) -> "DataTable[Text]":
        return self.query_one("#list", DataTable)

    @property
    def _alone(self) -> bool:
        heard_by = self.guest.audience
        everyone = heard_by is None or heard_by.everyone
        return everyone or self.guest.address.sitting in self._confirmed

    # What happens --------------------------------------------------------------------------

    async def _follow(self) -> None:
        async for news in self.guest:
            self._hear(news)
            if not self.guest.unread:
                self._draw()

    def _hear(self, news: News) -> None:
        match news:
            case Told():
                self._happened(news)
            case Welcome():
                self._enter(news)
            case LineChanged():
                self._line_changed(news)
            case Note():
                self._write(self.guest_time(), news.sentence)
            case Interim():
                pass  # only final lines are written down
            case Ending():
                self._ended(news)

    def guest_time(self) -> datetime:
        """The wall clock of whoever reads."""
        return datetime.now().astimezone()

    def _happened(self, told: Told) -> None:
        if not self._alone or isinstance(told.event, CaptionHeading):
            return
        loud = isinstance(told.event, Announced | AnnouncementRetracted)
        text = sentence(told, self.guest.floor, self._tongue)
        if text:
            self._write(told.at.astimezone(), text, "bold" if loud else "")

    def _enter(self, welcome: Welcome) -> None:
        if welcome.kind == "moved":
            self._told.clear()
        if welcome.sitting in self._entered:
            return  # back again: what was missed follows, each with its time
        self._entered.add(welcome.sitting)
        if self._alone:
            self._write_notices()
        else:
            self._ask_alone(welcome.sitting)
        self._write(welcome.now.astimezone(), welcome.title, "bold")
        self._write(welcome.now.astimezone(), hearers(welcome.audience, self._tongue))

    def _write_notices(self) -> None:
        """What the chair has announced before."""
        template = self._tongue.gettext("The chair announces: %(text)s")
        for notice in self.guest.floor.notices:
            self._write(notice.at.astimezone(), template % {"text": notice.text}, "bold")

    def _ask_alone(self, sitting: UUID) -> None:
        def confirmed(answer: bool | None) -> None:  # noqa: FBT001 - what a screen answers
            if answer:
                self._confirmed.add(sitting)
                self._write_notices()
            self._draw()

        if isinstance(self.screen, AloneSheet):
            return
        say = self._tongue.gettext
        ask = say("Confirm that nobody else can hear or see this: press y. Press q to leave.")
        who = hearers(self.guest.audience, self._tongue) if self.guest.audience else ""
        self.push_screen(AloneSheet(say("Members' part"), [plain(who), plain(ask)]), confirmed)

    def _line_changed(self, changed: LineChanged) -> None:
        said = self._tongue.gettext(STATES[changed.state])
        if changed.state is State.RECONNECTING:
            said = self._kept()
        detail = f" ({changed.detail})" if changed.detail else ""
        self._write(self.guest_time(), said + detail)

    def _kept(self) -> str:
        place = self.guest.place
        if place is None:
            return self._tongue.gettext("Reconnecting; nothing is lost.")
        kept = self._tongue.gettext("Reconnecting; your place (%(place)s) is kept.")
        return kept % {"place": ordinal(place, self._language)}

    def _ended(self, ending: Ending) -> None:
        address = self.guest.address
        lines = farewell(ending, address.origin, address.host, self._tongue)
        heading = self._tongue.gettext("You are not in the room any more")
        self.push_screen(FarewellSheet(heading, [plain(line) for line in lines]))

    def _write(self, at: datetime, text: str, style: str = "") -> None:
        self._told.append((Text(f"{at:%H:%M}", "dim"), plain(text, style)))

    # What is shown -------------------------------------------------------------------------

    def _draw(self) -> None:
        if not self.query("#own"):
            return  # the screen has been taken down already
        self._draw_band()
        self._draw_list()
        self._draw_news()
        self.query_one("#live").display = self._alone and not self.guest.held
        self._ring()
        self._tick()

    def _draw_band(self) -> None:
        heard_by, say = self.guest.audience, self._tongue.gettext
        shape = "" if heard_by is None else "○ " if heard_by.everyone else "● "
        word = say("not known yet") if heard_by is None else audience(heard_by, self._tongue)
        hear = say("Who can hear: %(band)s") % {"band": f"{shape}{word}"}
        self.query_one("#hear", Static).update(plain(hear.upper()))
        self.query_one("#band").set_class(
            heard_by is not None and not heard_by.everyone, "-members"
        )
        self.query_one("#sitting", Static).update(plain(self.guest.title))
        state = self.guest.state
        self.query_one("#line", Static).update(plain(say(STATES[state])))
        self.query_one("#line").set_class(state in {State.RECONNECTING, State.ENDED}, "-away")

    def _draw_news(self) -> None:
        """The time in its column, and the text in its own, whichever way it runs."""
        rows = Table.grid(padding=(0, 2), expand=True)
        rows.add_column(width=5)
        rows.add_column(ratio=1)
        for at, text in self._told:
            rows.add_row(at, text)
        self.query_one("#told", Static).update(rows)

    def _draw_list(self) -> None:
        floor, say = self.guest.floor, self._tongue.gettext
        opened = say("open") if floor.list_open else say("closed")
        counts = {"num": len(floor.listed), "state": opened}
        heading = say("List of speakers: %(num)s, %(state)s") % counts
        self._list.border_title = heading
        self._list.clear()
        for place, request in enumerate(floor.listed, 1):
            self._list.add_row(*self._row(place, request))

    def _row(self, place: int, request: Request) -> tuple[Text, ...]:
        """Names and topics have columns of their own: they may run from right to left."""
        own = request.number in self.guest.own
        style = "bold reverse" if own else ""
        mark = self._tongue.gettext("you ►") if own else ""
        said = STANCES[request.stance] if request.stance else KINDS[request.request]
        marked = request.stance or request.request is not RequestKind.INTERVENTION
        topic = f"{self._tongue.gettext(said).upper()} " if marked else ""
        about = role(request.speaker, self._tongue)
        return (
            plain(mark, style),
            plain(str(place), style),
            plain(request.speaker.title, style),
            plain(about, style),
            plain(topic + request.topic, style),
        )

    def _tick(self) -> None:
        """Once a second: what only time changes."""
        if not self.query("#own"):
            return
        self._draw_speaker()
        now = face(self.guest, self._language, alone=self._alone)
        label, detail = now.label, now.detail
        if now.act is self._armed is not Act.NOTHING:
            label = self._tongue.gettext("Press h again to do so, or Escape to leave it.")
            detail = self._sure(now.act)
        self.query_one("#own", Static).update(plain(": ".join(filter(None, (label, detail)))))

    def _sure(self, act: Act) -> str:
        if act is Act.FINISH:
            return self._tongue.gettext("You would finish speaking.")
        return self._tongue.gettext("You would lose your place.")

    def _draw_speaker(self) -> None:
        floor, say = self.guest.floor, self._tongue.gettext
        who, about, topic, heading = say("Nobody has the floor"), "", "", say("Now speaking")
        if floor.speaking is not None and self._alone:
            speaker = floor.speaking.request.speaker
            who = speaker.title
            topic = floor.speaking.request.topic
            named = (speaker.other, role(speaker, self._tongue))
            about = " · ".join(filter(None, named))
            times = {"time": length(self.guest.spoken or 0), "limit": length(floor.seconds_each)}
            heading = say("Now speaking: %(time)s of %(limit)s") % times
        self.query_one("#now").border_title = heading
        self.query_one("#who", Static).update(plain(who))
        self.query_one("#role", Static).update(plain(about))
        self.query_one("#topic", Static).update(plain(topic))
        self.query_one("#topic").display = bool(topic)

    def _ring(self) -> None:
        """A bell when the guest is next, and when the floor is theirs."""
        turn = self.guest.turn
        stands = (turn.state, turn.place or 0)
        if stands != self._stood and stands in {("waiting", 1), ("speaking", 0)}:
            self.bell()
        self._stood = stands

    def _say(self, text: str) -> None:
        self.query_one("#said", Static).update(plain(text))
        self.query_one("#said").set_class(bool(text), "-shown")

    # What is asked -------------------------------------------------------------------------

    def action_hand(self) -> None:
        """Ask, withdraw or finish, as the state says; what would lose something takes two."""
        act = face(self.guest, self._language, alone=self._alone).act
        if act is Act.ASK:
            self._wish(self.guest.request_floor)
        elif act in {Act.WITHDRAW, Act.FINISH} and act is not self._armed:
            self._armed = act
        elif act is Act.WITHDRAW:
            self._wish(self.guest.withdraw)
        elif act is Act.FINISH:
            self._wish(self.guest.finish)
        self._tick()

    def action_topic(self) -> None:
        def ask(topic: str | None) -> None:
            if topic is not None:
                self._wish(lambda: self.guest.request_floor(topic))

        self._keep()
        heading = self._tongue.gettext("What do you wish to speak about? Enter asks for the floor.")
        self.push_screen(TopicSheet(heading), ask)

    def action_point(self) -> None:
        self._keep()
        self._wish(self.guest.raise_point_of_order)

    def action_choose(self, choice: int) -> None:
        """A hand for the question that is shown; 0 lowers it."""
        self._keep()
        if choice:
            self._wish(lambda: self.guest.raise_hand(choice))
        else:
            self._wish(self.guest.lower_hand)

    def action_help(self) -> None:
        self._keep()
        lines = [Text(f"{key:<5} {self._tongue.gettext(does)}") for key, does in KEYS]
        self.push_screen(Sheet(self._tongue.gettext("Keys"), lines))

    def action_leave(self) -> None:
        self.exit()

    def action_keep(self) -> None:
        self._keep()
        self._say("")

    def _keep(self) -> None:
        self._armed = Act.NOTHING
        self._tick()

    def _wish(self, wish: Callable[[], Awaitable[Answer]]) -> None:
        self._armed = Act.NOTHING
        self._say("")
        self.run_worker(self._answered(wish))

    async def _answered(self, wish: Callable[[], Awaitable[Answer]]) -> None:
        try:
            answer = await wish()
        except ValueError:
            self._say(self._tongue.gettext(UNSENDABLE))
            return
        except Ended:
            return  # the farewell says why
        if not answer.ok:
            self._say(refusal(answer, self._tongue))
        self._draw()
