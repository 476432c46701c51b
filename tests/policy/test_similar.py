import pytest

from app.policy.similar import Sent, groups, measure, runs, tally

LETTER = "We ask the group to keep the Internet open for everyone and to publish what it decides."
OTHER = "Landlocked countries pay most for connectivity, and exchange points would help them most."
CHINESE = "我们请求工作组保持互联网对所有人开放并公布其决定"


def found(*texts: str) -> list[list[int]]:
    made = groups({number: runs(text) for number, text in enumerate(texts, 1)})
    return [[each.number for each in group.members] for group in made]


def test_a_campaign_is_a_group_whatever_is_added_around_it():
    same = [f"{greeting} {LETTER}" for greeting in ("Hello.", "Dear sirs!", "", "HELLO")]
    assert found(*same, OTHER) == [[1, 2, 3, 4]]
    assert found(CHINESE, OTHER, CHINESE + "谢谢") == [[1, 3]]


def test_what_is_said_in_other_words_stands_alone():
    assert found(LETTER, OTHER, "We ask the group to close.", "", "") == []


def test_the_measure_is_what_the_page_says_it_is():
    one, other = runs("a b c d e f"), runs("a b c d e g")
    assert one == {"a b c d e", "b c d e f"}
    assert measure(one, other) == 1 / 3
    assert measure(one, one) == 1.0


def test_the_largest_group_comes_first_and_its_first_stands_for_all():
    assert found(LETTER, OTHER, OTHER, OTHER, LETTER) == [[2, 3, 4], [1, 5]]


def test_people_organizations_and_inputs_are_counted_each_for_themselves():
    made = tally(
        [
            Sent(1, "p", "Person of two hats", "a", "Association", 40),
            Sent(2, "p", "Person of two hats", "b", "Business", 19),
            Sent(3, "q", "", "b", "Business", 31),
            Sent(4, "r", "", "", "", 10),
        ]
    )
    assert (made.inputs, made.people, made.organizations, made.words) == (4, 3, 2, 100)
    assert made.most_by_one == pytest.approx(0.59)
    assert [(each.name, each.share, each.others) for each in made.persons] == [
        ("Person of two hats", 0.59, ("Association", "Business"))
    ]
    assert [(each.name, each.inputs, each.words) for each in made.bodies] == [
        ("Business", 2, 50),
        ("Association", 1, 40),
    ]
