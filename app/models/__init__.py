"""What is true: one family of tables a file, columns and constraints only."""

from app.models.attendance import Stay
from app.models.badge import Badge, BadgePhoto, DeskNote, DoorScan
from app.models.captions import CaptionLine, CaptionSwitch, CaptionVersion
from app.models.compiled import CompiledDocument
from app.models.consultation import (
    Consultation,
    ConsultationEntry,
    Question,
    Topic,
    TopicStep,
)
from app.models.document import (
    AgendaEdition,
    Document,
    DocumentDeadline,
    DocumentGroup,
    DocumentStep,
    DocumentText,
    GroupedDocument,
)
from app.models.entity import Entity, FocalPoint, Membership, Trait
from app.models.fence import Certificate, Fence, HallSignOff
from app.models.filing import InputAside
from app.models.floor import (
    Announcement,
    FloorAction,
    FloorRequest,
    Hand,
    Intervention,
    ShowOfHands,
    SpeechCorrection,
)
from app.models.following import (
    BackgroundDocument,
    ConsultationFollower,
    EntryDetail,
    RoundsFollower,
)
from app.models.form import (
    AnswerReading,
    FormAnswer,
    FormEdition,
    Listing,
    RegistrationDraft,
    SittingPlaces,
)
from app.models.inputs import (
    Attachment,
    Input,
    InputAuthor,
    InputField,
    InputVersion,
    StoredFile,
)
from app.models.invitation import Invitation
from app.models.live import Bell, EpochSeen, Lease, News, Seat, TicketUsed, WishMade
from app.models.mailing import Mailing, MailingRecipient
from app.models.meeting import AgendaItem, Appointment, Meeting, Sitting
from app.models.minutes import MinutesParagraph, MinutesVersion, PrivateNote
from app.models.outcome import (
    Citation,
    Disposition,
    Summary,
    SummaryParagraph,
    SummaryStep,
    SummaryVersion,
)
from app.models.passkey import Passkey
from app.models.people import AccessToken, CalendarFeed, Login, Person, SignInLink
from app.models.presentation import InputPresentation
from app.models.provider import ProviderAccount
from app.models.publication import (
    InputTranslation,
    OffTopic,
    Redaction,
)
from app.models.receipts import (
    LogHead,
    LogNode,
    Receipt,
)
from app.models.record import Act, AnsweredOnce, Letter
from app.models.registration import (
    Attending,
    NominationDraft,
    ParticipationCount,
    Registration,
    RegistrationStep,
)
from app.models.search import Searchable
from app.models.written import Aside, ChatMessage, ChatMute, Statement

__all__ = [
    "AccessToken",
    "Act",
    "AgendaEdition",
    "AgendaItem",
    "Announcement",
    "AnswerReading",
    "AnsweredOnce",
    "Appointment",
    "Aside",
    "Attachment",
    "Attending",
    "BackgroundDocument",
    "Badge",
    "BadgePhoto",
    "Bell",
    "CalendarFeed",
    "CaptionLine",
    "CaptionSwitch",
    "CaptionVersion",
    "Certificate",
    "ChatMessage",
    "ChatMute",
    "Citation",
    "CompiledDocument",
    "Consultation",
    "ConsultationEntry",
    "ConsultationFollower",
    "DeskNote",
    "Disposition",
    "Document",
    "DocumentDeadline",
    "DocumentGroup",
    "DocumentStep",
    "DocumentText",
    "DoorScan",
    "Entity",
    "EntryDetail",
    "EpochSeen",
    "Fence",
    "FloorAction",
    "FloorRequest",
    "FocalPoint",
    "FormAnswer",
    "FormEdition",
    "GroupedDocument",
    "HallSignOff",
    "Hand",
    "Input",
    "InputAside",
    "InputAuthor",
    "InputField",
    "InputPresentation",
    "InputTranslation",
    "InputVersion",
    "Intervention",
    "Invitation",
    "Lease",
    "Letter",
    "Listing",
    "LogHead",
    "LogNode",
    "Login",
    "Mailing",
    "MailingRecipient",
    "Meeting",
    "Membership",
    "MinutesParagraph",
    "MinutesVersion",
    "News",
    "NominationDraft",
    "OffTopic",
    "ParticipationCount",
    "Passkey",
    "Person",
    "PrivateNote",
    "ProviderAccount",
    "Question",
    "Receipt",
    "Redaction",
    "Registration",
    "RegistrationDraft",
    "RegistrationStep",
    "RoundsFollower",
    "Searchable",
    "Seat",
    "ShowOfHands",
    "SignInLink",
    "Sitting",
    "SittingPlaces",
    "SpeechCorrection",
    "Statement",
    "Stay",
    "StoredFile",
    "Summary",
    "SummaryParagraph",
    "SummaryStep",
    "SummaryVersion",
    "TicketUsed",
    "Topic",
    "TopicStep",
    "Trait",
    "WishMade",
]
