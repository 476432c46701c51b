"""Every value that a page may name has a word for it."""

from enum import StrEnum

import pytest

from app.pages.answers import FACTS, IN_A_WORD, MAY
from app.pages.demo.outbox import KINDS
from app.pages.words import AUDIENCES, CATALOGUE, FAULTS, THOSE, said
from app.policy.attendance import AttendanceFault
from app.policy.badge import PictureFault
from app.policy.consultation import ConsultationFault
from app.policy.decision import ClauseKind, Fact, Reason
from app.policy.delegation import DelegationFault
from app.policy.documents import (
    DocumentClass,
    DocumentFault,
    DocumentReason,
    DocumentState,
    Relation,
)
from app.policy.edition import Status
from app.policy.filing import (
    FilingFault,
)
from app.policy.form import AnswerFault, FormFault
from app.policy.identity import IdentityFault
from app.policy.letters import LetterKind
from app.policy.nomination import LineFault, SheetFault
from app.policy.outcome import OutcomeFault
from app.policy.parameters import (
    Academia,
    Associates,
    Boundary,
    Invitation,
    Parameter,
    Precedence,
    Res99,
)
from app.policy.parts import Part, Right
from app.policy.people import Capacity, Category, Function, StakeholderGroup
from app.policy.personal import ListingFault
from app.policy.publication import PublicationFault
from app.policy.registration import (
    ClaimFault,
    Mode,
    Owner,
    RegistrationReason,
    RegistrationState,
    Step,
)
from app.policy.sitting import SittingState
from app.policy.text import TextFault
from app.policy.upload import FileFault

NAMED: tuple[type[StrEnum], ...] = (
    Part,
    Right,
    Category,
    Capacity,
    Function,
    StakeholderGroup,
    Fact,
    Reason,
    ClauseKind,
    Status,
    SittingState,
    RegistrationState,
    RegistrationReason,
    Step,
    Owner,
    Mode,
    DocumentClass,
    DocumentReason,
    DocumentState,
    Relation,
    Parameter,
    Boundary,
    Academia,
    Res99,
    Associates,
    Invitation,
    Precedence,
)


@pytest.mark.parametrize("kind", NAMED)
def test_every_value_has_a_word(kind: type[StrEnum]) -> None:
    assert [value for value in kind if not CATALOGUE.get((kind, value.value))] == []


def test_the_tables_by_value_are_complete() -> None:
    assert set(AUDIENCES) == set(Part)
    assert set(THOSE) == set(Category)
    assert set(MAY) == set(Right)
    assert set(FACTS) == set(Fact)
    assert set(KINDS) == set(LetterKind)
    assert set(IN_A_WORD) == {"yes", "later", "members", "no"}
    told = (
        *(TextFault, ClaimFault, IdentityFault, AttendanceFault, DelegationFault, SheetFault),
        *(LineFault, FormFault, AnswerFault, ListingFault, PictureFault, ConsultationFault),
        *(FilingFault, FileFault, PublicationFault, DocumentFault, OutcomeFault),
    )
    assert set(FAULTS) == {fault for kind in told for fault in kind}


def test_two_vocabularies_with_one_value_keep_their_own_words() -> None:
    def plain(message: str) -> str:
        return message

    assert said(Category.ACADEMIA, plain) == "Academia"
    assert said(Mode.REMOTE, plain) == "Remotely"
    assert said(RegistrationState.SUBMITTED, plain) == "Acknowledged, not yet confirmed"
    assert said(Step.SUBMITTED, plain) == "Registration received"
