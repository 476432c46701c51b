"""Published inputs for people: a round's, one by its number, in numbers; searched; and as feeds."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal, TypeVar

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, BeforeValidator
from starlette.responses import HTMLResponse, Response, StreamingResponse

from app.database import load
from app.depends import Reading
from app.downloads import attachment
from app.i18n import Language, countries, words
from app.i18n import named as language_name
from app.models import Consultation, Meeting, Question
from app.package import published as sheet
from app.package.published import Feed, Item
from app.package.sheets import CSV, csv_of
from app.pages.portal.cases import venue
from app.pages.reader import Reader, ReaderIn
from app.pages.words import CATEGORIES, GROUPS, REGIONS, Say
from app.pages.words import said as value_said
from app.policy.outcome import DispositionKind
from app.policy.people import Category, StakeholderGroup
from app.policy.publication import FILE, FREE, MARK, QUESTION, SUMMARY, Ground, Translated
from app.policy.search import Cursor
from app.policy.similar import RUN, THRESHOLD
from app.services import campaigns, citations, compiled, outcome, publication
from app.services.outcome import Answer
from app.services.publication import LANGUAGES, Filter, Published

router = APIRouter()
PER_PAGE: Final = 20
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
SUMMARY_SAID: Final = words("Summary")
FREE_SAID: Final = words("What else was said")
QUESTION_SAID: Final = words("Question %(number)s")
NO_ANSWER: Final = words("No answer yet")
FILE_SAID: Final = words("A file")
INPUT_SAID: Final = words("Input %(number)s")
BY_SAID: Final = words("Input %(number)s: %(who)s")
ROUND_SAID: Final = words("Inputs: %(round)s")
GROUNDS: Final[Mapping[Ground, str]] = {
    Ground.PERSONAL: words("personal data"),
    Ground.UNLAWFUL: words("unlawful"),
}
TRANSLATED: Final[Mapping[Translated, str]] = {
    Translated.HUMAN: words("Translated by people"),
    Translated.MACHINE: words("Translated by a machine, checked by nobody"),
}
One = TypeVar("One")


def _or_none(value: object) -> object:
    """A browser sends an empty text for a filter that is not set."""
    return value or None


class Asked(BaseModel):
    """The filters of a list, as its form sends them; what is none of ours selects nothing."""

    q: Annotated[str, Query(max_length=500)] = ""
    question: Annotated[int | None, BeforeValidator(_or_none)] = None
    group: Annotated[StakeholderGroup | None, BeforeValidator(_or_none)] = None
    category: Annotated[Category | None, BeforeValidator(_or_none)] = None
    region: str = ""
    language: str = ""
    disposition: Annotated[DispositionKind | Literal["none"] | None, BeforeValidator(_or_none)] = (
        None
    )
    cursor: str = ""

    def value(self) -> Filter:
        return Filter(
            self.question,
            self.group,
            self.category,
            self.region,
            self.language,
            self.q,
            self.disposition or "",
        )

    def sent(self) -> dict[str, str]:
        """The filters that are set, for the address of another page."""
        values = self.model_dump(exclude={"cursor"})
        return {name: str(value) for name, value in values.items() if value}


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from, in words."""

    questions: Sequence[tuple[int, str]]
    groups: Sequence[tuple[str, str]]
    categories: Sequence[tuple[str, str]]
    regions: Sequence[tuple[str, str]]
    languages: Sequence[tuple[str, str]]
    dispositions: Sequence[tuple[str, str]]


def title_of(consultation: Consultation, language: Language) -> str:
    return told(consultation.titles, language)


def told(texts: Mapping[str, str], language: Language) -> str:
    """A text in the reader's language, or in English, which is always there."""
    return texts.get(language.value) or texts["en"]


def part_said(part: str, say: Say) -> str:
    """What a part of an input is called."""
    if part.startswith(QUESTION):
        return say(QUESTION_SAID) % {"number": part.removeprefix(QUESTION)}
    if part.startswith(FILE):
        return say(FILE_SAID)
    return say({SUMMARY: SUMMARY_SAID, FREE: FREE_SAID}[part])


def heading(each: Published, say: Say) -> str:
    """An input by its number and by whoever it names."""
    who = each.organization or ", ".join(each.names)
    said = {"number": each.number, "who": who}
    return say(BY_SAID if who else INPUT_SAID) % said


@router.get("/consultations/{slug}/inputs")
async def listed(
    slug: str, reader: ReaderIn, db: Reading, asked: Annotated[Asked, Query()]
) -> HTMLResponse:
    """The inputs of a round: filtered, searched, page by page."""
    consultation = await publication.of_slug(db, slug)
    after = asked.cursor if _ours(asked) else ""
    found = await publication.page(
        db, consultation, asked.value(), reader.now, after=after, limit=PER_PAGE
    )
    publishes = publication.is_publishing(consultation, reader.now)
    meeting = None if publishes else await load(db, Meeting, consultation.meeting_id)
    return reader.page(
        "portal/inputs_published.html",
        consultation=consultation,
        city=venue(meeting, consultation.time_zone) if meeting else None,
        title=title_of(consultation, reader.language),
        asked=asked,
        narrows=asked.value().narrows,
        found=found,
        counts=await publication.counts(db, consultation, reader.now),
        completion=(await outcome.completion(db, [consultation], reader.now)).get(consultation.id),
        publishes=publishes,
        compiles=await compiled.is_small_enough(db, consultation),
        choices=_choices(await publication.questions(db, consultation), reader),
        next=asked.sent() | {"cursor": found.next} if found.next else None,
        said_of=spoken_by(reader),
    )


@router.get(
    "/consultations/{slug}/inputs/{input_number}/files/{sha256}",
    response_class=StreamingResponse,
)
async def file(
    slug: str, input_number: Number, sha256: str, reader: ReaderIn, db: Reading
) -> StreamingResponse:
    """A file of a published input: to be kept, not to be shown."""
    consultation = await publication.of_slug(db, slug)
    found = await publication.file_of(db, consultation, input_number, sha256, reader.now)
    return attachment(found, await reader.house.files.get(found))


def _ours(asked: Asked) -> bool:
    if asked.q.strip():
        return Cursor.read(asked.cursor) is not None
    return asked.cursor.isascii() and asked.cursor.isdecimal()


def _choices(questions: Sequence[Question], reader: Reader) -> Choices:
    say = reader.say
    return Choices(
        questions=[(each.number, _asked_in(each, reader)) for each in questions],
        groups=[(key, say(message)) for key, message in GROUPS.items()],
        categories=[
            (key, say(message)) for key, message in CATEGORIES.items() if key != Category.PUBLIC
        ],
        regions=[(key, say(message)) for key, message in REGIONS.items()],
        languages=[(key, language_name(key)) for key in LANGUAGES],
        dispositions=[
            *((each.value, value_said(each, say)) for each in DispositionKind),
            (outcome.NONE_YET, say(NO_ANSWER)),
        ],
    )


def _asked_in(each: Question, reader: Reader) -> str:
    said = told(each.texts, reader.language)
    short = f"{said[:60]}…" if len(said) > 60 else said  # noqa: PLR2004 - what a list has room for
    return f"{each.number}. {short}"


@dataclass(frozen=True, slots=True)
class Spoken:
    """What templates need to put the values of an input into words."""

    say: Say
    language: Language

    def heading(self, each: Published) -> str:
        return heading(each, self.say)

    def part(self, part: str) -> str:
        return part_said(part, self.say)

    def ground(self, ground: Ground) -> str:
        return self.say(GROUNDS[ground])

    def translated(self, who: Translated) -> str:
        return self.say(TRANSLATED[who])

    def group(self, group: StakeholderGroup) -> str:
        return self.say(GROUPS[group])

    def category(self, category: Category) -> str:
        return self.say(CATEGORIES[category])

    def country(self, iso2: str) -> str:
        return countries(self.language).get(iso2, iso2)

    def tongue(self, language: str) -> str:
        return language_name(language)

    @property
    def mark(self) -> str:
        return MARK


def spoken_by(reader: Reader) -> Spoken:
    """For the pages of one reader."""
    return Spoken(reader.say, reader.language)


@router.get("/consultations/{slug}/inputs/numbers")
async def in_numbers(slug: str, reader: ReaderIn, db: Reading) -> HTMLResponse:
    """Who sent how much, what is similar, and how that is measured."""
    consultation = await publication.of_slug(db, slug)
    return reader.page(
        "portal/inputs_numbers.html",
        consultation=consultation,
        title=title_of(consultation, reader.language),
        found=await campaigns.numbers(db, consultation, reader.now),
        most=campaigns.MOST_GROUPED,
        run=RUN,
        threshold=round(100 * THRESHOLD),
        percent=lambda share: f"{100 * share:.0f}",
    )


@router.get("/consultations/{slug}/inputs/{input_number}")
async def show(slug: str, input_number: Number, reader: ReaderIn, db: Reading) -> HTMLResponse:
    """One input at its permanent address, with each translation beside the original."""
    consultation = await publication.of_slug(db, slug)
    found = await publication.one(db, consultation, input_number, reader.now)
    asked = await publication.questions(db, consultation)
    history: list[Answer] = []
    if found.shown.text:
        row = await publication.numbered(db, consultation, input_number)
        history = await outcome.history(db, row.id, reader.whom, reader.now)
    return reader.page(
        "portal/input_published.html",
        meeting=await load(db, Meeting, consultation.meeting_id),
        history=history,
        citers=await citations.citers(db, consultation, input_number, reader.whom, reader.now),
        consultation=consultation,
        title=title_of(consultation, reader.language),
        each=found,
        prompts={f"{QUESTION}{one.number}": told(one.texts, reader.language) for one in asked},
        said_of=spoken_by(reader),
    )


# For programs, at addresses that people find.


@router.get("/consultations/{slug}/inputs.csv")
async def table(slug: str, reader: ReaderIn, db: Reading) -> Response:
    """All that is published of a round, in which a spreadsheet calculates nothing."""
    consultation = await publication.of_slug(db, slug)
    found = await publication.everything(db, consultation, reader.now)
    asked = [each.number for each in await publication.questions(db, consultation)]
    lines = sheet.rows(found, asked, _address(reader, consultation))
    content = await asyncio.to_thread(csv_of, sheet.head(asked), list(lines))
    name = f'attachment; filename="{consultation.slug}-inputs.csv"'
    return Response(content, media_type=CSV, headers={"Content-Disposition": name})


@router.get("/consultations/{slug}/inputs.atom")
async def atom(slug: str, reader: ReaderIn, db: Reading) -> Response:
    """The newest inputs of a round for a reader of feeds."""
    made = await _feed(slug, reader, db, "atom")
    return Response(sheet.atom(made), media_type="application/atom+xml")


@router.get("/consultations/{slug}/inputs.json")
async def json_feed(slug: str, reader: ReaderIn, db: Reading) -> Response:
    """The same as JSON Feed."""
    made = await _feed(slug, reader, db, "json")
    return Response(sheet.as_json(made), media_type="application/feed+json")


async def _feed(slug: str, reader: Reader, db: Reading, form: str) -> Feed:
    consultation = await publication.of_slug(db, slug)
    found = await publication.everything(db, consultation, reader.now, newest=sheet.NEWEST)
    address = _address(reader, consultation)
    items = [_item(each, consultation, address, reader) for each in found]
    said = {"round": title_of(consultation, reader.language)}
    begun: datetime = consultation.announced_at or consultation.created_at
    return Feed(
        title=reader.say(ROUND_SAID) % said,
        address=address,
        own=f"{address}.{form}",
        items=items,
        updated=max((each.updated for each in items), default=begun),
    )


def _item(each: Published, consultation: Consultation, address: str, reader: Reader) -> Item:
    first = publication.published_at(consultation, each)
    return Item(
        address=f"{address}/{each.number}",
        title=heading(each, reader.say),
        text="\n\n".join(each.texts.values()),
        language=each.language,
        authors=[*each.names, *([each.organization] if each.organization else [])],
        published=first,
        updated=max(first, each.changed_at or first),
    )


def _address(reader: Reader, consultation: Consultation) -> str:
    return f"{reader.house.settings.address}/consultations/{consultation.slug}/inputs"
