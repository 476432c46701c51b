"""Every answer has a sentence, and no sentence is in the rule book."""

from enum import StrEnum
from itertools import product

import pytest

from app import editions, i18n, reasons
from app.policy.access import decide
from app.policy.agenda import AgendaFault, AgendaReason, Change, ItemKind
from app.policy.attendance import AttendanceFault, AttendanceReason, Source
from app.policy.badge import BadgeReason, PictureFault
from app.policy.captions import CaptionKind, CaptionReason, CaptionSource
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
from app.policy.decision import Fact, Ground, Reason, Remedy
from app.policy.delegation import DelegationFault, DelegationReason
from app.policy.document_sets import DocumentsReason, GroupFault
from app.policy.edition import Status
from app.policy.entry import EntryReason
from app.policy.fence import FenceReason
from app.policy.filing import FilingFault, FilingReason
from app.policy.flags import Flag
from app.policy.floor import FloorReason, RequestKind
from app.policy.form import AnswerFault, FormFault, FormReason
from app.policy.identity import IdentityFault, IdentityReason, SignInWay
from app.policy.inputs import (
    Consent,
    Hidden,
    InputState,
)
from app.policy.invitation import InvitationFault, InvitationReason, InvitationState
from app.policy.meeting import MeetingFault, MeetingReason
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
from app.policy.people import Capacity, Category, Function, StakeholderGroup, Standing
from app.policy.personal import Kept, ListingFault, PersonalReason
from app.policy.presentation import PresentationReason, Presenting
from app.policy.provider import ProviderReason
from app.policy.publication import PublicationFault, PublicationReason
from app.policy.records import RecordsReason
from app.policy.registration import ClaimFault, Mode, RegistrationReason
from app.policy.text import TextFault
from app.policy.upload import FileFault

BOOKS = editions.load()
SPLIT = BOOKS["eur-44a4-2022"]

SPOKEN: list[type[StrEnum]] = [
    FilingReason,
    FilingFault,
    Agreement,
    DispositionKind,
    OutcomeFault,
    OutcomeReason,
    SummaryReason,
    FileFault,
    Consent,
    InputState,
    Reason,
    Remedy,
    FloorReason,
    CaptionReason,
    CaptionSource,
    CaptionKind,
    ConsultationFault,
    ConsultationReason,
    ConsultationStep,
    Issue,
    Lead,
    Publishing,
    RoundState,
    TopicState,
    FenceReason,
    EntryReason,
    AgendaFault,
    AttendanceReason,
    AttendanceFault,
    BadgeReason,
    PictureFault,
    Source,
    RecordsReason,
    IdentityReason,
    IdentityFault,
    ProviderReason,
    PasskeyReason,
    SignInWay,
    Mode,
    RequestKind,
    ItemKind,
    TextFault,
    ClaimFault,
    RegistrationReason,
    FormFault,
    AnswerFault,
    FormReason,
    Kept,
    PersonalReason,
    ListingFault,
    DelegationReason,
    DelegationFault,
    Flag,
    SheetFault,
    LineFault,
    MeetingFault,
    MeetingReason,
    InvitationFault,
    InvitationReason,
    InvitationState,
    Part,
    Right,
    Category,
    Function,
    Capacity,
    StakeholderGroup,
    Fact,
    Ground,
    Status,
    Hidden,
    PublicationReason,
    PublicationFault,
    Presenting,
    PresentationReason,
    AgendaReason,
    Change,
    GroupFault,
    DocumentsReason,
]


def plain(message):
    return message


def why(standing, part, right, edition=SPLIT):
    return reasons.sentence(decide(edition, standing, Part(part), Right(right)), plain)


@pytest.mark.parametrize("vocabulary", SPOKEN, ids=lambda each: each.__name__)
def test_every_member_of_a_vocabulary_has_its_words(vocabulary):
    spoken = {value for kind, value in reasons.CATALOGUE if kind is vocabulary}

    assert spoken == {each.value for each in vocabulary}


def test_the_same_value_in_two_vocabularies_has_two_messages():
    assert reasons.said(Reason.FUNCTION, plain) != reasons.said(Ground.FUNCTION, plain)


def test_the_sentence_names_the_clause_and_the_category():
    assert why(Standing.of(Category.ACADEMIA), "second_half", "attend") == (
        "resolves 6 does not name this category: Academia."
    )
    assert why(Standing.of(Category.ASSOCIATE), "second_half", "attend") == (
        "resolves 6 names this category: Associate."
    )


def test_the_sentence_names_the_function():
    assert why(Standing.of(Category.PUBLIC, Function.VICE_CHAIR), "second_half", "speak") == (
        "This is a service of the meeting: vice-chair."
    )


def test_where_nobody_is_named_the_sentence_blames_no_category():
    assert why(Standing.of(Category.MEMBER_STATE), "consultation", "raise_point_of_order") == (
        "Nobody is named for this right in this part of a meeting."
    )


def test_who_is_far_away_is_told_so():
    afar = Standing(Category.MEMBER_STATE, True, True, True, remote=True)

    assert why(afar, "second_half", "take_decisions") == (
        "Those who take part from afar do not take part in decisions."
    )


def test_someone_allowed_has_nothing_to_do():
    yes = decide(SPLIT, Standing.of(Category.MEMBER_STATE), Part.FIRST_HALF, Right.ATTEND)
    no = decide(SPLIT, Standing.of(Category.STAKEHOLDER), Part.SECOND_HALF, Right.ATTEND)

    assert reasons.remedy(yes, plain) == ""
    assert reasons.remedy(no, plain) == "Come to a part that is open to you."


@pytest.mark.parametrize("edition", BOOKS)
def test_every_decision_can_be_said_without_a_gap(edition):
    for part, right, category in product(Part, Right, Category):
        decision = decide(BOOKS[edition], Standing.of(category), part, right)
        said = reasons.sentence(decision, plain)
        assert said.endswith(".")
        assert "%" not in said


def test_sentences_go_through_the_catalogue():
    turn = i18n.translations(i18n.Language.MIRRORED).gettext
    said = reasons.said(Remedy.REGISTER, turn)

    assert said != reasons.said(Remedy.REGISTER, plain)
    assert said.startswith("[")
