"""The sentences for what the rule, the floor and the fence answer, as keys of the catalogue."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeAlias

from app.i18n import words
from app.policy.agenda import AgendaFault, AgendaReason, Change, ItemKind
from app.policy.attendance import AttendanceFault, AttendanceReason, Source
from app.policy.badge import BadgeReason, PictureFault
from app.policy.balance import BalanceReason
from app.policy.captions import CaptionKind, CaptionReason, CaptionSource
from app.policy.chat import ChatReason
from app.policy.consultation import (
    ConsultationFault,
    ConsultationReason,
    ConsultationStep,
    Issue,
    Lead,
    Publishing,
    RoundState,
    TopicState,
)
from app.policy.decision import Decision, Fact, Ground, Reason, Remedy
from app.policy.delegation import DelegationFault, DelegationReason
from app.policy.document_sets import DocumentsReason, GroupFault
from app.policy.documents import (
    DocumentClass,
    DocumentFault,
    DocumentReason,
    DocumentState,
    Relation,
)
from app.policy.edition import Status
from app.policy.entry import EntryReason
from app.policy.fence import FenceReason
from app.policy.filing import FilingFault, FilingReason
from app.policy.flags import Flag
from app.policy.floor import FloorReason, RequestKind, Stance
from app.policy.form import AnswerFault, FormFault, FormReason
from app.policy.hands import HandsReason
from app.policy.identity import IdentityFault, IdentityReason, SignInWay
from app.policy.inputs import (
    Consent,
    Hidden,
    InputState,
)
from app.policy.invitation import InvitationFault, InvitationReason, InvitationState
from app.policy.meeting import MeetingFault, MeetingReason
from app.policy.minutes import MinutesReason
from app.policy.nomination import LineFault, SheetFault
from app.policy.outcome import (
    Agreement,
    DispositionKind,
    OutcomeFault,
    OutcomeReason,
    SummaryReason,
)
from app.policy.parts import Part, Right
from app.policy.passkey import PasskeyReason
from app.policy.people import Capacity, Category, Function, StakeholderGroup
from app.policy.personal import Kept, ListingFault, PersonalReason
from app.policy.presentation import PresentationReason, Presenting
from app.policy.provider import ProviderReason
from app.policy.publication import PublicationFault, PublicationReason
from app.policy.records import RecordsReason
from app.policy.registration import ClaimFault, Mode, RegistrationReason
from app.policy.requests import RequestFault
from app.policy.selection import MailingReason, SelectionFault
from app.policy.statement import StatementReason
from app.policy.text import TextFault
from app.policy.upload import (
    FileFault,
)
from app.policy.view import (
    ViewFault,
    ViewReason,
)

Translate: TypeAlias = Callable[[str], str]

SENTENCES: Final[Mapping[Reason, str]] = {
    Reason.NAMED: words("%(clause)s names this category: %(category)s."),
    Reason.PUBLIC: words("This is open to everyone, with or without a registration."),
    Reason.RES_99: words("Resolution 99 admits as an observer."),
    Reason.FUNCTION: words("This is a service of the meeting: %(function)s."),
    Reason.INVITATION: words("The chair has invited a named expert for this item."),
    Reason.NOT_NAMED: words("%(clause)s does not name this category: %(category)s."),
    Reason.NO_SUCH_PART: words("Under this edition of the rule a meeting has no such part."),
    Reason.NOT_IN_THIS_PART: words("Nobody has this right in this part of a meeting."),
    Reason.NOT_IDENTIFIED: words("It takes someone whom the service knows by name."),
    Reason.NOT_REGISTERED: words("There is no registration for this meeting yet."),
    Reason.NOT_APPROVED: words("The claim to represent an entity has not been approved yet."),
    Reason.MEMBERSHIP_ENDED: words("The membership of the entity ended before this day."),
    Reason.NOT_YET_OPEN: words("This part is not open at this moment."),
}

BY_REMOTE: Final = words("Those who take part from afar do not take part in decisions.")
NOBODY_NAMED: Final = words("Nobody is named for this right in this part of a meeting.")

REMEDIES: Final[Mapping[Remedy, str]] = {
    Remedy.NONE: words("There is nothing to be done."),
    Remedy.SIGN_IN: words("Sign in: a verified address, a name, an affiliation and a country do."),
    Remedy.REGISTER: words("Register for this meeting."),
    Remedy.REGISTER_FOR_ENTITY: words(
        "If you represent an entity that is named, sign in and register for it."
    ),
    Remedy.AWAIT_APPROVAL: words("Wait for the decision on your claim, or ask who holds it."),
    Remedy.ASK_ENTITY_TO_JOIN: words("Ask the entity to take up its membership again."),
    Remedy.ATTEND_OPEN_PART: words("Come to a part that is open to you."),
    Remedy.ATTEND_IN_PERSON: words("Come to the meeting in person."),
    Remedy.ANOTHER_PART: words("Use this right in another part of the meeting."),
    Remedy.SEND_WRITTEN_INPUT: words("Send a written input to the group."),
    Remedy.WAIT_FOR_OPENING: words("Wait until this part opens."),
}

BALANCE: Final[Mapping[BalanceReason, str]] = {
    BalanceReason.FIRST: words("has not spoken in this sitting"),
    BalanceReason.REGION: words("nobody from this region has spoken"),
    BalanceReason.CATEGORY: words("nobody of this category has spoken"),
}
"""Why the console suggests somebody who waits further down."""

FLOOR: Final[Mapping[FloorReason, str]] = {
    FloorReason.NOT_OPEN: words("The sitting is not open."),
    FloorReason.CLOSING: words("The sitting is closing and takes no more wishes."),
    FloorReason.LIST_CLOSED: words("The list of speakers is closed."),
    FloorReason.ALREADY_WAITING: words("You are on the list of speakers already."),
    FloorReason.WAITS_ALREADY: words("This person is on the list of speakers already."),
    FloorReason.HAS_THE_FLOOR: words("You have the floor."),
    FloorReason.NOT_WAITING: words("This request is not on the list any more."),
    FloorReason.NOBODY_WAITS: words("Nobody is on the list of speakers."),
    FloorReason.NOBODY_SPEAKS: words("Nobody has the floor."),
    FloorReason.ALREADY_SO: words("It is so already."),
    FloorReason.NOT_THE_CHAIR: words("Only those who preside may do this."),
    FloorReason.NO_SUCH_SPEAKER: words(
        "No approved registration for this meeting has this reference. "
        "Someone without one is added by name."
    ),
    FloorReason.NOT_IN_THE_LOG: words("The log has no speech of this number."),
    FloorReason.STILL_SPEAKING: words("This speech is not over: it is corrected afterwards."),
    FloorReason.NOTHING_CORRECTED: words("This is what the log says already."),
    FloorReason.NOBODY_SPOKE: words("Nobody has spoken in this sitting yet."),
    FloorReason.NO_SUCH_ITEM: words("The agenda of this sitting has no such item."),
    FloorReason.NOTHING_TO_UNDO: words("There is nothing to undo."),
    FloorReason.TOO_LATE_TO_UNDO: words("Too much has happened since to undo this."),
    FloorReason.SEVERAL_MEANINGS: words("This identifier was used for another wish before."),
    FloorReason.TAKES_NO_SIDE: words("Only an intervention is for or against something."),
    FloorReason.ONLY_SHOWS: words(
        "A screen in the hall only shows; wishes are made from the room or the console."
    ),
}

HANDS: Final[Mapping[HandsReason, str]] = {
    HandsReason.NOTHING_ASKED: words("No show of hands is asked for at this moment."),
    HandsReason.STILL_ASKED: words("Close the show of hands that runs before you ask another."),
    HandsReason.LATE: words("This show of hands is closed: your hand came too late."),
    HandsReason.NO_SUCH_CHOICE: words("The question has no such choice."),
    HandsReason.NO_HAND: words("Your hand is not raised."),
}

MINUTES: Final[Mapping[MinutesReason, str]] = {
    MinutesReason.NOT_FOLLOWING: words(
        "This is for those at the console: who preside or steer, and the secretariat."
    ),
    MinutesReason.NOT_WRITING: words("The minutes are written by the secretariat and the chair."),
    MinutesReason.TOO_MANY: words("These minutes have as many paragraphs as they may."),
    MinutesReason.TOO_MANY_NOTES: words(
        "You have as many notes of this sitting as one may; delete one first."
    ),
    MinutesReason.NO_SUCH_ITEM: words("This sitting's agenda has no such item."),
}

CAPTIONS: Final[Mapping[CaptionReason, str]] = {
    CaptionReason.NOT_A_CAPTIONER: words(
        "Only captioners and interpreters of this meeting write captions."
    ),
    CaptionReason.OFF: words("There are no captions in this language now; the chair starts them."),
    CaptionReason.NOT_LISTED: words(
        "This sitting does not list this language; ask the chair to start it."
    ),
    CaptionReason.NO_SUCH_LINE: words("There is no such line in this language."),
    CaptionReason.OPEN_ONLY: words(
        "Captions are handed out as a file for open parts only; here they are read in the room."
    ),
}
CHAT: Final[Mapping[ChatReason, str]] = {
    ChatReason.PAUSED: words("The moderator has paused chat. You can still tell the moderator."),
    ChatReason.MUTED: words(
        "The moderator takes no messages to all from you. You can still tell the moderator."
    ),
    ChatReason.NO_SUCH_MESSAGE: words("There is no message of this number."),
    ChatReason.NOT_MUTED: words("Nobody's chat is muted under this number."),
}
STATEMENTS: Final[Mapping[StatementReason, str]] = {
    StatementReason.NO_SUCH_STATEMENT: words("There is no such statement of yours or for you."),
    StatementReason.WITHDRAWN: words("Its author has withdrawn this statement."),
    StatementReason.READ_OUT: words("This statement has been read out."),
    StatementReason.ON_RECORD: words("This statement is on record."),
}

FENCE: Final[Mapping[FenceReason, str]] = {
    FenceReason.NOT_THE_CHAIR: words("Only those who preside may do this."),
    FenceReason.NOT_A_STEWARD: words("Only a steward of this meeting may do this."),
    FenceReason.NO_MEMBERS_PART: words("This meeting has no part for members to go on to."),
    FenceReason.OPEN_PART_NOT_OPEN: words("The open part is not open, so it cannot be closed."),
    FenceReason.ALREADY_CLOSING: words("The open part is being closed already."),
    FenceReason.NOT_STOPPED: words("Something of the open part has not stopped yet."),
    FenceReason.MEMBERS_PART_OPEN: words("The members' part is open. Close it before you go back."),
    FenceReason.PROCESS_SILENT: words("A process has not yet said that its rooms are empty."),
    FenceReason.PEOPLE_REMAIN: words("There are still people connected who may not stay."),
    FenceReason.NO_PROCESS: words("No process is there to say that the rooms are empty."),
    FenceReason.HALL_NOT_SIGNED: words("No steward has signed that the hall is empty."),
    FenceReason.NO_REASON_GIVEN: words("Going on without the hall's signature takes a reason."),
    FenceReason.NOT_VERIFIED: words("It is not yet proven that everyone has left."),
}

ENTRY: Final[Mapping[EntryReason, str]] = {
    EntryReason.FORGED: words("This ticket was not made by this service."),
    EntryReason.EXPIRED: words("The ticket has expired; ask for another."),
    EntryReason.USED: words("The ticket was used before; ask for another."),
    EntryReason.OTHER_EPOCH: words(
        "The part has changed since the ticket was made; ask for another."
    ),
    EntryReason.REVOKED: words("You have been signed out; sign in again."),
    EntryReason.SEATED: words("You are in the room from another window or program."),
    EntryReason.INVITATION_ENDED: words(
        "You were invited for one item. It is not in hand any more, or the invitation has ended."
    ),
    EntryReason.OVER: words("The sitting is over. The list and the announcements are kept."),
    EntryReason.NO_SCREEN: words(
        "A screen in the hall is put up by those who preside, moderate or steward, "
        "and by the secretariat."
    ),
    EntryReason.SHOWS_NOTHING_YET: words("A screen shows a part when it has opened."),
}

ATTENDANCE: Final[Mapping[AttendanceReason, str]] = {
    AttendanceReason.UNKNOWN_REFERENCE: words(
        "No confirmed registration for this meeting has this reference."
    ),
    AttendanceReason.NOT_IN_THE_HALL: words("Nobody with this badge is noted as in the hall."),
    AttendanceReason.NOT_OVER: words(
        "They are still there. It can be corrected when they have left, or the sitting is closed."
    ),
    AttendanceReason.CORRECTED: words("Somebody has corrected this meanwhile. Look at it again."),
}
BADGES: Final[Mapping[BadgeReason, str]] = {
    BadgeReason.NOT_THE_DESK: words("Badges are printed and looked up by the badge desk only."),
    BadgeReason.FORGED: words("This badge was not made by this service."),
    BadgeReason.UNKNOWN: words("This service knows no such badge."),
    BadgeReason.REVOKED: words("This badge was taken back and is valid no more."),
    BadgeReason.REPLACED: words(
        "Another badge was printed in place of this one, which is valid no more."
    ),
    BadgeReason.OUTDATED: words(
        "The registration was changed after this badge was printed: the desk prints another."
    ),
    BadgeReason.OTHER_MEETING: words("This badge is for another meeting."),
    BadgeReason.NOT_CONFIRMED: words("The registration is not confirmed."),
    BadgeReason.HAS_ONE: words(
        "This registration has a badge already. Print another in its place."
    ),
    BadgeReason.TWO_DOORS: words(
        "This badge was let in at another door within a minute: check who carries it."
    ),
    BadgeReason.ALREADY_IN: words(
        "This badge is noted as in the hall already: check who carries it."
    ),
    BadgeReason.TURNED_AWAY: words("They were turned away while the door had no network."),
    BadgeReason.FORGOTTEN: words(
        "The scans of this meeting are kept no more, so this one cannot be told from one that was"
        " counted: the attendance is corrected by the secretariat."
    ),
    BadgeReason.PHOTO_ON_BADGE: words(
        "Your badge is made already. Ask the badge desk, which takes another photo."
    ),
    BadgeReason.NO_BADGE: words("There is no valid badge to hand out: make it first."),
    BadgeReason.HANDED_OUT: words("This badge is noted as handed out already."),
    BadgeReason.NO_PHOTO_YET: words("This registration takes no photo: it is not on its way."),
}
PICTURES: Final[Mapping[PictureFault, str]] = {
    PictureFault.MISSING: words("Choose a picture, or take one."),
    PictureFault.TOO_LARGE: words("The picture is too large: at most 8 MB are taken."),
    PictureFault.TOO_MANY_PIXELS: words(
        "The picture has too many pixels: at most 25 million in a JPEG, 12 million in a PNG."
    ),
    PictureFault.TOO_SMALL: words("The picture is too small: its shorter side needs 120 pixels."),
    PictureFault.NOT_READ: words("This is no whole JPEG or PNG picture. Send another one."),
    PictureFault.NO_CODE: words("No code was found in the picture. Hold it nearer, and in light."),
}
ATTENDANCE_FAULTS: Final[Mapping[AttendanceFault, str]] = {
    AttendanceFault.NO_TIME: words("Give day and time, like 2026-11-24 09:30."),
    AttendanceFault.ENDS_FIRST: words("They cannot leave before they come."),
    AttendanceFault.TO_COME: words("This time is still to come."),
    AttendanceFault.BEYOND_THE_SITTING: words(
        "This is outside the sitting: from one hour before it begins until it is closed."
    ),
}
SOURCES: Final[Mapping[Source, str]] = {
    Source.SOCKET: words("on a line"),
    Source.DOOR: words("seen at the door"),
    Source.CORRECTION: words("corrected"),
}

RECORDS: Final[Mapping[RecordsReason, str]] = {
    RecordsReason.NOT_CLOSED: words("Records are put together when the sitting is closed."),
}

AGENDA: Final[Mapping[AgendaFault, str]] = {
    AgendaFault.NO_SUCH_PART: words("Under this edition of the rule a meeting has no such part."),
    AgendaFault.NOT_IN_FIRST_HALF: words(
        "The draft of the Secretary-General's report must be an item of the first half."
    ),
    AgendaFault.ENDS_BEFORE_START: words("The sitting ends before it starts."),
    AgendaFault.OVERLAPS: words("The sitting starts before the one ahead of it has ended."),
    AgendaFault.OPEN_AFTER_MEMBERS: words("A sitting of the first half follows the second half."),
    AgendaFault.NO_SUCH_NUMBER: words("The agenda never had an item of this number."),
    AgendaFault.NAMED_TWICE: words("This item is on the agenda twice."),
    AgendaFault.SITTING_CLOSED: words("This sitting is over: no item is moved into it."),
    AgendaFault.IN_HAND: words("This item is in hand: put it down first."),
    AgendaFault.WAITED_FOR: words(
        "Somebody waits to speak on this item, or an expert is invited for it: end that first."
    ),
}
AGENDA_REASONS: Final[Mapping[AgendaReason, str]] = {
    AgendaReason.AMENDED_MEANWHILE: words(
        "The agenda was amended since you opened it: look at it again."
    ),
    AgendaReason.NOTHING_CHANGED: words("This is the agenda as it stands: nothing was changed."),
    AgendaReason.ADOPTED_ALREADY: words("This edition was adopted already."),
    AgendaReason.NOT_PRESIDING: words(
        "Those who preside, or the secretariat, note that the meeting has adopted it."
    ),
}
CHANGES: Final[Mapping[Change, str]] = {
    Change.ADDED: words("Added"),
    Change.RETITLED: words("New title"),
    Change.RELABELLED: words("Called otherwise"),
    Change.MOVED: words("Moved to another sitting"),
    Change.REORDERED: words("Taken in another order"),
    Change.KIND: words("Of another kind"),
    Change.WITHDRAWN: words("Withdrawn"),
}

TEXTS: Final[Mapping[TextFault, str]] = {
    TextFault.MISSING: words("This is needed."),
    TextFault.TOO_LONG: words("This is too long."),
    TextFault.CONTROL: words("There are signs in it that cannot be seen: type it anew."),
    TextFault.DIRECTION: words("There are signs in it that turn the direction of writing."),
    TextFault.MARKUP: words("Write it as plain text, without tags or codes."),
}
CLAIMS: Final[Mapping[ClaimFault, str]] = {
    ClaimFault.ENTITY_OR_GROUP: words("Name the entity you represent, or your stakeholder group."),
    ClaimFault.NEEDS_ENTITY: words("A delegate represents an entity."),
    ClaimFault.FOR_ONESELF_ONLY: words("Nobody represents an entity as an individual."),
    ClaimFault.UNKNOWN_ENTITY: words("This entity is not in the membership record."),
    ClaimFault.UNKNOWN_COUNTRY: words("This is no country code."),
    ClaimFault.NO_MODE: words("Choose at least one sitting, and how you attend it."),
    ClaimFault.OTHER_MEETING: words("This sitting belongs to another meeting."),
    ClaimFault.TWICE: words("One sitting was chosen twice."),
    ClaimFault.PLACES: words("A number from 0 to 100,000, or nothing where there is no limit."),
}
REGISTRATIONS: Final[Mapping[RegistrationReason, str]] = {
    RegistrationReason.NOT_VERIFIED: words("Your mail address has not been verified yet."),
    RegistrationReason.NOT_YOURS: words("Only the person whose registration it is may do this."),
    RegistrationReason.OWN_CLAIM: words("Nobody decides on a claim of their own."),
    RegistrationReason.YOURSELF: words("Nobody makes themselves a focal point."),
    RegistrationReason.FOCAL_POINT_DECIDES: words("The focal point of the entity decides this."),
    RegistrationReason.SECRETARIAT_DECIDES: words("The secretariat of the meeting decides this."),
    RegistrationReason.CHANGED: words("It was changed meanwhile. Look at it again, then decide."),
    RegistrationReason.DECIDED: words("Somebody else has decided it already."),
    RegistrationReason.REGISTERED: words("You are registered for this meeting already."),
    RegistrationReason.WITHDRAWN: words("This registration was withdrawn."),
    RegistrationReason.MEETING_OVER: words("This meeting is over."),
    RegistrationReason.NOT_NOMINATED: words("Nobody has put you forward, or it was taken back."),
}
DELEGATIONS: Final[Mapping[DelegationReason, str]] = {
    DelegationReason.NOT_THEIR_ENTITY: words("You are not the focal point of this body."),
    DelegationReason.ONLY_ONESELF: words(
        "You stand in for the focal point: only the focal point names who stands in."
    ),
    DelegationReason.TOO_LATE: words(
        "A decision is taken back within one hour; this one is older. Write to the secretariat."
    ),
    DelegationReason.OVERTAKEN: words(
        "It was decided or changed again since, so nothing was taken back."
    ),
    DelegationReason.NOT_CONFIRMED: words(
        "Only a delegate whose registration is confirmed is replaced by another."
    ),
    DelegationReason.NO_QUESTION: words("No question waits for an answer."),
    DelegationReason.ALREADY_THERE: words(
        "The person who would take the place is registered for this meeting already."
    ),
    DelegationReason.NOT_REACHED: words(
        "The service was too busy and has not decided it. It waits as before: decide it again."
    ),
}
DELEGATION_FAULTS: Final[Mapping[DelegationFault, str]] = {
    DelegationFault.NO_DAY: words("Give a day, like 2026-11-24."),
    DelegationFault.NO_PLACE: words("The list has no such place: begin at its top."),
    DelegationFault.ENDS_FIRST: words("The last day is before the first."),
    DelegationFault.OVER: words("This day is over."),
    DelegationFault.BEYOND_DESIGNATION: words(
        "The focal point's own designation ends before this day."
    ),
    DelegationFault.TOO_LONG_AWAY: words(
        "Nobody stands in for more than 180 days: have another focal point designated."
    ),
    DelegationFault.ACTS_ALREADY: words("This person acts for the body already."),
}
SHEETS: Final[Mapping[SheetFault, str]] = {
    SheetFault.EMPTY: words("There is nothing in it: paste a list, or choose a file."),
    SheetFault.TOO_MANY: words("At most 2,000 people are registered at once. Send it in parts."),
    SheetFault.TOO_LARGE: words("The file is too large: keep only the list of people in it."),
    SheetFault.UNPACKS_TOO_LARGE: words(
        "This workbook unpacks to far too much. Save the list alone as a new file."
    ),
    SheetFault.OLD_OR_LOCKED: words(
        "This workbook is locked, or of the old format. Save it as .xlsx without a password, or as"
        " CSV UTF-8."
    ),
    SheetFault.NO_SHEET: words("This workbook cannot be read. Save it as .xlsx or CSV UTF-8 anew."),
    SheetFault.NOT_UTF_8: words(
        "The signs of this file cannot be read: save it as CSV UTF-8, or send the .xlsx itself."
    ),
    SheetFault.BROKEN: words("The table breaks off in a quoted text. Send it as .xlsx."),
}
LINES: Final[Mapping[LineFault, str]] = {
    LineFault.FORMULA: words("This is a formula, or begins like one: write the value itself."),
    LineFault.MERGED: words("This row has merged cells: check what stands in each of them."),
    LineFault.TWICE_HERE: words("This address is in the list more than once."),
    LineFault.REGISTERED: words("This person is registered for the meeting already."),
    LineFault.ONESELF: words("This is your own address: register yourself with your own form."),
    LineFault.UNKNOWN_MODE: words("Write “in person” or “remotely”, or leave it empty."),
    LineFault.UNKNOWN_CAPACITY: words("Write “delegate”, “observer” or “expert”, or nothing."),
}
FLAGS: Final[Mapping[Flag, str]] = {
    Flag.SAME_PERSON: words("Somebody of this name is registered with another address"),
    Flag.OTHER_DOMAIN: words("The mail address is of a domain that is not the body's"),
    Flag.CLOSE_NAME: words("The name is close to that of an approved delegate"),
}
FORM_FAULTS: Final[Mapping[FormFault, str]] = {
    FormFault.KEY: words("A key begins with a small letter: a to z, digits and _, at most 40."),
    FormFault.TWICE: words("Two of these have the same key."),
    FormFault.NO_ENGLISH: words("This is needed in English; other languages may be added."),
    FormFault.LANGUAGE: words("There are six languages: ar, en, es, fr, ru and zh."),
    FormFault.NO_OPTIONS: words("A choice needs something to choose from."),
    FormFault.OPTIONS: words("Only choices have options."),
    FormFault.NO_CONDITION: words("A condition names an earlier question of the same section."),
    FormFault.NEVER_SHOWN: words("The question named in the condition has no such answer."),
    FormFault.KEPT: words("Between 0 and 3650 days after the last day of the meeting."),
    FormFault.TOO_MANY: words("There are too many of these."),
}
ANSWER_FAULTS: Final[Mapping[AnswerFault, str]] = {
    AnswerFault.NO_SUCH_FIELD: words("The form has no such question."),
    AnswerFault.OTHER_KIND: words("This question takes another kind of answer."),
    AnswerFault.NOT_OFFERED: words("Choose from what is offered."),
    AnswerFault.NO_DATE: words("Enter a date as year, month and day: 2027-03-31."),
}
FORMS: Final[Mapping[FormReason, str]] = {
    FormReason.CHANGED: words(
        "Somebody has changed the form meanwhile. Look at it again, then change it."
    ),
}
KEPT: Final[Mapping[Kept, str]] = {
    Kept.REGISTRATIONS: words(
        "Registrations for meetings in which you took part: without them nobody could tell on whose"
        " behalf somebody spoke. Name, body and capacity stay; answers and the job title go."
    ),
    Kept.ATTENDANCE: words(
        "Where you attended: it proves who was in the hall when a part was closed to others."
    ),
    Kept.SPEECHES: words(
        "That you spoke, and when: the log of a sitting is a record of the group and stays whole."
    ),
    Kept.STATEMENTS: words("Your written statements: they were filed with the group."),
    Kept.INPUTS: words(
        "What you sent to consultations, without your name: it is on record, with its digest."
    ),
    Kept.CHAT: words("What you wrote to all or to the moderator in a sitting's chat."),
    Kept.TOPICS: words("Topics that you proposed: who proposed what belongs to the record."),
    Kept.FUNCTIONS: words(
        "Functions that you held and invitations that you had: what was decided rests on them."
    ),
    Kept.ACTS: words(
        "The chain of acts: it names you by a number only, and with a gap it would prove nothing."
    ),
}
PERSONAL: Final[Mapping[PersonalReason, str]] = {
    PersonalReason.STILL_SERVES: words(
        "You hold a function in a meeting or speak for a body. Hand it over first, then ask again."
    ),
    PersonalReason.IN_THE_WAY: words(
        "Nothing was erased: something else is kept about your registration and stands in the way"
        " (%(tables)s). Write to whoever runs this service."
    ),
    PersonalReason.NOT_SURE: words("Type ERASE to say that you mean it. Nothing was erased."),
    PersonalReason.NOT_APPROVED: words(
        "Only those whose registration is confirmed are on the list of participants."
    ),
}
LISTING_FAULTS: Final[Mapping[ListingFault, str]] = {
    ListingFault.PAST: words("Choose a day that is still to come."),
    ListingFault.TOO_FAR: words("Choose a day within a year of the end of the meeting."),
}
MAILINGS: Final[Mapping[MailingReason, str]] = {
    MailingReason.CHANGED: words(
        "The selection has changed meanwhile, and nothing was sent. Look again to whom it goes."
    ),
    MailingReason.NOBODY: words("There is nobody in this selection. Nothing was sent."),
}
HIDDEN: Final[Mapping[Hidden, str]] = {
    Hidden.CONSENT: words(
        "An input came under this number. As its author wished, it is counted and not published."
    ),
    Hidden.WITHDRAWN: words("The input of this number was withdrawn by its author."),
}

PUBLICATION: Final[Mapping[PublicationReason, str]] = {
    PublicationReason.NOT_SUBMITTED: words("This input was withdrawn by its author."),
    PublicationReason.LABELLED: words("This input has the label already."),
    PublicationReason.NOT_LABELLED: words("This input has no such label."),
    PublicationReason.LIFTED: words("This passage is shown again already."),
    PublicationReason.TOO_MANY: words(
        "This round has more inputs than are compiled into one document: take the table or the API."
    ),
}

PUBLICATION_FAULTS: Final[Mapping[PublicationFault, str]] = {
    PublicationFault.NOT_THERE: words(
        "This part has no such passage. Copy it from the text, letter by letter."
    ),
    PublicationFault.NO_SUCH_PART: words("The input has no such part."),
    PublicationFault.SAME_LANGUAGE: words("The input is in this language already."),
    PublicationFault.NO_LANGUAGE: words("Choose one of the six languages."),
    PublicationFault.NOTHING: words("Translate at least one part."),
}

AGREEMENTS: Final[Mapping[Agreement, str]] = {
    Agreement.DRAFT: words("In preparation"),
    Agreement.PRESENTED: words("Presented"),
    Agreement.AGREED: words("Agreed"),
}
DISPOSITIONS: Final[Mapping[DispositionKind, str]] = {
    DispositionKind.CONSIDERED: words("Considered"),
    DispositionKind.REFLECTED: words("Reflected"),
    DispositionKind.PARTLY: words("Reflected in part"),
    DispositionKind.NOTED: words("Noted"),
    DispositionKind.NOT_TAKEN_UP: words("Not taken up"),
}
SUMMARIES: Final[Mapping[SummaryReason, str]] = {
    SummaryReason.NOT_WRITING: words("Only the secretariat of the meeting writes the summary."),
    SummaryReason.NOT_DRAFT: words(
        "The summary has been presented: open it again, with a reason, before it is changed."
    ),
    SummaryReason.NOT_PRESENTED: words(
        "Only a summary that is presented can be agreed, and it is agreed once."
    ),
    SummaryReason.IS_DRAFT: words("The summary is in preparation: it need not be opened again."),
    SummaryReason.EMPTY: words("The summary has no paragraph yet."),
    SummaryReason.UNCITED: words(
        "Each paragraph names the inputs that it rests on. These name none yet: %(numbers)s."
    ),
    SummaryReason.TOO_MANY: words("The summary has as many paragraphs as it may have."),
}
OUTCOMES: Final[Mapping[OutcomeReason, str]] = {
    OutcomeReason.CHANGED: words(
        "Somebody else has answered meanwhile, and nothing was changed. Look again at inputs"
        " %(numbers)s."
    ),
    OutcomeReason.WITHDRAWN: words(
        "Withdrawn by their authors, and so without an answer: inputs %(numbers)s."
    ),
}
OUTCOME_FAULTS: Final[Mapping[OutcomeFault, str]] = {
    OutcomeFault.NO_ITEM: words("Name the agenda item under which it was considered."),
    OutcomeFault.NO_SUCH_ITEM: words("The agenda of this meeting has no such item."),
    OutcomeFault.NO_PARAGRAPH: words("Name the paragraph in which it is reflected."),
    OutcomeFault.NO_WHY: words("Say why: its author and everybody read it."),
    OutcomeFault.NO_INPUT: words("Choose at least one input."),
    OutcomeFault.NO_SUCH_INPUT: words("The consultation has no input of such a number."),
    OutcomeFault.NO_SUCH_PASSAGE: words("The summary has no paragraph of such a number."),
    OutcomeFault.TOO_MANY: words("These are too many at once: 500 is the most."),
    OutcomeFault.PRESENT: words("Say how many stakeholders were present: at least one."),
    OutcomeFault.WHEN: words(
        "Give the moment at which they agreed: after it was presented, and not to come."
    ),
    OutcomeFault.NUMBERS: words("Give numbers, such as: 3, 5, 8-10."),
}

SELECTION_FAULTS: Final[Mapping[SelectionFault, str]] = {
    SelectionFault.CURSOR: words("This is no cursor of this list. Begin again without one."),
}
INVITATIONS: Final[Mapping[InvitationReason, str]] = {
    InvitationReason.NOT_THE_CHAIR: words("Only those who preside invite an expert."),
    InvitationReason.NOT_A_SECOND: words(
        "Only those who preside and the secretariat confirm or end an invitation."
    ),
    InvitationReason.OWN_INVITATION: words(
        "Whoever invites does not also confirm: it takes a second person."
    ),
    InvitationReason.THE_EXPERT: words("Nobody confirms an invitation of their own."),
    InvitationReason.NOT_HERE: words(
        "Under the rule of this meeting nobody is invited to this part."
    ),
    InvitationReason.OVER: words("This sitting is closed: nobody is invited to it."),
    InvitationReason.ALREADY_INVITED: words(
        "This person is invited for this item already. End that invitation first."
    ),
    InvitationReason.ALREADY_CONFIRMED: words("Somebody else has confirmed it already."),
    InvitationReason.GONE: words("This invitation has ended: invite again if it is needed."),
    InvitationReason.FUNCTION_ENDED: words(
        "The function of one of those who invited and confirmed has ended."
    ),
}
INVITATION_FAULTS: Final[Mapping[InvitationFault, str]] = {
    InvitationFault.UNKNOWN_PERSON: words(
        "Nobody is known by this: give the reference of a registration for this meeting, or the"
        " address with which the expert has signed in."
    ),
    InvitationFault.YOURSELF: words("Whoever presides is in the room already."),
    InvitationFault.UNKNOWN_ITEM: words("The agenda of this sitting has no such item."),
    InvitationFault.PAST: words("Choose a moment that is still to come."),
    InvitationFault.TOO_LATE: words("An invitation ends on the day of its sitting at the latest."),
}
INVITATION_STATES: Final[Mapping[InvitationState, str]] = {
    InvitationState.PENDING: words("Waits for a second person"),
    InvitationState.CONFIRMED: words("Confirmed"),
    InvitationState.EXPIRED: words("Expired"),
    InvitationState.ENDED: words("Ended"),
}
MEETING_FAULTS: Final[Mapping[MeetingFault, str]] = {
    MeetingFault.DAYS: words("A number of days from 1 to 3,660."),
    MeetingFault.SLUG: words(
        "Small letters and digits, with single hyphens between, from 3 to 60."
    ),
    MeetingFault.TIME_ZONE: words("There is no such time zone; write it like Europe/Zurich."),
    MeetingFault.WITHOUT_ZONE: words("A time needs its time zone."),
    MeetingFault.FAR_OFF: words("No meeting is held in that year."),
    MeetingFault.OTHER_MEETING: words("This sitting belongs to another meeting."),
    MeetingFault.TO_BE_STATED: words(
        "Under this edition the boundary is stated: name the last sitting of the first half."
    ),
    MeetingFault.UNKNOWN_EDITION: words("There is no such edition of the rule."),
}
MEETINGS: Final[Mapping[MeetingReason, str]] = {
    MeetingReason.NOT_THE_SECRETARIAT: words("Only the secretariat may do this."),
    MeetingReason.SLUG_TAKEN: words("Another meeting has this short name."),
    MeetingReason.LAST_OF_THE_SECRETARIAT: words("A meeting is never left without a secretariat."),
    MeetingReason.HAS_BEGUN: words("One of the halves has begun: the boundary stays where it is."),
}

IDENTITY: Final[Mapping[IdentityReason, str]] = {
    IdentityReason.LINK_USED: words("This link was used before; ask for another."),
    IdentityReason.LINK_EXPIRED: words(
        "This link has expired, or a newer one was used; ask for another."
    ),
    IdentityReason.TOO_MANY_TOKENS: words("You have as many tokens as one may; revoke one first."),
    IdentityReason.BY_LOGIN_ONLY: words(
        "A token cannot make tokens: sign in with a browser to do this."
    ),
}

REQUESTS_FAULTS: Final[Mapping[RequestFault, str]] = {
    RequestFault.KEY: words("A key has 1 to 200 visible ASCII characters."),
    RequestFault.KEY_REUSED: words(
        "This key was used for another request. Make a new key for each new request."
    ),
    RequestFault.CURSOR: words("This cursor is none of ours: begin at the first page."),
}

IDENTITY_FAULTS: Final[Mapping[IdentityFault, str]] = {
    IdentityFault.NO_ADDRESS: words("Enter a mail address such as name@example.org."),
    IdentityFault.NO_PATH: words("The page to go on to is not one of this service."),
    IdentityFault.NOT_ON_THE_LIST: words("Choose one of those on the list."),
    IdentityFault.PAST: words("Choose a day in the future."),
}

PROVIDERS: Final[Mapping[ProviderReason, str]] = {
    ProviderReason.UNREACHABLE: words(
        "It does not answer at this moment. Try again later, or have a link mailed to you: that"
        " works without it."
    ),
    ProviderReason.DECLINED: words(
        "It did not sign you in, or you said no there. You can have a link mailed to you instead."
    ),
    ProviderReason.STALE: words(
        "This browser did not set out for there, or too long ago. Begin again here."
    ),
    ProviderReason.UNPROVEN: words(
        "Its answer does not prove who you are, so nothing follows from it. Begin again, or have a"
        " link mailed to you; if this happens again, tell the secretariat."
    ),
    ProviderReason.NO_SUBJECT: words(
        "It does not say which account of its is yours, so nothing follows from its answer."
    ),
    ProviderReason.NO_ADDRESS: words(
        "It does not say your mail address. Let it share the address, or have a link mailed to you."
    ),
    ProviderReason.NOT_VERIFIED: words(
        "It does not say that it has verified your mail address. Verify the address there, or have"
        " a link mailed to you."
    ),
    ProviderReason.NOT_ITS_DOMAIN: words(
        "It names a mail address for which it may not speak here. Have a link mailed to that"
        " address."
    ),
    ProviderReason.OTHER_ADDRESS: words(
        "It now names another mail address than the one you have here. Have a link mailed to you."
    ),
    ProviderReason.OTHER_ACCOUNT: words(
        "Another account of the same provider is linked with this mail address already. Have a"
        " link mailed to you."
    ),
    ProviderReason.UNLINKED: words(
        "You have unlinked this account. Have a link mailed to you, and allow it again under “Your"
        " account” if you wish."
    ),
}
VIEWS: Final[Mapping[ViewReason, str]] = {
    ViewReason.READS_ONLY: words(
        "You look at the meeting as somebody else: nothing is changed. End it, then do this as"
        " yourself."
    ),
    ViewReason.NOT_SHOWN: words(
        "This is for one person and no page of a meeting: it is not shown while you look as"
        " somebody else. End that first."
    ),
    ViewReason.NO_SEAT: words(
        "You look at the meeting as somebody else, and nobody is in a room as somebody else. End"
        " that first."
    ),
    ViewReason.NOT_A_LOGIN: words(
        "Sign in with a browser to look as somebody else: a program's token does not do it."
    ),
}
VIEW_FAULTS: Final[Mapping[ViewFault, str]] = {
    ViewFault.CATEGORY: words("Choose as whom you want to look."),
    ViewFault.CAPACITY: words("Nobody of this category registers in this capacity."),
}
PASSKEYS: Final[Mapping[PasskeyReason, str]] = {
    PasskeyReason.NEEDED: words(
        "Your function takes a passkey. Add one under “Your account”, if you have none, and sign in"
        " with it; a token must be made after that."
    ),
    PasskeyReason.SIGN_IN_WITH_IT: words(
        "Your function takes a passkey, and you have one: sign in with it to add another or to"
        " remove one. If it is lost, ask whoever runs this service."
    ),
    PasskeyReason.STALE: words("The page stood open too long, or was used before. Try again now."),
    PasskeyReason.UNPROVEN: words(
        "The answer of the passkey does not prove that it is yours. Try again, or have a link"
        " mailed to you."
    ),
    PasskeyReason.UNKNOWN: words(
        "This passkey belongs to nobody here: it may have been removed. Have a link mailed to you."
    ),
    PasskeyReason.ALREADY_THERE: words("This passkey is in use here already."),
    PasskeyReason.TOO_MANY: words("You have as many passkeys as one may; remove one first."),
}
WAYS: Final[Mapping[SignInWay, str]] = {
    SignInWay.LINK: words("by a link that was mailed"),
    SignInWay.PROVIDER: words("with an identity provider"),
    SignInWay.PASSKEY: words("with a passkey"),
    SignInWay.ROLE: words("as a role of the demo"),
}

Answer: TypeAlias = (
    Reason
    | Remedy
    | FloorReason
    | HandsReason
    | MinutesReason
    | CaptionReason
    | FenceReason
    | EntryReason
    | AgendaFault
)

Named: TypeAlias = (
    Part | Right | Category | Function | Capacity | StakeholderGroup | Fact | Ground | Status
)

PARTS: Final[Mapping[Part, str]] = {
    Part.CONSULTATION: words("consultation"),
    Part.FIRST_HALF: words("first half"),
    Part.SECOND_HALF: words("second half"),
    Part.WHOLE: words("whole meeting"),
}
RIGHTS: Final[Mapping[Right, str]] = {
    Right.ATTEND: words("attend"),
    Right.SPEAK: words("speak"),
    Right.READ: words("read the documents"),
    Right.RAISE_POINT_OF_ORDER: words("raise a point of order"),
    Right.FILE_INPUT: words("file an input"),
    Right.COMMENT: words("comment on the draft report"),
    Right.FILE_CONTRIBUTION: words("file a contribution"),
    Right.TAKE_DECISIONS: words("take part in decisions"),
}
CATEGORIES: Final[Mapping[Category, str]] = {
    Category.MEMBER_STATE: words("Member State"),
    Category.SECTOR_MEMBER: words("Sector Member"),
    Category.ASSOCIATE: words("Associate"),
    Category.ACADEMIA: words("Academia"),
    Category.RES_99: words("Resolution 99"),
    Category.UN_ORGANIZATION: words("UN organization"),
    Category.INTERGOVERNMENTAL_ORGANIZATION: words("intergovernmental organization"),
    Category.STAKEHOLDER: words("stakeholder"),
    Category.PUBLIC: words("public"),
}
FUNCTIONS: Final[Mapping[Function, str]] = {
    Function.CHAIR: words("chair"),
    Function.VICE_CHAIR: words("vice-chair"),
    Function.SECRETARIAT: words("secretariat"),
    Function.MODERATOR: words("moderator"),
    Function.CAPTIONER: words("captioner"),
    Function.INTERPRETER: words("interpreter"),
    Function.STEWARD: words("steward"),
}
CAPACITIES: Final[Mapping[Capacity, str]] = {
    Capacity.DELEGATE: words("delegate"),
    Capacity.OBSERVER: words("observer"),
    Capacity.EXPERT: words("expert"),
    Capacity.INDIVIDUAL: words("individual"),
}
MODES: Final[Mapping[Mode, str]] = {
    Mode.IN_PERSON: words("in person"),
    Mode.REMOTE: words("remotely"),
}
REQUESTS: Final[Mapping[RequestKind, str]] = {
    RequestKind.POINT_OF_ORDER: words("point of order"),
    RequestKind.MOTION: words("motion"),
    RequestKind.INTERVENTION: words("intervention"),
    RequestKind.RIGHT_OF_REPLY: words("right of reply"),
}
STANCES: Final[Mapping[Stance, str]] = {
    Stance.FOR: words("for"),
    Stance.AGAINST: words("against"),
}
ITEMS: Final[Mapping[ItemKind, str]] = {
    ItemKind.ORDINARY: words("ordinary"),
    ItemKind.DRAFT_REPORT: words("draft of the Secretary-General's report"),
}
GROUPS: Final[Mapping[StakeholderGroup, str]] = {
    StakeholderGroup.GOVERNMENTS: words("governments"),
    StakeholderGroup.PRIVATE_SECTOR: words("private sector"),
    StakeholderGroup.CIVIL_SOCIETY: words("civil society"),
    StakeholderGroup.TECHNICAL_COMMUNITY: words("technical community"),
    StakeholderGroup.ACADEMIA: words("academia"),
    StakeholderGroup.INTERNATIONAL_ORGANIZATIONS: words(
        "international and intergovernmental organizations"
    ),
    StakeholderGroup.UN_ORGANIZATIONS: words("UN organizations"),
    StakeholderGroup.OTHER: words("other"),
}
FACTS: Final[Mapping[Fact, str]] = {
    Fact.CATEGORY: words("the category, from the record of the entity"),
    Fact.FUNCTION: words("a function in this meeting"),
    Fact.INVITATION: words("an invitation of the chair for this item"),
    Fact.IDENTITY: words("a verified identity"),
    Fact.MEMBERSHIP: words("the membership of the entity on this day"),
    Fact.REGISTRATION: words("a registration for this meeting"),
    Fact.APPROVAL: words("the approval of the registration, where it needs one"),
    Fact.OPENING: words("the opening of this part"),
    Fact.PRESENCE: words("presence in the hall"),
}
GROUNDS: Final[Mapping[Ground, str]] = {
    Ground.CATEGORY: words("category"),
    Ground.FUNCTION: words("function"),
    Ground.INVITATION: words("invitation"),
}
GROUP_FAULTS: Final[Mapping[GroupFault, str]] = {
    GroupFault.NO_SUCH_DOCUMENT: words("One of these numbers is of no document that was posted."),
    GroupFault.NO_SUCH_ITEM: words("There is no such item on the agenda."),
    GroupFault.TOO_FEW: words("Name at least two documents by their numbers."),
}
DOCUMENT_SETS: Final[Mapping[DocumentsReason, str]] = {
    DocumentsReason.FOR_MEMBERS: words(
        "This set has documents of the members' part: it is for those who may read that part."
    ),
}
PRESENTING: Final[Mapping[Presenting, str]] = {
    Presenting.ASKED: words("Asked for"),
    Presenting.PRESENTED: words("Presented"),
    Presenting.NOT_COME: words("Nobody came"),
}
PRESENTATION: Final[Mapping[PresentationReason, str]] = {
    PresentationReason.NOT_ASKED: words("The author of this input did not ask to present it."),
    PresentationReason.NOT_NAMED: words(
        "Its author is not named with the input, and so not here: add a microphone instead."
    ),
    PresentationReason.NOT_REGISTERED: words(
        "Its author has no registration that stands: add a microphone instead."
    ),
}
FILING: Final[Mapping[FilingReason, str]] = {
    FilingReason.NOT_YET: words("The consultation is not open yet: your draft is kept until then."),
    FilingReason.SKIPPED: words("This consultation is not held; the reason is published with it."),
    FilingReason.CHANGED: words(
        "It has changed meanwhile, here or by another author: look at it again, then send it."
    ),
    FilingReason.SENT_ALREADY: words("You have sent this already."),
    FilingReason.AFTER_CLOSE: words(
        "The consultation has closed: what was sent stands, and what you wrote since is kept here."
    ),
    FilingReason.WITHDRAWN: words("This input was withdrawn."),
    FilingReason.IS_SENT: words("It was sent already: it can be withdrawn or disowned."),
    FilingReason.NOT_SENT: words("It was not sent yet."),
    FilingReason.NOT_AGREED: words("Agree to be one of its authors first."),
    FilingReason.FIRST_AUTHOR: words("This is for whoever began the input, and for nobody else."),
    FilingReason.OTHERS_WRITE: words("Others write it too: it is not yours alone to take away."),
    FilingReason.TOO_MANY_AUTHORS: words("An input has at most twenty authors."),
    FilingReason.TOO_MANY_FILES: words("An input has at most ten files: take one off first."),
    FilingReason.TOO_MANY_INPUTS: words("One person sends at most fifty inputs to a consultation."),
    FilingReason.TOO_MUCH_ASIDE: words(
        "Very many texts are kept aside already: take them up or drop them first."
    ),
}
FILING_FAULTS: Final[Mapping[FilingFault, str]] = {
    FilingFault.NOTHING: words("Answer a question, write something or add a file."),
    FilingFault.LANGUAGE: words("Choose the language in which it is written."),
    FilingFault.NO_CLAIM: words(
        "You may write in the name of a body once your registration for it is approved."
    ),
    FilingFault.CHOICE: words("Choose one from the list."),
    FilingFault.NO_FIELD: words("The form has no such field."),
}
FILES: Final[Mapping[FileFault, str]] = {
    FileFault.EMPTY: words("The file is empty."),
    FileFault.TOO_LARGE: words("The file is too large: at most 10 MB."),
    FileFault.OTHER_KIND: words("Only PDF, DOCX, ODT and plain text (TXT) are taken."),
    FileFault.NOT_ITS_NAME: words("The file is not what its name says."),
    FileFault.TWO_KINDS: words(
        "Something else is before or after the document in this file. Save it anew and try again."
    ),
    FileFault.DAMAGED: words("The file cannot be opened: it is damaged. Save it anew."),
    FileFault.PASSWORD: words("The file is locked with a password. Save it without one."),
    FileFault.MACROS: words("The file has macros. Save it without them and try again."),
    FileFault.SCRIPTS: words(
        "The PDF has scripts or does something when it is opened. Print it as a PDF anew."
    ),
    FileFault.HOLDS_FILES: words("There are other files inside this one. Take them out first."),
    FileFault.ELSEWHERE: words(
        "The file fetches something from elsewhere when it is opened: a template or a picture. "
        "Put it in, or take it out."
    ),
    FileFault.BOMB: words("The file unpacks to far more than it is."),
    FileFault.TOO_LONG: words("Opening the file takes too long. Save it anew, or as plain text."),
    FileFault.NOT_UTF8: words("The text is not in UTF-8. Save it as UTF-8 and try again."),
}
CONSENTS: Final[Mapping[Consent, str]] = {
    Consent.NAME_AND_TEXT: words("My name, my organization and the text"),
    Consent.ORGANIZATION_AND_TEXT: words("My organization and the text"),
    Consent.TEXT_ONLY: words("The text only"),
    Consent.NONE: words("Nothing: it is counted, and said to be there"),
}
INPUT_STATES: Final[Mapping[InputState, str]] = {
    InputState.DRAFT: words("Draft, not sent"),
    InputState.SUBMITTED: words("Sent"),
    InputState.WITHDRAWN: words("Withdrawn"),
}
DOCUMENT_CLASSES: Final[Mapping[DocumentClass, str]] = {
    DocumentClass.AGENDA: words("Agenda"),
    DocumentClass.CONTRIBUTION: words("Contribution"),
    DocumentClass.CONSULTATION_OUTPUT: words("Output of a consultation"),
    DocumentClass.REPORT: words("Report of the meeting"),
    DocumentClass.DRAFT_REPORT: words("Draft report"),
    DocumentClass.ACTIVITY_REPORT: words("Activity report of a Director"),
    DocumentClass.LIAISON: words("Liaison statement"),
    DocumentClass.ADMINISTRATIVE: words("Administrative document"),
    DocumentClass.INFORMATION: words("Information document"),
}
DOCUMENT_STATES: Final[Mapping[DocumentState, str]] = {
    DocumentState.FILED: words("Filed, not posted yet"),
    DocumentState.POSTED: words("Posted"),
    DocumentState.RETURNED: words("Returned to whoever filed it"),
    DocumentState.WITHDRAWN: words("Withdrawn"),
}
RELATIONS: Final[Mapping[Relation, str]] = {
    Relation.ORIGINAL: words("A document of its own"),
    Relation.REVISION: words("Revision"),
    Relation.ADDENDUM: words("Addendum"),
    Relation.CORRIGENDUM: words("Corrigendum"),
}
DOCUMENTS: Final[Mapping[DocumentReason, str]] = {
    DocumentReason.NO_SUCH_STEP: words(
        "A document cannot go there from where it is: see its history."
    ),
    DocumentReason.NO_TEXT: words("It has no file in any language yet."),
    DocumentReason.NO_BODY: words(
        "Contributions are of a body: register for the meeting as its delegate first."
    ),
    DocumentReason.OF_ANOTHER_BODY: words(
        "That document is of another body: only the body that it is from revises it."
    ),
    DocumentReason.CHANGED: words("Somebody else has changed this document: look at it again."),
    DocumentReason.SYMBOL_SETTLED: words(
        "Documents have been posted under this symbol: what cites them has to hold."
    ),
    DocumentReason.SYMBOL_TAKEN: words("Another meeting has this symbol."),
}
DOCUMENT_FAULTS: Final[Mapping[DocumentFault, str]] = {
    DocumentFault.LANGUAGE: words(
        "Documents are in Arabic, Chinese, English, French, Russian or Spanish."
    ),
    DocumentFault.CHOICE: words("Choose one from the list."),
    DocumentFault.ITEM: words("The agenda has no such item that you may read."),
    DocumentFault.PART: words("Under its edition of the rule this meeting has no such part."),
    DocumentFault.PART_WHY: words(
        "Say why its readers are others than those of its agenda item: they will read it."
    ),
    DocumentFault.BASE: words(
        "Name the number of a posted document that it revises, adds to or corrects."
    ),
    DocumentFault.SYMBOL: words(
        "Use letters, digits, hyphens and points, and begin with a letter: CWG-Internet-20."
    ),
    DocumentFault.TIME: words("Enter a date and time that the clocks of this time zone show."),
    DocumentFault.ZONE: words("There is no time zone of this name; write Europe/Zurich."),
}
STATUSES: Final[Mapping[Status, str]] = {
    Status.PROPOSED: words("proposed"),
    Status.IN_FORCE: words("in force"),
    Status.SUPERSEDED: words("superseded"),
}

CAPTION_SOURCES: Final[Mapping[CaptionSource, str]] = {
    CaptionSource.HUMAN: words("by a person"),
    CaptionSource.MACHINE: words("by a machine"),
}
CAPTION_KINDS: Final[Mapping[CaptionKind, str]] = {
    CaptionKind.CAPTION: words("captions"),
    CaptionKind.INTERPRETATION: words("interpretation"),
}

ISSUES: Final[Mapping[Issue, str]] = {
    Issue.MULTILINGUALIZATION: words(
        "Multilingualization of the Internet, internationalized domain names included"
    ),
    Issue.CONNECTIVITY: words("International Internet connectivity"),
    Issue.RESOURCES: words(
        "Public policy on Internet resources, domain names and addresses included"
    ),
    Issue.SECURITY: words(
        "Security, safety, continuity, sustainability and robustness of the Internet"
    ),
    Issue.CYBERCRIME: words("Combating cybercrime"),
    Issue.SPAM: words("Dealing with spam"),
    Issue.USE_AND_MISUSE: words("Use and misuse of the Internet"),
    Issue.AVAILABILITY: words(
        "Availability, affordability, reliability and quality of service, above all in the"
        " developing world"
    ),
    Issue.CAPACITY_BUILDING: words(
        "Capacity building for Internet governance in developing countries"
    ),
    Issue.DEVELOPMENT: words("Developmental aspects of the Internet"),
    Issue.PRIVACY: words("Respect for privacy and the protection of personal data"),
    Issue.CHILDREN: words("Protecting children and young people"),
}
"""The list of Council Resolution 1305, in our words."""
TOPICS: Final[Mapping[TopicState, str]] = {
    TopicState.PROPOSED: words("Proposed"),
    TopicState.AGREED: words("Agreed"),
    TopicState.DECLINED: words("Declined"),
    TopicState.REFERRED: words("Referred to Council"),
    TopicState.WITHDRAWN: words("Withdrawn"),
}
ROUNDS: Final[Mapping[RoundState, str]] = {
    RoundState.DRAFT: words("Draft"),
    RoundState.TO_COME: words("Announced, not open yet"),
    RoundState.OPEN: words("Open for inputs"),
    RoundState.CLOSED: words("Closed"),
    RoundState.SKIPPED: words("Not held"),
}
ROUND_STEPS: Final[Mapping[ConsultationStep, str]] = {
    ConsultationStep.DRAFTED: words("Drafted"),
    ConsultationStep.ANNOUNCED: words("Announced"),
    ConsultationStep.EXTENDED: words("Deadline moved"),
    ConsultationStep.CHANGED: words("Changed after the announcement"),
    ConsultationStep.SKIPPED: words("Not held"),
    ConsultationStep.SHORT_NOTICE: words("Less than the usual time"),
}
PUBLISHING: Final[Mapping[Publishing, str]] = {
    Publishing.WHILE_OPEN: words("Inputs are published as they come."),
    Publishing.AFTER_CLOSING: words("Inputs are published together, once the window has closed."),
}
LEADS: Final[Mapping[Lead, str]] = {
    Lead.ONLINE_BEFORE_PHYSICAL: words(
        "Days from its close to the consultation meeting: %(days)s; at least %(least)s are usual"
        " (A12)."
    ),
    Lead.PHYSICAL_BEFORE_MEETING: words(
        "Days from the consultation meeting to the meeting of the group: %(days)s; at least"
        " %(least)s are usual (A12)."
    ),
    Lead.NO_PHYSICAL: words(
        "No consultation meeting face to face is set; Council 1 b3 asks for one."
    ),
}
TOO_LATE: Final[Mapping[Lead, str]] = {
    Lead.ONLINE_BEFORE_PHYSICAL: words(
        "It closes after the consultation meeting; at least %(least)s days before are usual (A12)."
    ),
    Lead.PHYSICAL_BEFORE_MEETING: words(
        "The consultation meeting is after the meeting of the group has begun; at least %(least)s"
        " days before are usual (A12)."
    ),
}
"""The same where the order is turned round."""
CONSULTATIONS: Final[Mapping[ConsultationReason, str]] = {
    ConsultationReason.NOT_ENTITLED: words(
        "Topics are proposed by delegates of Member States whose registration for the meeting is"
        " approved, and by the secretariat (R3)."
    ),
    ConsultationReason.NOT_RECORDING: words(
        "What a meeting decides on a topic is recorded by those who preside and the secretariat."
    ),
    ConsultationReason.OWN_TOPIC: words(
        "Whoever proposed a topic does not also record the decision on it: it takes another person."
    ),
    ConsultationReason.NOT_THE_PROPOSER: words("Only whoever proposed a topic withdraws it."),
    ConsultationReason.TOO_MANY_WAIT: words(
        "As many topics of yours as one may have wait for a decision of this meeting."
    ),
    ConsultationReason.MEETING_OVER: words("This meeting is over: propose it to the next one."),
    ConsultationReason.NO_SUCH_STEP: words(
        "A topic cannot go there from where it is: see its history."
    ),
    ConsultationReason.SLUG_TAKEN: words("Another consultation has this short name."),
    ConsultationReason.NOT_AGREED: words(
        "A consultation is announced once a meeting has agreed its topic."
    ),
    ConsultationReason.ANNOUNCED_ALREADY: words("It has been announced already."),
    ConsultationReason.NOT_ANNOUNCED: words("It is a draft still: change its dates instead."),
    ConsultationReason.CLOSES_BEFORE_NOW: words("Its deadline has passed: set a later one first."),
    ConsultationReason.SETTLED: words(
        "Short name, topic, dates, time zone and publication were announced and stay; the deadline"
        " is moved by an extension."
    ),
    ConsultationReason.QUESTIONS_SETTLED: words(
        "It has opened and may have been answered: the English questions, their number and their"
        " order stay. Translations may be added and corrected."
    ),
    ConsultationReason.SKIPPED: words("This consultation is not held."),
    ConsultationReason.HAS_OPENED: words(
        "It has opened, and what was sent is not lost: it cannot be skipped any more."
    ),
    ConsultationReason.OVER: words("This consultation has closed."),
}
CONSULTATION_FAULTS: Final[Mapping[ConsultationFault, str]] = {
    ConsultationFault.ENGLISH: words("The English text is always needed."),
    ConsultationFault.LANGUAGE: words("Texts are in ar, en, es, fr, ru or zh."),
    ConsultationFault.ISSUE_OR_WHY: words(
        "Choose an issue of Resolution 1305, or say why the topic is outside the list."
    ),
    ConsultationFault.WHY: words("Give the reason: everyone will read it."),
    ConsultationFault.SLUG: words(
        "Use small letters and digits, with single hyphens between, from 3 to 60."
    ),
    ConsultationFault.ZONE: words("There is no time zone of this name; write Europe/Zurich."),
    ConsultationFault.NO_SUCH_TIME: words(
        "Enter a date and time that the clocks of this time zone show."
    ),
    ConsultationFault.FAR_OFF: words("No consultation is held in that year."),
    ConsultationFault.ENDS_BEFORE_START: words("It closes after it has opened."),
    ConsultationFault.NOT_FORWARD: words(
        "A deadline only moves forward: choose a moment after the one that is set, and after now."
    ),
    ConsultationFault.QUESTIONS: words("Ask from 1 to 20 questions."),
    ConsultationFault.DOCUMENTS: words("Name at most 20 documents."),
    ConsultationFault.LINK: words("Enter an address that begins with https:// and names a host."),
    ConsultationFault.TOPIC: words("Choose a topic."),
    ConsultationFault.SITTING: words("Choose a consultation meeting of this meeting."),
    ConsultationFault.DAYS_BEFORE: words("A number of days from 1 to 60."),
}

VOCABULARIES: Final[Sequence[Iterable[tuple[StrEnum, str]]]] = (
    SENTENCES.items(),
    REMEDIES.items(),
    FLOOR.items(),
    HANDS.items(),
    MINUTES.items(),
    CAPTIONS.items(),
    CAPTION_SOURCES.items(),
    CAPTION_KINDS.items(),
    CHAT.items(),
    STATEMENTS.items(),
    ISSUES.items(),
    TOPICS.items(),
    ROUNDS.items(),
    ROUND_STEPS.items(),
    PUBLISHING.items(),
    LEADS.items(),
    CONSULTATIONS.items(),
    CONSULTATION_FAULTS.items(),
    FENCE.items(),
    ENTRY.items(),
    ATTENDANCE.items(),
    BADGES.items(),
    PICTURES.items(),
    ATTENDANCE_FAULTS.items(),
    SOURCES.items(),
    AGENDA.items(),
    TEXTS.items(),
    CLAIMS.items(),
    REGISTRATIONS.items(),
    FORM_FAULTS.items(),
    ANSWER_FAULTS.items(),
    FORMS.items(),
    KEPT.items(),
    PERSONAL.items(),
    LISTING_FAULTS.items(),
    DELEGATIONS.items(),
    DELEGATION_FAULTS.items(),
    FLAGS.items(),
    SHEETS.items(),
    LINES.items(),
    SELECTION_FAULTS.items(),
    HIDDEN.items(),
    PUBLICATION.items(),
    PUBLICATION_FAULTS.items(),
    AGREEMENTS.items(),
    DISPOSITIONS.items(),
    SUMMARIES.items(),
    OUTCOMES.items(),
    OUTCOME_FAULTS.items(),
    MAILINGS.items(),
    MEETING_FAULTS.items(),
    MEETINGS.items(),
    INVITATIONS.items(),
    INVITATION_FAULTS.items(),
    INVITATION_STATES.items(),
    IDENTITY.items(),
    IDENTITY_FAULTS.items(),
    PROVIDERS.items(),
    VIEWS.items(),
    VIEW_FAULTS.items(),
    PASSKEYS.items(),
    WAYS.items(),
    REQUESTS_FAULTS.items(),
    PARTS.items(),
    RIGHTS.items(),
    CATEGORIES.items(),
    FUNCTIONS.items(),
    CAPACITIES.items(),
    MODES.items(),
    REQUESTS.items(),
    STANCES.items(),
    ITEMS.items(),
    RECORDS.items(),
    GROUPS.items(),
    FACTS.items(),
    GROUNDS.items(),
    STATUSES.items(),
    AGENDA_REASONS.items(),
    CHANGES.items(),
    GROUP_FAULTS.items(),
    DOCUMENT_SETS.items(),
    PRESENTING.items(),
    PRESENTATION.items(),
    FILING.items(),
    FILING_FAULTS.items(),
    CONSENTS.items(),
    FILES.items(),
    INPUT_STATES.items(),
    DOCUMENT_CLASSES.items(),
    DOCUMENT_STATES.items(),
    RELATIONS.items(),
    DOCUMENTS.items(),
    DOCUMENT_FAULTS.items(),
)
# By type as well: members of two vocabularies that have one value are equal as keys.
CATALOGUE: Final[Mapping[tuple[type, str], str]] = {
    (type(value), value.value): message for pairs in VOCABULARIES for value, message in pairs
}


def said(value: StrEnum, gettext: Translate) -> str:
    """What a value of a vocabulary is called, or says, in the reader's language.

    The two reasons that name a clause and a category need the decision: use ``sentence``.
    """
    return gettext(CATALOGUE[type(value), value.value])


def saying(value: str, gettext: Translate) -> str:
    """What a value of a vocabulary says; nothing for a text that is none."""
    return said(value, gettext) if isinstance(value, StrEnum) else ""


def sentence(decision: Decision, gettext: Translate) -> str:
    """Why the rule answers so, in one sentence of the reader's language."""
    return gettext(_message(decision)) % {
        "clause": decision.clause.label,
        "category": said(decision.category, gettext),
        "function": _function(decision, gettext),
    }


def remedy(decision: Decision, gettext: Translate) -> str:
    """What the person can do next, in one sentence; nothing for someone who is allowed."""
    return "" if decision else said(decision.remedy, gettext)


def _message(decision: Decision) -> str:
    if decision or decision.reason is not Reason.NOT_NAMED:
        return SENTENCES[decision.reason]
    if decision.missing == (Fact.PRESENCE,):
        return BY_REMOTE
    return SENTENCES[decision.reason] if decision.named else NOBODY_NAMED


def _function(decision: Decision, gettext: Translate) -> str:
    if decision and decision.function:
        return said(decision.function, gettext)
    return ""
