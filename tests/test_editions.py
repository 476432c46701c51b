"""An edition is one data file; a fault in it is named by file and key path, at start."""

import hashlib
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import editions
from app.policy.access import decide
from app.policy.decision import ClauseKind
from app.policy.parameters import Boundary, LeadTimes, Precedence
from app.policy.parts import Part, Right
from app.policy.people import Category, Standing

PROPOSAL = (editions.FOLDER / "eur-44a4-2022.toml").read_text(encoding="utf-8")


def fault(text, name="eur-44a4-2022.toml"):
    with pytest.raises(editions.Fault) as raised:
        editions.read(text, name)
    return str(raised.value)


def changed(before, after):
    """The proposal with one passage rewritten, wherever it first stands."""
    assert before in PROPOSAL
    return PROPOSAL.replace(before, after, 1)


SECOND_ATTEND = """\
[grants.second_half]
attend = { clause = "resolves-6", categories = ["member_state", "sector_member", "associate"] }"""


def test_there_are_three_editions_the_oldest_first():
    books = editions.load()

    assert {name: book.status.value for name, book in books.items()} == {
        "dubai-2018": "superseded",
        "bucharest-2022": "in-force",
        "eur-44a4-2022": "proposed",
    }
    assert list(books) == ["dubai-2018", "bucharest-2022", "eur-44a4-2022"]
    assert editions.DEFAULT == "eur-44a4-2022"


def test_a_pinned_text_is_read_without_its_file():
    book = editions.read(PROPOSAL, "pinned")

    assert book == editions.load()["eur-44a4-2022"]
    assert book.text == PROPOSAL


def test_the_digest_is_that_of_the_text():
    expected = hashlib.sha256(PROPOSAL.encode()).hexdigest()

    assert editions.digest(PROPOSAL) == expected
    assert editions.read(PROPOSAL).digest == expected


def test_the_parameters_of_the_proposal():
    parameters = editions.read(PROPOSAL).parameters

    assert parameters.boundary is Boundary.NEAREST_HALF
    assert parameters.lead_times == LeadTimes(21, 2)
    assert parameters.precedence is Precedence.ORDINARY
    assert parameters.remote_may_decide is False


def test_the_proposal_tells_how_every_ambiguity_is_settled():
    book = editions.read(PROPOSAL)

    assert list(book.settled) == [f"A{number}" for number in range(1, 21)]
    assert book.clauses["A5"].kind is ClauseKind.SETTLED
    assert book.clauses["A5"].paraphrase == book.settled["A5"]


@pytest.mark.parametrize("name", ["dubai-2018", "bucharest-2022", "eur-44a4-2022"])
def test_every_clause_written_down_is_cited_somewhere(name):
    book = editions.load()[name]
    rules = book.rules.values()
    cited = {rule.clause.id for rule in rules}
    cited |= {grant.clause.id for rule in rules for grant in rule.named.values()}
    cited |= {book.basis.id, book.service.clause.id, book.invited.clause.id}

    assert {each.id for each in book.clauses.values() if each.id not in book.settled} <= cited


def test_another_edition_is_one_more_file(tmp_path):
    invented = changed('id = "eur-44a4-2022"', 'id = "invented-2030"')
    invented = invented.replace("year = 2022", "year = 2030")
    (tmp_path / "invented-2030.toml").write_text(invented, encoding="utf-8")
    (tmp_path / "eur-44a4-2022.toml").write_text(PROPOSAL, encoding="utf-8")

    assert list(editions.load(tmp_path)) == ["eur-44a4-2022", "invented-2030"]


def test_an_edition_under_a_false_name_is_refused(tmp_path):
    (tmp_path / "other.toml").write_text(PROPOSAL, encoding="utf-8")

    with pytest.raises(editions.Fault) as raised:
        editions.load(tmp_path)
    assert str(raised.value) == 'other.toml: id: "eur-44a4-2022" is not the name of the file'


def test_a_switch_in_the_text_takes_effect():
    book = editions.read(changed('A7 = "not-named"', 'A7 = "named"'))
    academic = Standing.of(Category.ACADEMIA)

    assert decide(book, academic, Part.SECOND_HALF, Right.ATTEND).clause.label == "A7"


CATEGORIES = (
    "all, member_state, sector_member, associate, academia, res_99, un_organization, "
    "intergovernmental_organization, stakeholder, public"
)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            SECOND_ATTEND,
            SECOND_ATTEND.replace('"associate"', '"associates"'),
            (
                "grants.second_half.attend.categories[2]: "
                f'unknown category "associates"; one of {CATEGORIES}'
            ),
        ),
        (
            SECOND_ATTEND,
            SECOND_ATTEND.replace('"associate"', '"member_state"'),
            'grants.second_half.attend.categories[2]: "member_state" is there twice',
        ),
        (
            SECOND_ATTEND,
            SECOND_ATTEND.replace('"associate"', '"public"'),
            "grants.second_half.attend.categories[2]: the public may read, and nothing else",
        ),
        (
            SECOND_ATTEND,
            SECOND_ATTEND.replace("attend =", "atend ="),
            (
                "grants.second_half.atend: unknown key; one of attend, speak, read, "
                "raise_point_of_order, file_input, comment, file_contribution, take_decisions"
            ),
        ),
        (
            SECOND_ATTEND,
            "[grants.second_half]",
            "grants.second_half.attend: missing",
        ),
        (
            SECOND_ATTEND,
            SECOND_ATTEND.replace("resolves-6", "resolves-7"),
            'grants.second_half.attend.clause: unknown clause "resolves-7"; one of resolves-6, '
            "council-1-b3, council-1-b4, sg-9, ms-sm-2, res-99, service, "
            + ", ".join(f"A{number}" for number in range(1, 21)),
        ),
        (
            SECOND_ATTEND,
            SECOND_ATTEND.replace(" }", ', refused = "not-in-this-part" }'),
            "grants.second_half.attend.refused: somebody has this right in this part",
        ),
        (
            SECOND_ATTEND,
            SECOND_ATTEND.replace(" }", ', refused = "not-today" }'),
            (
                'grants.second_half.attend.refused: unknown reason "not-today"; '
                "one of not-named, not-in-this-part"
            ),
        ),
        (
            SECOND_ATTEND,
            SECOND_ATTEND.replace(
                'categories = ["member_state", "sector_member", "associate"]', "categories = 3"
            ),
            "grants.second_half.attend.categories: a list is expected",
        ),
        (
            "[grants.second_half]",
            "[grants.third_half]",
            "grants.third_half: unknown key; one of consultation, first_half, second_half",
        ),
        (
            'parts = ["consultation", "first_half", "second_half"]',
            'parts = ["consultation", "first_half", "last_half"]',
            (
                'parts[2]: unknown part "last_half"; '
                "one of consultation, first_half, second_half, whole"
            ),
        ),
        (
            'parts = ["consultation", "first_half", "second_half"]',
            'parts = ["consultation", "first_half", "first_half"]',
            'parts[2]: "first_half" is there twice',
        ),
        ('basis = "resolves-6"', "basis = 6", "basis: a text is expected"),
        ('title = "Proposal', 'titel = "Proposal', None),
        (
            'status = "proposed"',
            'status = "adopted"',
            'status: unknown status "adopted"; one of proposed, in-force, superseded',
        ),
        ("year = 2022", "year = -1", "year: must not be negative"),
        ("year = 2022", "year = true", "year: a whole number is expected"),
        ("year = 2022", 'year = "2022"', "year: a whole number is expected"),
        ('label = "resolves 6"', 'label = " "', "clauses.resolves-6.label: is empty"),
        (
            'kind = "instrument"',
            'kind = "hearsay"',
            'clauses.res-99.kind: unknown kind "hearsay"; one of text, instrument, settled',
        ),
        (
            "[clauses.service]",
            "[clauses.A5]",
            "clauses.A5: this name is kept for what is settled",
        ),
        (
            'A1 = "nearest-half"',
            'A1 = "noon"',
            'parameters.A1: unknown value "noon"; one of nearest-half, stated',
        ),
        (
            'A19 = "ordinary"',
            'A20 = "ordinary"',
            "parameters.A20: unknown key; one of A1, A7, A8, A9, A10, A12, A19, remote_may_decide",
        ),
        ('A19 = "ordinary"\n', "", "parameters.A19: missing"),
        (
            "online_before_physical = 21",
            "online_before_physical = 21.5",
            "parameters.A12.online_before_physical: a whole number is expected",
        ),
        (
            "A12 = { online_before_physical = 21, physical_before_meeting = 2 }",
            "A12 = 21",
            "parameters.A12: a table is expected",
        ),
        (
            "remote_may_decide = false",
            'remote_may_decide = "no"',
            "parameters.remote_may_decide: true or false is expected",
        ),
        (
            'parameter = "A7"',
            'parameter = "A1"',
            'alternatives[0].parameter: unknown parameter "A1"; one of A7, A8, A9',
        ),
        (
            'value = "named"',
            'value = "maybe"',
            'alternatives[0].value: unknown value "maybe"; one of not-named, named',
        ),
        (
            'rights = ["file_contribution"]',
            'rights = ["file_contributions"]',
            (
                'alternatives[2].rights[0]: unknown right "file_contributions"; one of attend, '
                "speak, read, raise_point_of_order, file_input, comment, file_contribution, "
                "take_decisions"
            ),
        ),
        (
            'categories = ["academia"]',
            'categories = ["public"]',
            (
                'alternatives[0].categories[0]: unknown category "public"; one of member_state, '
                "sector_member, associate, academia, res_99, un_organization, "
                "intergovernmental_organization, stakeholder"
            ),
        ),
        (
            'capacity = "observer"',
            'capacity = "guest"',
            (
                'alternatives[1].capacity: unknown capacity "guest"; '
                "one of delegate, observer, expert, individual"
            ),
        ),
        (
            'reason = "res-99"',
            'reason = "invitation"',
            'alternatives[1].reason: unknown reason "invitation"; one of named, res-99',
        ),
        (
            'value = "observer"',
            'value = "not-named"',
            'parameters.A8: "observer" has no entry in alternatives that grants anything',
        ),
        (
            'steward = ["attend", "read"]',
            'stewart = ["attend", "read"]',
            (
                "functions.stewart: unknown key; one of clause, chair, vice_chair, secretariat, "
                "moderator, captioner, interpreter, steward"
            ),
        ),
        (
            '[invitation]\nclause = "A10"\nparts = ["second_half"]',
            '[invitation]\nclause = "A10"\nparts = ["whole"]',
            (
                'invitation.parts[0]: unknown part "whole"; '
                "one of consultation, first_half, second_half"
            ),
        ),
        (
            "A20 = ",
            "A21 = ",
            "settled.A21: unknown key; one of "
            + ", ".join(f"A{number}" for number in range(1, 21)),
        ),
    ],
)
def test_a_fault_is_named_by_file_and_key_path(before, after, told):
    said = fault(changed(before, after))

    if told is None:
        assert said.startswith("eur-44a4-2022.toml: titel: unknown key; one of id, year, title")
    else:
        assert said == f"eur-44a4-2022.toml: {told}"


def test_what_is_not_even_the_format_is_named_by_file_and_line():
    assert fault("id = ", "broken.toml") == "broken.toml: Invalid value (at end of document)"


def test_an_empty_text_lacks_everything_and_says_what_first():
    assert fault("", "empty.toml") == "empty.toml: id: missing"


def test_an_edition_may_do_without_alternatives():
    head, _, rest = PROPOSAL.partition("[[alternatives]]")
    text = head + rest[rest.index("[functions]") :]
    book = editions.read(text.replace('A8 = "observer"', 'A8 = "not-named"'))
    observer = Standing.of(Category.RES_99)

    assert decide(book, observer, Part.SECOND_HALF, Right.ATTEND).reason == "not-named"


def paths(value, path=()):
    """The path of every value in a text that is neither a table nor a list."""
    if isinstance(value, dict):
        return [found for key, each in value.items() for found in paths(each, (*path, key))]
    if isinstance(value, list):
        return [found for key, each in enumerate(value) for found in paths(each, (*path, key))]
    return [path]


@given(st.sampled_from(paths(tomllib.loads(PROPOSAL))))
def test_a_wrong_type_anywhere_is_refused_with_its_path(path):
    value = tomllib.loads(PROPOSAL)
    node = value
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = 1.5

    with pytest.raises(editions.Fault) as raised:
        editions._edition(editions._Node("f.toml", "", value), "")

    keys = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")
    assert str(raised.value).startswith(f"f.toml: {keys}: ")


@given(st.text())
def test_whatever_the_text_is_it_is_read_or_refused(text):
    with pytest.raises(editions.Fault):
        editions.read(text)
