"""What the terminal says of a change, where the picture decides how it is said."""

from datetime import UTC, datetime

import pytest

from app.client.picture import Told
from app.client.wording import sentence
from app.i18n import Language, translations
from app.policy.floor import Floor, Item, Request, RequestKind, RequestMoved, Speaker, apply
from app.policy.people import Capacity, Category

NOON = datetime(2026, 2, 11, 11, 0, tzinfo=UTC)
BEFORE = Floor(
    item=Item(5, "Access"),
    waiting=tuple(
        Request(
            number,
            RequestKind.INTERVENTION,
            Speaker(f"Microphone {number}", "", Capacity.INDIVIDUAL, Category.PUBLIC, remote=False),
            NOON,
            item=item,
        )
        for number, item in ((1, 4), (2, 5), (3, 4), (4, 5))
    ),
)


@pytest.mark.parametrize(
    ("number", "place", "said"),
    [
        (4, 1, "The chair has moved Microphone 4: place 1."),
        (2, 3, "The chair has moved Microphone 2: place 2."),
        (3, 0, "The chair has moved Microphone 3 in the list of another item."),
    ],
)
def test_a_move_is_told_by_the_place_in_the_list_that_is_shown(number, place, said):
    event = RequestMoved(number, place)
    told = Told(event, "room", 1, NOON, late=False, before=BEFORE)

    assert sentence(told, apply(BEFORE, event), translations(Language.ENGLISH)) == said
