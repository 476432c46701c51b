"""The one line that says where the guest stands, and what one key would do about it."""

from dataclasses import dataclass
from enum import StrEnum

from app.client.guest import Guest, State
from app.client.wording import STATES, about, length, ordinal
from app.i18n import Language, translations
from app.policy.sitting import SittingState


class Act(StrEnum):
    """What the state's own key does."""

    NOTHING = "nothing"
    ASK = "ask"
    WITHDRAW = "withdraw"
    FINISH = "finish"
    CONFIRM = "confirm"  # that nobody else can hear


@dataclass(frozen=True, slots=True)
class Face:
    """The guest's state in words."""

    label: str
    detail: str = ""
    act: Act = Act.NOTHING


def face(guest: Guest, language: Language, *, alone: bool = True) -> Face:
    """Where the guest stands now; ``alone`` when no confirmation is outstanding."""
    tongue = translations(language)
    if guest.you is None or guest.state is State.OUTSIDE:
        why = guest.waits_for.sentence if guest.waits_for else ""
        return Face(tongue.gettext(STATES[guest.state]), why)
    if guest.held:
        return Face(
            tongue.gettext("Please wait"), tongue.gettext("The members' part is being prepared.")
        )
    if not alone:
        return Face(
            tongue.gettext("Members' part. Confirm that nobody else can hear or see this."),
            act=Act.CONFIRM,
        )
    if guest.turn.state == "speaking":
        return _speaks(guest, language)
    if guest.floor.state is not SittingState.OPEN:
        return _not_open(guest, language)
    if guest.turn.place is not None:
        return _waits(guest, guest.turn.place, language)
    return _listens(guest, language)


def _speaks(guest: Guest, language: Language) -> Face:
    tongue = translations(language)
    left = guest.floor.seconds_each - (guest.spoken or 0.0)
    template = tongue.gettext("%(time)s left") if left >= 0 else tongue.gettext("over by %(time)s")
    can = guest.floor.state is SittingState.OPEN
    return Face(
        tongue.gettext("You have the floor"),
        template % {"time": length(abs(left))},
        Act.FINISH if can else Act.NOTHING,
    )


def _not_open(guest: Guest, language: Language) -> Face:
    tongue = translations(language)
    match guest.floor.state:
        case SittingState.CLOSING:
            return Face(
                tongue.gettext("The sitting is closing"),
                tongue.gettext("The list is kept as it is."),
            )
        case SittingState.CLOSED:
            return Face(tongue.gettext("The sitting is closed"))
        case _:
            return Face(tongue.gettext("The sitting has not begun"))


def _waits(guest: Guest, place: int, language: Language) -> Face:
    tongue = translations(language)
    wait = about(guest.wait or 0.0, tongue)
    if place == 1:
        after = guest.floor.speaking is not None
        template = tongue.gettext("You are next, %(time)s") if after else ""
        detail = template % {"time": wait} if after else tongue.gettext("You are next")
        return Face(tongue.gettext("Get ready"), detail, Act.WITHDRAW)
    label = tongue.gettext("You are %(place)s") % {"place": ordinal(place, language)}
    return Face(label, wait, Act.WITHDRAW)


def _listens(guest: Guest, language: Language) -> Face:
    tongue = translations(language)
    if guest.you is not None and not guest.you.may_speak:
        return Face(
            tongue.gettext("You attend and listen"),
            tongue.gettext("The rule gives you no right to speak in this part."),
        )
    if not guest.floor.list_open:
        return Face(
            tongue.gettext("The list is closed"), tongue.gettext("The chair opens it."), Act.ASK
        )
    waiting = len(guest.floor.listed)
    many = tongue.ngettext("%(num)s is waiting", "%(num)s are waiting", waiting)
    detail = many % {"num": waiting} if waiting else tongue.gettext("Nobody is waiting")
    return Face(tongue.gettext("You may ask for the floor"), detail, Act.ASK)
