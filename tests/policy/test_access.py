"""What someone is told who is not simply of the right category with every paper in order."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import editions
from app.policy.access import decide
from app.policy.decision import (
    Allowed,
    Decision,
    Denied,
    Fact,
    Ground,
    Reason,
    Remedy,
    denied,
    record,
)
from app.policy.parameters import Academia, Associates, Invitation, Res99
from app.policy.parts import Part, Right
from app.policy.people import Capacity, Category, Function, Standing

BOOKS = editions.load()
SPLIT = BOOKS["eur-44a4-2022"]
MEMBERS_ONLY = BOOKS["bucharest-2022"]

DELEGATE = Standing.of(Category.MEMBER_STATE)
STAKEHOLDER = Standing.of(Category.STAKEHOLDER)
STRANGER = Standing.of(Category.PUBLIC)
ACADEMIC = Standing.of(Category.ACADEMIA)

PRESIDING = [Function.CHAIR, Function.VICE_CHAIR, Function.SECRETARIAT]
HELPING = [Function.MODERATOR, Function.CAPTIONER, Function.INTERPRETER, Function.STEWARD]


def may(standing, part, right, edition=SPLIT):
    return decide(edition, standing, Part(part), Right(right))


def told(standing, part, right, edition=SPLIT):
    decision = may(standing, part, right, edition)
    return decision.reason.value, decision.remedy.value


# The order in which obstacles are told.


@pytest.mark.parametrize(
    ("lacking", "reason", "remedy"),
    [
        ({"identified": False, "registered": False}, "not-identified", "sign-in"),
        ({"registered": False, "approved": False}, "not-registered", "register"),
        ({"approved": False, "opened": False}, "not-approved", "await-approval"),
        ({"opened": False}, "not-yet-open", "wait-for-opening"),
    ],
)
def test_someone_named_is_told_the_first_paper_that_is_missing(lacking, reason, remedy):
    assert told(replace(DELEGATE, **lacking), "second_half", "attend") == (reason, remedy)


def test_someone_not_named_is_never_sent_to_register():
    nobody_yet = Standing(Category.STAKEHOLDER, identified=True)

    assert told(nobody_yet, "second_half", "attend") == ("not-named", "attend-open-part")
    assert told(nobody_yet, "first_half", "attend") == ("not-registered", "register")


def test_a_part_that_does_not_exist_is_told_before_anything_else():
    chair = Standing.of(Category.MEMBER_STATE, Function.CHAIR)

    assert told(chair, "whole", "attend") == ("no-such-part", "attend-open-part")
    assert told(STRANGER, "whole", "attend") == ("no-such-part", "none")


def test_all_that_is_missing_is_listed_and_all_that_was_found():
    decision = may(Standing(Category.MEMBER_STATE, identified=True), "first_half", "attend")

    assert decision.missing == (Fact.REGISTRATION, Fact.APPROVAL)
    assert decision.used == (Fact.CATEGORY, Fact.IDENTITY, Fact.MEMBERSHIP, Fact.OPENING)


def test_documents_can_be_read_before_the_room_opens():
    early = replace(DELEGATE, opened=False)

    assert told(early, "second_half", "read") == ("named", "none")
    assert told(early, "second_half", "attend") == ("not-yet-open", "wait-for-opening")


@pytest.mark.parametrize("right", ["file_input", "comment"])
def test_an_input_needs_a_name_and_no_registration(right):
    assert told(Standing(Category.STAKEHOLDER, identified=True), "first_half", right) == (
        "named",
        "none",
    )


# What is open to everyone.


@pytest.mark.parametrize("part", ["consultation", "first_half"])
def test_the_open_parts_can_be_read_by_anyone_in_any_state(part):
    unregistered = Standing(Category.ASSOCIATE, identified=True)

    assert told(STRANGER, part, "read") == ("public", "none")
    assert told(unregistered, part, "read") == ("public", "none")


def test_the_public_is_asked_who_it_is_only_where_a_name_would_help():
    assert told(STRANGER, "first_half", "attend") == ("not-identified", "sign-in")
    assert told(STRANGER, "second_half", "attend") == ("not-identified", "register-for-entity")
    assert told(STRANGER, "consultation", "raise_point_of_order") == ("not-named", "none")
    assert told(STRANGER, "second_half", "comment") == ("not-in-this-part", "none")


# What is left to those who are not named.


@pytest.mark.parametrize(
    ("standing", "part", "right", "remedy"),
    [
        (ACADEMIC, "second_half", "attend", "attend-open-part"),
        (STAKEHOLDER, "first_half", "take_decisions", "send-written-input"),
        (DELEGATE, "consultation", "take_decisions", "another-part"),
        (STAKEHOLDER, "second_half", "comment", "another-part"),
    ],
)
def test_a_denial_says_what_can_be_done_instead(standing, part, right, remedy):
    assert may(standing, part, right).remedy == remedy


def test_a_denial_cites_the_clause_that_names_the_others():
    decision = may(ACADEMIC, "second_half", "attend")

    assert (decision.clause.label, decision.edition) == ("resolves 6", "eur-44a4-2022")
    assert decision.missing == (Fact.CATEGORY,)
    assert decision.elsewhere == (Part.CONSULTATION, Part.FIRST_HALF)
    assert decision.named == (
        Category.MEMBER_STATE,
        Category.SECTOR_MEMBER,
        Category.ASSOCIATE,
        Category.RES_99,
    )


def test_where_nobody_is_named_no_category_would_help():
    decision = may(DELEGATE, "consultation", "raise_point_of_order")

    assert (decision.reason, decision.named, decision.missing) == ("not-named", (), ())


# Membership.


def test_an_ended_membership_takes_away_what_it_gave():
    former = replace(Standing.of(Category.SECTOR_MEMBER), membership_ended=True)

    assert told(former, "second_half", "attend") == ("membership-ended", "ask-entity-to-join")
    assert may(former, "second_half", "attend").elsewhere == (Part.CONSULTATION, Part.FIRST_HALF)


def test_an_ended_membership_leaves_what_is_open_to_every_stakeholder():
    former = replace(Standing.of(Category.SECTOR_MEMBER), membership_ended=True)
    decision = may(former, "first_half", "attend")

    assert (decision.reason, decision.category) == ("named", Category.STAKEHOLDER)


def test_a_stakeholder_has_no_membership_to_lose():
    former = replace(STAKEHOLDER, membership_ended=True)

    assert told(former, "first_half", "attend") == ("named", "none")
    assert told(former, "second_half", "attend") == ("not-named", "attend-open-part")


def test_who_was_never_named_is_not_told_of_a_membership():
    former = replace(Standing.of(Category.ACADEMIA), membership_ended=True)

    assert told(former, "second_half", "attend") == ("not-named", "attend-open-part")


# Functions.


@pytest.mark.parametrize("function", Function)
@pytest.mark.parametrize("part", SPLIT.parts)
def test_a_function_attends_and_reads_every_part_of_its_meeting(function, part):
    servant = Standing(Category.PUBLIC, functions=frozenset({function}), opened=False)

    for right in (Right.ATTEND, Right.READ):
        decision = decide(SPLIT, servant, part, right)
        assert isinstance(decision, Allowed)
        assert (decision.reason, decision.ground) == (Reason.FUNCTION, Ground.FUNCTION)
        assert (decision.function, decision.clause.id) == (function, "service")


@pytest.mark.parametrize("part", SPLIT.parts)
def test_only_those_who_preside_or_assist_speak_by_function(part):
    def speaks(function):
        return bool(may(Standing(Category.PUBLIC, functions=frozenset({function})), part, "speak"))

    assert [each for each in Function if speaks(each)] == PRESIDING
    assert [each for each in Function if not speaks(each)] == HELPING


def test_of_several_functions_one_that_has_the_right_is_named():
    both = Standing.of(Category.PUBLIC, Function.CAPTIONER, Function.SECRETARIAT)

    assert may(both, "second_half", "speak").function == Function.SECRETARIAT


def test_a_function_gives_no_say_in_decisions():
    chair = Standing.of(Category.STAKEHOLDER, Function.CHAIR)

    assert told(chair, "second_half", "take_decisions") == ("not-named", "send-written-input")


# Invitations.


@pytest.mark.parametrize("right", ["attend", "speak", "read"])
@pytest.mark.parametrize(("edition", "part"), [(SPLIT, "second_half"), (MEMBERS_ONLY, "whole")])
def test_an_invited_expert_attends_speaks_and_reads(edition, part, right):
    decision = may(replace(STAKEHOLDER, invited=True), part, right, edition)

    assert isinstance(decision, Allowed)
    assert (decision.reason, decision.ground) == (Reason.INVITATION, Ground.INVITATION)
    assert (decision.clause.label, decision.capacity) == ("A10", Capacity.EXPERT)


@pytest.mark.parametrize("right", ["take_decisions", "raise_point_of_order", "file_contribution"])
def test_an_invitation_gives_nothing_else(right):
    assert may(replace(STAKEHOLDER, invited=True), "second_half", right).reason == "not-named"


def test_an_invitation_opens_no_room_before_its_time():
    early = replace(STAKEHOLDER, invited=True, opened=False)

    assert told(early, "second_half", "attend") == ("not-yet-open", "wait-for-opening")
    assert told(early, "second_half", "read") == ("invitation", "none")


def test_an_edition_may_know_no_invitations():
    strict = replace(SPLIT, parameters=replace(SPLIT.parameters, invitation=Invitation.NONE))

    assert may(replace(STAKEHOLDER, invited=True), "second_half", "attend", strict).reason == (
        "not-named"
    )


# The answers that an edition may give otherwise.


def settled(**answers):
    return replace(SPLIT, parameters=replace(SPLIT.parameters, **answers))


def test_academia_may_be_named_in_the_second_half():
    otherwise = settled(academia=Academia.NAMED)

    assert may(ACADEMIC, "second_half", "attend", otherwise).clause.label == "A7"
    assert told(ACADEMIC, "second_half", "attend", otherwise) == ("named", "none")
    assert told(ACADEMIC, "second_half", "file_contribution", otherwise)[0] == "not-named"


def test_resolution_99_may_be_left_to_the_words_of_the_clause():
    otherwise = settled(res_99=Res99.NOT_NAMED)
    observer = Standing.of(Category.RES_99)

    assert told(observer, "second_half", "attend", otherwise)[0] == "not-named"
    assert told(observer, "first_half", "attend", otherwise) == ("named", "none")


def test_associates_may_be_let_file_contributions():
    otherwise = settled(associates=Associates.CONTRIBUTIONS)
    associate = Standing.of(Category.ASSOCIATE)

    assert told(associate, "first_half", "file_contribution")[0] == "not-named"
    assert told(associate, "first_half", "file_contribution", otherwise) == ("named", "none")


def test_who_takes_part_from_afar_decides_only_where_the_edition_says_so():
    afar = replace(DELEGATE, remote=True)
    decision = may(afar, "second_half", "take_decisions")

    assert (decision.reason, decision.missing, decision.remedy) == (
        "not-named",
        (Fact.PRESENCE,),
        "attend-in-person",
    )
    assert may(afar, "second_half", "speak").reason == "named"
    assert may(afar, "second_half", "take_decisions", settled(remote_may_decide=True)).reason == (
        "named"
    )


# What a decision is.


def test_an_allowance_lacks_nothing_and_asks_for_nothing():
    decision = may(DELEGATE, "second_half", "attend")

    assert (bool(decision), decision.missing, decision.remedy) == (True, (), Remedy.NONE)


def test_a_decision_in_plain_values():
    assert record(may(STAKEHOLDER, "second_half", "attend")) == {
        "allowed": False,
        "edition": "eur-44a4-2022",
        "part": "second_half",
        "right": "attend",
        "category": "stakeholder",
        "clause": "resolves 6",
        "clause_id": "resolves-6",
        "clause_kind": "text",
        "paraphrase": SPLIT.clauses["resolves-6"].paraphrase,
        "reason": "not-named",
        "facts_used": ["category"],
        "facts_missing": ["category"],
        "remedy": "attend-open-part",
        "named": ["member_state", "sector_member", "associate", "res_99"],
        "elsewhere": ["consultation", "first_half"],
    }
    assert record(may(Standing.of(Category.PUBLIC, Function.CHAIR), "second_half", "speak")) == {
        "allowed": True,
        "edition": "eur-44a4-2022",
        "part": "second_half",
        "right": "speak",
        "category": "public",
        "clause": "service of the meeting",
        "clause_id": "service",
        "clause_kind": "settled",
        "paraphrase": SPLIT.clauses["service"].paraphrase,
        "reason": "function",
        "facts_used": ["function"],
        "facts_missing": [],
        "remedy": "none",
        "ground": "function",
        "function": "chair",
        "capacity": None,
    }


# What holds for everyone, in every edition.

books = st.sampled_from(list(BOOKS.values()))
parts = st.sampled_from(Part)
rights = st.sampled_from(Right)
functions = st.frozensets(st.sampled_from(Function), max_size=3)
standings = st.builds(
    Standing,
    category=st.sampled_from(Category),
    identified=st.booleans(),
    registered=st.booleans(),
    approved=st.booleans(),
    functions=functions,
    invited=st.booleans(),
    membership_ended=st.booleans(),
    opened=st.booleans(),
    remote=st.booleans(),
)
audience = standings.map(lambda each: replace(each, functions=frozenset(), invited=False))


@given(books, standings, parts, rights)
def test_every_question_gets_one_answer_that_cites_a_clause_of_the_edition(
    book, standing, part, right
):
    decision = decide(book, standing, part, right)

    assert isinstance(decision, Decision)
    assert decision == decide(book, standing, part, right)
    assert (decision.edition, decision.part, decision.right) == (book.id, part, right)
    assert book.clauses[decision.clause.id] == decision.clause


@given(books, standings, parts, rights)
def test_a_denial_survives_being_written_down(book, standing, part, right):
    decision = decide(book, standing, part, right)

    if not decision:
        assert denied(record(decision)) == decision


@given(books, audience, parts, rights)
def test_nobody_of_the_audience_is_allowed_what_the_edition_does_not_grant(
    book, standing, part, right
):
    if decide(book, standing, part, right):
        named = book.rules[part, right].named
        assert (
            standing.category in named
            or Category.PUBLIC in named
            or (standing.membership_ended and Category.STAKEHOLDER in named)
        )


@given(books, standings, parts, rights)
def test_an_edition_that_grants_nothing_allows_nobody_of_the_audience(book, standing, part, right):
    empty = replace(book, granted={}, alternatives=())
    decision = decide(empty, replace(standing, functions=frozenset(), invited=False), part, right)

    assert isinstance(decision, Denied)


@given(books, standings, parts, rights, st.sampled_from(Function))
def test_a_function_never_takes_a_right_away(book, standing, part, right, function):
    more = replace(standing, functions=standing.functions | {function})

    assert bool(decide(book, more, part, right)) >= bool(decide(book, standing, part, right))


@given(
    books,
    standings,
    parts,
    rights,
    st.sampled_from(["identified", "registered", "approved", "invited", "opened"]),
)
def test_losing_a_paper_never_adds_a_right(book, standing, part, right, paper):
    less = replace(standing, **{paper: False})

    assert bool(decide(book, less, part, right)) <= bool(decide(book, standing, part, right))


@given(books, standings, parts, rights, st.sampled_from(["membership_ended", "remote"]))
def test_losing_membership_or_going_away_never_adds_a_right(book, standing, part, right, loss):
    before, after = replace(standing, **{loss: False}), replace(standing, **{loss: True})

    assert bool(decide(book, after, part, right)) <= bool(decide(book, before, part, right))


@given(books, audience, parts, rights)
def test_the_public_never_gets_more_than_to_read(book, standing, part, right):
    stranger = replace(standing, category=Category.PUBLIC)

    assert bool(decide(book, stranger, part, right)) <= (right is Right.READ)


@given(books, standings, parts)
def test_nobody_but_a_member_state_takes_decisions(book, standing, part):
    if decide(book, standing, part, Right.TAKE_DECISIONS):
        assert standing.category is Category.MEMBER_STATE


@given(audience, st.sampled_from([Right.ATTEND, Right.SPEAK, Right.READ]))
def test_whoever_may_be_in_the_second_half_may_be_in_the_first(standing, right):
    second = decide(SPLIT, standing, Part.SECOND_HALF, right)
    first = decide(SPLIT, standing, Part.FIRST_HALF, right)

    assert bool(second) <= bool(first)


@given(books, standings, rights)
def test_a_part_that_an_edition_does_not_have_admits_nobody(book, standing, right):
    for part in set(Part) - set(book.parts):
        assert decide(book, standing, part, right).reason is Reason.NO_SUCH_PART


@given(books, standings, parts, rights)
def test_a_remedy_is_told_only_to_those_who_are_denied(book, standing, part, right):
    decision = decide(book, standing, part, right)
    denials = set(Reason) - {
        Reason.NAMED,
        Reason.PUBLIC,
        Reason.RES_99,
        Reason.FUNCTION,
        Reason.INVITATION,
    }

    assert (decision.reason in denials) is not bool(decision)
    assert not (decision and decision.remedy is not Remedy.NONE)
