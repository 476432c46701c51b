"""JavaScript's floor is Python's floor: from the same events the same picture and times."""

import pytest

from tests.vectors.make import caption_cases, cases

RETOLD = """
async (cases) => {
  const { apply } = await import("/floor.js");
  const { spoken } = await import("/clock.js");
  return cases.map(({ before, events, spoken: moments }) => {
    let floor = before;
    const after = events.map((event) => (floor = apply(floor, event)));
    const at = ([moment], told) => [
      moment, after[told].speaking && spoken(after[told].speaking, Date.parse(moment)),
    ];
    return { after, spoken: moments.map(at), before };
  });
}
"""
REFUSED = """
async ({ floor, event }) => {
  const { apply, Unreadable } = await import("/floor.js");
  try { apply(floor, event); } catch (error) { return error instanceof Unreadable; }
  return false;
}
"""


CAPTIONED = """
async (cases) => {
  const { apply } = await import("/caption_lines.js");
  return cases.map(({ half, events, told }) => {
    const heading = { speaker: null, item: null, source: "human", of: "caption" };
    const empty = { heading, lines: [] };
    return [events.reduce(apply, empty), events.slice(told).reduce(apply, half)];
  });
}
"""


async def test_javascript_makes_of_all_captions_what_python_makes(modules):
    told = caption_cases(100)

    heard = await modules.evaluate(CAPTIONED, told)

    assert heard == [[one["after"], one["after"]] for one in told]


async def test_javascript_makes_of_every_history_what_python_makes(modules):
    told = cases(300)

    heard = await modules.evaluate(RETOLD, told)

    assert [one["after"] for one in heard] == [one["after"] for one in told]
    for one, other in zip(heard, told, strict=True):
        assert one["before"] == other["before"], "a picture that was shown is never changed"
        assert [at for at, _ in one["spoken"]] == [at for at, _ in other["spoken"]]
        assert [spoken for _, spoken in one["spoken"]] == [
            None if spoken is None else pytest.approx(spoken, abs=0.002)
            for _, spoken in other["spoken"]
        ]


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "floor-sold", "body": {}},
        {"kind": "constructor", "body": {}},
        {"kind": "floor-given", "body": {"number": 7, "at": "2026-02-11T08:30:00Z"}},
    ],
)
async def test_an_event_that_fits_nothing_is_not_swallowed(modules, event):
    floor = {"state": "open", "list_open": True, "waiting": [], "speaking": None, "notices": []}

    assert await modules.evaluate(REFUSED, {"floor": floor, "event": event})
