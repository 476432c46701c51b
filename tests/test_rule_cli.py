"""``cwg rule``, as people and programs use it."""

import json

import pytest
from typer.testing import CliRunner

from app import editions
from app.rule_cli import rule

CATEGORY = "--category"


def run(*words):
    return CliRunner().invoke(rule, list(words))


def asked(category, part, right, *more):
    return run("decide", CATEGORY, category, "--part", part, "--right", right, *more)


def test_the_table_lists_every_combination_once():
    printed = run("table", "--edition", "eur-44a4-2022", "--json")
    rows = json.loads(printed.stdout)

    assert (printed.exit_code, len(rows)) == (0, 4 * 8 * 9)
    assert len({(row["part"], row["right"], row["category"]) for row in rows}) == 4 * 8 * 9
    assert rows[0] == {
        "part": "consultation",
        "right": "attend",
        "category": "member_state",
        "allowed": True,
        "clause": "Council 1 b3",
        "reason": "named",
    }


def test_the_table_for_a_reader_has_one_line_for_a_right():
    printed = run("table")
    lines = printed.stdout.splitlines()

    assert lines[0] == ("eur-44a4-2022: Proposal EUR/44A4/1 to revise Resolution 102 (proposed)")
    assert (
        "second_half   attend                yes  yes  yes  -    obs  -    -    -    -    "
        "resolves 6, Res. 99" in lines
    )
    assert len(lines) == 2 + 1 + 3 * 8 + 1 + 2


def test_a_denial_ends_with_one_and_says_why():
    printed = asked("academia", "second_half", "attend")

    assert printed.exit_code == 1
    assert printed.stdout.splitlines()[:3] == [
        "Denied: attend, second half, Academia",
        "",
        "Why         resolves 6 does not name this category: Academia.",
    ]


def test_an_allowance_ends_with_nought():
    printed = asked("associate", "second_half", "attend")

    assert printed.exit_code == 0
    assert printed.stdout.startswith("Allowed: attend, second half, Associate\n")


def test_a_decision_for_a_program():
    printed = asked("stakeholder", "whole", "attend", "--edition", "dubai-2018", "--json")
    said = json.loads(printed.stdout)

    assert printed.exit_code == 1
    assert (said["allowed"], said["reason"], said["clause"], said["edition"]) == (
        False,
        "not-named",
        "Council Res. 1336",
        "dubai-2018",
    )
    assert said["sentence"] == "Council Res. 1336 does not name this category: stakeholder."


def test_a_function_can_be_asked_about():
    printed = asked("public", "second_half", "read", "--function", "captioner", "--json")

    assert (printed.exit_code, json.loads(printed.stdout)["ground"]) == (0, "function")


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (("visitor", "whole", "attend"), "intergovernmental_organization"),
        (("public", "third_half", "attend"), "second_half"),
        (("public", "whole", "dance"), "raise_point_of_order"),
        (("public", "whole", "attend", "--edition", "atlantis"), "bucharest-2022"),
    ],
)
def test_a_name_that_is_unknown_ends_with_two_and_lists_those_that_are(words, known):
    printed = asked(*words)

    assert printed.exit_code == 2
    assert known in printed.output


def test_a_comparison_says_who_gains_what_and_by_which_clause():
    printed = run("compare", "bucharest-2022", "eur-44a4-2022")

    assert printed.exit_code == 0
    assert [
        " ".join(line.split()) for line in printed.stdout.splitlines() if line.startswith("second")
    ] == [
        "second half attend gained by Sector Member, Associate (resolves 6)",
        "second half speak gained by Sector Member, Associate (resolves 6)",
        "second half read the documents gained by Sector Member, Associate (resolves 6)",
    ]


def test_a_comparison_for_a_program():
    changes = json.loads(run("compare", "eur-44a4-2022", "dubai-2018", "--json").stdout)
    academic = next(
        each for each in changes if (each["category"], each["right"]) == ("academia", "attend")
    )

    assert (academic["part"], academic["change"]) == ("first_half", "lost")
    assert academic["after"] == {
        "part": "whole",
        "right": "attend",
        "category": "academia",
        "allowed": False,
        "clause": "Council Res. 1336",
        "reason": "not-named",
    }


def test_where_nothing_changes_it_says_so():
    printed = run("compare", "dubai-2018", "bucharest-2022")

    assert (printed.exit_code, printed.stdout) == (0, "Nothing changes for anyone.\n")
    assert json.loads(run("compare", "dubai-2018", "bucharest-2022", "--json").stdout) == []


def test_a_comparison_with_an_unknown_edition_ends_with_two():
    printed = run("compare", "dubai-2018", "atlantis")

    assert printed.exit_code == 2
    assert "eur-44a4-2022" in printed.output


def test_a_faulty_file_ends_with_two_and_names_it(tmp_path, monkeypatch):
    (tmp_path / "odd.toml").write_text("id = 1")
    monkeypatch.setattr(editions.load, "__defaults__", (tmp_path,))
    printed = run("table")

    assert (printed.exit_code, printed.stderr) == (2, "odd.toml: year: missing\n")
