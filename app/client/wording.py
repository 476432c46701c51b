"""What the terminal says: every sentence of it, and the names of the few values it shows.

A page says most of this in the same words, so that one translation serves both.
"""

import gettext
from collections.abc import Mapping
from typing import Final, TypeAlias, assert_never

from app.client.address import AddressFault
from app.client.ending import End, Ending
from app.client.guest import State
from app.client.picture import Told
from app.i18n import Language, named, translations, words
from app.policy import captions, chat, statement
from app.policy import floor as rules
from app.policy.fence import FenceMoved, FenceState
from app.policy.floor import Floor, Per, Request, RequestKind, Speaker
from app.policy.hands import Counts, HandsAsked, HandsClosed, HandsRestored, Show
from app.policy.invitation import InvitationMoved, InvitationState
from app.policy.minutes import MinutesChanged
from app.policy.people import Capacity, Category
from app.protocol.messages import Answer, Audience, Explanation

Tongue: TypeAlias = gettext.NullTranslations

STATES: Final[Mapping[State, str]] = {
    State.CONNECTING: words("Connecting"),
    State.OUTSIDE: words("Waiting for the opening"),
    State.CONNECTED: words("Connected"),
    State.RECONNECTING: words("Reconnecting"),
    State.ENDED: words("Not connected"),
}
CATEGORIES: Final[Mapping[Category, str]] = {
    Category.MEMBER_STATE: words("Member State"),
    Category.SECTOR_MEMBER: words("Sector Member"),
    Category.ASSOCIATE: words("Associate"),
    Category.ACADEMIA: words("Academia"),
    Category.RES_99: words("Resolution 99"),
    Category.UN_ORGANIZATION: words("UN organization"),
    Category.INTERGOVERNMENTAL_ORGANIZATION: words("Intergovernmental organization"),
    Category.STAKEHOLDER: words("Other stakeholder"),
    Category.PUBLIC: words("Public"),
}
CAPACITIES: Final[Mapping[Capacity, str]] = {
    Capacity.DELEGATE: words("Delegate"),
    Capacity.OBSERVER: words("Observer"),
    Capacity.EXPERT: words("Expert"),
    Capacity.INDIVIDUAL: words("Individual"),
}
ASKING: Final[Mapping[RequestKind, str]] = {
    RequestKind.POINT_OF_ORDER: words("%(who)s raises a point of order."),
    RequestKind.MOTION: words("%(who)s moves a motion."),
    RequestKind.INTERVENTION: words("%(who)s asks for the floor."),
    RequestKind.RIGHT_OF_REPLY: words("%(who)s asks for a right of reply."),
}
SIDING: Final[Mapping[rules.Stance, str]] = {
    rules.Stance.FOR: words("%(who)s asks for the floor, to speak for it."),
    rules.Stance.AGAINST: words("%(who)s asks for the floor, to speak against it."),
}
SIDES: Final[Mapping[rules.Stance | None, str]] = {
    rules.Stance.FOR: words("%(who)s is listed as for."),
    rules.Stance.AGAINST: words("%(who)s is listed as against."),
    None: words("%(who)s is listed as neither for nor against."),
}
STANCES: Final[Mapping[rules.Stance, str]] = {
    rules.Stance.FOR: words("For"),
    rules.Stance.AGAINST: words("Against"),
}
KINDS: Final[Mapping[RequestKind, str]] = {
    RequestKind.POINT_OF_ORDER: words("Point of order"),
    RequestKind.MOTION: words("Motion"),
    RequestKind.INTERVENTION: words("Intervention"),
    RequestKind.RIGHT_OF_REPLY: words("Right of reply"),
}
LIMITS: Final[Mapping[Per, str]] = {
    Per.SPEECH: words("Each speech may take %(time)s."),
    Per.PERSON: words("All speeches of one person together may take %(time)s."),
    Per.BODY: words("All speeches for one body together may take %(time)s."),
}
LIFTED: Final[Mapping[Per, str]] = {
    Per.SPEECH: words("Each speech may take any time."),
    Per.PERSON: words("The time of one person is not limited any more."),
    Per.BODY: words("The time of one body is not limited any more."),
}
FENCES: Final[Mapping[FenceState, str]] = {
    FenceState.RAISED: words("The open part is closed; people are being shown out."),
    FenceState.VERIFIED: words("Everyone who may not stay has left; the hall is awaited."),
    FenceState.OPENED: words("The members' part is open."),
}
INVITATIONS: Final[Mapping[InvitationState, str]] = {
    InvitationState.PENDING: words(
        "An expert is invited for item %(item)s; a second person is awaited."
    ),
    InvitationState.CONFIRMED: words("The expert for item %(item)s is confirmed."),
    InvitationState.EXPIRED: words("An invitation for item %(item)s has expired."),
    InvitationState.ENDED: words("An invitation for item %(item)s has ended."),
}
ENDS: Final[Mapping[End, str]] = {
    End.LEFT: words("You have left."),
    End.SHOWN_OUT: words("What follows is not open to you."),
    End.REVOKED: words("You were signed out, or your registration or function has changed."),
    End.TAKEN_OVER: words("You have entered this room in another window or program."),
    End.REFUSED: words("You were not let in."),
    End.OVER: words("This sitting is over."),
    End.NOT_SIGNED_IN: words(
        "The service does not accept this token: it was mistyped, has ended or was revoked. "
        "Make another one at %(account)s and put it into CWG_TOKEN."
    ),
    End.NOT_FOUND: words(
        "There is no such sitting at %(host)s, or it is not one that you can see. "
        "Check the address."
    ),
    End.UNREACHABLE: words(
        "%(host)s cannot be reached (%(detail)s). "
        "Check the address and your network, and try again."
    ),
    End.UNTRUSTED: words(
        "%(host)s cannot prove that it is itself (%(detail)s). Nothing was sent to it."
    ),
    End.NOT_THE_SERVICE: words(
        "%(host)s answers, but not as the service of a meeting does (%(detail)s). "
        "Check the address."
    ),
    End.NOT_UNDERSTOOD: words(
        "The service and this program do not understand each other (%(detail)s). "
        "Install a newer version of this program."
    ),
    End.TOO_MANY: words("Too much was asked for in too short a time. Try again later."),
}
STATEMENTS: Final[Mapping[statement.StatementState, str]] = {
    statement.StatementState.FILED: words("A written statement waits to be read out."),
    statement.StatementState.WITHDRAWN: words("A written statement was withdrawn."),
    statement.StatementState.READ_OUT: words("A written statement was read out."),
    statement.StatementState.ON_RECORD: words("A written statement was put on record."),
}
CHOICES: Final[Mapping[str, str]] = {
    "agree": words("Agree"),
    "disagree": words("Disagree"),
    "abstain": words("Abstain"),
}
HANDS_ASKED: Final = words(
    "The chair asks for a show of hands, which is no vote and decides nothing: %(question)s "
    "(%(choices)s)"
)
HANDS_CLOSED: Final = words(
    "Hands counted: %(counts)s. This is no vote: the group decides by consensus of its members."
)
UNSENDABLE: Final = words("This text cannot be sent: it is too long, or has hidden signs in it.")
ADDRESSES: Final[Mapping[AddressFault, str]] = {
    AddressFault.NOT_AN_ADDRESS: words(
        "This is no address of a sitting. It looks like https://example.org/room/…"
    ),
    AddressFault.NO_SITTING: words(
        "This address names no sitting. Open the room in a browser and copy its address, "
        "or give the sitting's id with --sitting."
    ),
    AddressFault.HOLDS_A_SECRET: words(
        "There is a password or a token in this address, where others can read it. "
        "Take it out, revoke it, and put a new one into CWG_TOKEN."
    ),
    AddressFault.NOT_ENCRYPTED: words(
        "Over http:// your token could be read on its way. Use https://."
    ),
}


def role(speaker: Speaker, tongue: Tongue) -> str:
    """The capacity, the category and the way of taking part: ``Delegate, Member State, remote``."""
    way = tongue.gettext("Remote") if speaker.remote else tongue.gettext("In the hall")
    capacity = tongue.gettext(CAPACITIES[speaker.capacity])
    if speaker.category is Category.PUBLIC:  # whom the chair put on the list
        return f"{tongue.gettext('Without an account')}, {way}"
    return f"{capacity}, {tongue.gettext(CATEGORIES[speaker.category])}, {way}"


def audience(heard_by: Audience, tongue: Tongue) -> str:
    """The band: who can hear."""
    return tongue.gettext("Open to all") if heard_by.everyone else tongue.gettext("Members only")


def hearers(heard_by: Audience, tongue: Tongue) -> str:
    """Who can hear, by name."""
    if heard_by.everyone:
        return tongue.gettext("Everyone who is registered can hear.")
    listed = ", ".join(tongue.gettext(CATEGORIES[each]) for each in heard_by.categories)
    return tongue.gettext("Those who can hear: %(categories)s.") % {"categories": listed}


def ordinal(place: int, language: Language) -> str:
    """A place in words: 1st, 2nd, 3rd."""
    tongue = _of(language)
    values = {"place": place}
    match language.locale.ordinal_form(place):
        case "one":
            return tongue.gettext("%(place)sst") % values
        case "two":
            return tongue.gettext("%(place)snd") % values
        case "few":
            return tongue.gettext("%(place)srd") % values
        case _:
            return tongue.gettext("%(place)sth") % values


def length(seconds: float) -> str:
    """Minutes and seconds, for what is left or spoken: 2:41, 1:02:05."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def about(seconds: float, tongue: Tongue) -> str:
    """A wait as people say it."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return tongue.gettext("less than a minute")
    many = tongue.ngettext("about %(num)s minute", "about %(num)s minutes", minutes)
    return many % {"num": minutes}


def refusal(answer: Answer, tongue: Tongue) -> str:
    """Why a wish was refused, with the clause where the rule said so."""
    if answer.why is None:
        return tongue.gettext("This was refused (%(reason)s).") % {"reason": answer.reason}
    return " ".join(explained(answer.why, tongue))


def explained(why: Explanation, tongue: Tongue) -> list[str]:
    """A decision of the service: its sentence, its clause, and what would change it."""
    told = [why.sentence]
    if why.clause:
        clause = {"clause": why.clause, "edition": why.edition}
        told.append(tongue.gettext("Clause: %(clause)s (%(edition)s).") % clause)
    if why.clause and why.clause_text:
        told.append(why.clause_text)
    if why.remedy_sentence:
        told.append(why.remedy_sentence)
    return told


def farewell(ending: Ending, origin: str, host: str, tongue: Tongue) -> list[str]:
    """Why it ended, and where one may go on: a few sentences, the most important first."""
    said = {"account": f"{origin}/account", "host": host, "detail": ending.detail or ending.code}
    told = [] if ending.why else [tongue.gettext(ENDS[ending.end]) % said]
    if ending.end is End.SHOWN_OUT:
        told.append(tongue.gettext("The open part is over. Thank you for taking part."))
    if ending.end is End.OVER:
        told = [tongue.gettext(ENDS[End.OVER])]
    elif ending.why:
        told += explained(ending.why, tongue)
    elif ending.end is End.REFUSED and ending.detail:
        told.append(ending.detail)
    if opens := ending.next_open:
        at = opens.starts_at.astimezone()
        values = {"title": opens.title, "time": f"{at:%Y-%m-%d %H:%M %Z}"}
        told.append(
            tongue.gettext("The next part that is open to you: %(title)s, %(time)s.") % values
        )
        told.append(f"{origin}/room/{opens.sitting}")
    if ending.written_input:
        told.append(
            tongue.gettext("How to send a written input: %(url)s") % {"url": ending.written_input}
        )
    return told


def sentence(told: Told, after: Floor, tongue: Tongue) -> str:
    """What happened, with the names in their places."""
    template, values = happened(told, after, tongue)
    return template % values


def happened(told: Told, after: Floor, tongue: Tongue) -> tuple[str, dict[str, str]]:
    """What happened: a sentence with places, and the names and texts that belong there."""
    before, say = told.before, tongue.gettext
    match told.event:
        case rules.SittingOpened():
            return say("The sitting is open."), {}
        case rules.SittingClosing():
            return say("The sitting is closing. The list of speakers is kept as it is."), {}
        case rules.SittingClosed():
            return say("The sitting is closed."), {}
        case rules.ListOpened():
            return say("The list of speakers is open."), {}
        case rules.ListClosed():
            return say("The list of speakers is closed."), {}
        case rules.TimeSet(None, per):
            return say(LIFTED[per]), {}
        case rules.TimeSet(seconds, per):
            return say(LIMITS[per]), {"time": length(seconds or 0)}
        case rules.ItemTaken(item):
            return _item(item, tongue)
        case rules.OrderSet(kind, newest):
            newest_first = say("%(kind)s: the newest goes first now.")
            oldest_first = say("%(kind)s: the oldest goes first now.")
            return newest_first if newest else oldest_first, {"kind": say(KINDS[kind])}
        case rules.FloorRequested(request=kind, stance=stance):
            return say(SIDING[stance] if stance else ASKING[kind]), _who(told.event.asked)
        case rules.StanceSet(number, stance):
            return say(SIDES[stance]), _waiting(after, number, tongue)
        case rules.RequestMoved(number):
            return _moved(before, after, number, tongue)
        case rules.RequestReturned(number):
            return say("%(who)s is back on the list."), _waiting(after, number, tongue)
        case rules.RequestWithdrawn(number):
            return say("%(who)s has withdrawn."), _waiting(before, number, tongue)
        case rules.RequestRemoved(number):
            template = say("The chair has taken %(who)s off the list.")
            return template, _waiting(before, number, tongue)
        case rules.FloorGiven(number):
            return say("%(who)s has the floor."), _waiting(before, number, tongue)
        case rules.SpeechStarted():
            return say("%(who)s speaks."), _speaking(before)
        case rules.SpeechPaused():
            return say("%(who)s: the clock is stopped."), _speaking(before)
        case rules.SpeechResumed():
            return say("%(who)s: the clock runs again."), _speaking(before)
        case rules.SpeechEnded():
            return say("%(who)s has finished."), _speaking(before)
        case rules.SpeechRestored(None):
            return say("Taken back: nobody has the floor."), {}
        case rules.SpeechRestored():
            return say("%(who)s has the floor again."), _speaking(after)
        case rules.Announced(notice):
            return say("The chair announces: %(text)s"), {"text": notice.text}
        case rules.AnnouncementRetracted():
            return say("The chair takes an announcement back."), {}
        case HandsAsked(show):
            question = {"question": show.question, "choices": choices(show, tongue)}
            return say(HANDS_ASKED), question
        case HandsClosed():
            return say(HANDS_CLOSED), {"counts": _counted(after.hands, tongue)}
        case HandsRestored(show) if show and before.hands and show.number == before.hands.number:
            return say("The show of hands goes on."), {}
        case HandsRestored():
            return say("The question was taken back: no hands are counted."), {}
        case MinutesChanged():
            return "", {}  # whoever writes them sees them grow; nobody is told of every line
        case captions.CaptionsStarted(language):
            template = say("Captions have started: %(language)s.")
            return template, {"language": named(language)}
        case captions.CaptionsStopped(language):
            template = say("Captions have stopped: %(language)s.")
            return template, {"language": named(language)}
        case captions.Caption(_, text):
            return _captioned(told), {"who": _voice(told), "text": text}
        case captions.CaptionCorrected(number, text):
            return say("Line %(number)s is corrected: %(text)s"), {
                "number": str(number),
                "text": text,
            }
        case captions.CaptionHeading():
            return "", {}
        case chat.ChatSaid():
            return say("%(who)s writes: %(text)s"), _writes(told.event.message)
        case chat.ChatRetracted():
            return say("The moderator has removed a message."), {}
        case chat.ChatRestored(number):
            return _put_back(after, number, tongue)
        case chat.ChatClosed():
            return say("Chat is paused."), {}
        case chat.ChatOpened():
            return say("Chat is open again."), {}
        case statement.StatementRecorded():
            who = {"who": told.event.on_record.speaker.title}
            return say("A written statement is on record: %(who)s."), who
        case statement.StatementUnrecorded():
            return say("A written statement is not on record after all."), {}
        case chat.AsideTold():
            return say("There is news between a participant and the moderator."), {}
        case chat.ChatMuted():
            return say("Somebody's chat is muted."), {}
        case chat.ChatUnmuted():
            return say("Somebody's chat is not muted any more."), {}
        case statement.StatementFiled():
            return say("A written statement was handed in."), {}
        case statement.StatementMoved(state=state):
            return say(STATEMENTS[state]), {}
        case FenceMoved(state=state):
            return say(FENCES[state]), {}
        case InvitationMoved(item=number, state=state):
            return say(INVITATIONS[state]), {"item": str(number)}
        case _:
            assert_never(told.event)


def _moved(before: Floor, after: Floor, number: int, tongue: Tongue) -> tuple[str, dict[str, str]]:
    """The place that people see: in the list of the item in hand, not among all that wait."""
    who = _waiting(before, number, tongue)
    for place, request in enumerate(after.listed, 1):
        if request.number == number:
            template = tongue.gettext("The chair has moved %(who)s: place %(place)s.")
            return template, who | {"place": str(place)}
    return tongue.gettext("The chair has moved %(who)s in the list of another item."), who


def _item(item: rules.Item | None, tongue: Tongue) -> tuple[str, dict[str, str]]:
    if item is None:
        return tongue.gettext("No item is in hand."), {}
    template = tongue.gettext("Item %(number)s is in hand: %(title)s")
    return template, {"number": str(item.number), "title": item.title}


def choices(show: Show, tongue: Tongue) -> str:
    """What may be chosen: ``1 agree, 2 disagree, 3 abstain``."""
    named = (f"{place} {choice(each, tongue)}" for place, each in enumerate(show.choices, 1))
    return ", ".join(named)


def choice(said: str, tongue: Tongue) -> str:
    """A choice as it was written; the usual ones in the reader's language."""
    return tongue.gettext(CHOICES[said]) if said in CHOICES else said


def tally(show: Show | None, counts: Counts, tongue: Tongue) -> str:
    """Hands for each choice: ``agree 12, disagree 3``."""
    if show is None:
        return ", ".join(map(str, counts.by_choice))
    pairs = zip(show.choices, counts.by_choice, strict=True)
    return ", ".join(f"{choice(each, tongue)} {number}" for each, number in pairs)


def _captioned(told: Told) -> str:
    """Where a line belongs: its language and who speaks."""
    language = told.on.rpartition(":")[2].upper()
    return f"[{language}] %(who)s: %(text)s" if _voice(told) else f"[{language}] %(text)s"


def _voice(told: Told) -> str:
    voice = told.line.heading.speaker if told.line else None
    return "" if voice is None else voice.title


def _writes(message: chat.Message) -> dict[str, str]:
    return {"who": message.speaker.title, "text": message.text or ""}


def _put_back(after: Floor, number: int, tongue: Tongue) -> tuple[str, dict[str, str]]:
    for message in after.chat.messages:
        if message.number == number:
            template = tongue.gettext("The moderator has put a message back. %(who)s: %(text)s")
            return template, _writes(message)
    return tongue.gettext("The moderator has put a message back."), {}


def _counted(show: Show | None, tongue: Tongue) -> str:
    return tally(show, show.counts, tongue) if show and show.counts else ""


def _who(request: Request) -> dict[str, str]:
    return {"who": request.speaker.title}


def _waiting(floor: Floor, number: int, tongue: Tongue) -> dict[str, str]:
    """Who waits, or speaks, with that number."""
    speaks = () if floor.speaking is None else (floor.speaking.request,)
    for request in (*floor.waiting, *speaks):
        if request.number == number:
            return _who(request)
    return {"who": tongue.gettext("Somebody")}


def _speaking(floor: Floor) -> dict[str, str]:
    return {"who": floor.speaking.request.speaker.title if floor.speaking else ""}


def _of(language: Language) -> Tongue:
    return translations(language)
