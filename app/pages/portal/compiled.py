"""A round as one document: its words, which are English, around texts in their own languages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from app.depends import HouseIn
from app.i18n import Language, clock, countries, day, named, translations, words
from app.pages.portal.published import GROUNDS, TRANSLATED, heading, part_said
from app.pages.words import CATEGORIES, GROUPS, REGIONS, Say
from app.policy.compiled import (
    Block,
    Document,
    Format,
    Heading,
    Paragraph,
    Said,
    Style,
    Table,
    in_print,
    lines,
)
from app.policy.outcome import Agreement, DispositionKind
from app.policy.similar import RUN, THRESHOLD, Group
from app.policy.similar import Share as Sent
from app.reasons import said
from app.services.compiled import NOT_SAID, Became, Brief, Compiled, Entry, Gathered, Share
from app.services.publication import Published

router = APIRouter()
LEFT_TO_RIGHT: Final = "\u200e"
SERVICE: Final = words("CWG-Internet · Open consultation")
TYPES: Final[Mapping[Format, str]] = {
    Format.PDF: "application/pdf",
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Format.JSON: "application/json",
}
AGREEMENTS: Final[Mapping[Agreement, str]] = {
    Agreement.DRAFT: words("A draft by the secretariat."),
    Agreement.PRESENTED: words("Presented to the consultation meeting, and not agreed yet."),
    Agreement.AGREED: words("Agreed by the stakeholders present."),
}
DISPOSITIONS: Final[Mapping[DispositionKind, str]] = {
    DispositionKind.CONSIDERED: words("Considered"),
    DispositionKind.REFLECTED: words("Reflected"),
    DispositionKind.PARTLY: words("Partly reflected"),
    DispositionKind.NOTED: words("Noted"),
    DispositionKind.NOT_TAKEN_UP: words("Not taken up"),
}


@router.get("/consultations/{slug}/compiled.pdf")
async def pdf(slug: str, house: HouseIn) -> Response:
    """All that is published of a round, to be printed."""
    return await _given(slug, Format.PDF, house)


@router.get("/consultations/{slug}/compiled.docx")
async def docx(slug: str, house: HouseIn) -> Response:
    """The same, to be worked with."""
    return await _given(slug, Format.DOCX, house)


@router.get("/consultations/{slug}/compiled.json")
async def as_json(slug: str, house: HouseIn) -> Response:
    """The same for programs."""
    return await _given(slug, Format.JSON, house)


async def _given(slug: str, form: Format, house: HouseIn) -> Response:
    taken = await house.bindery.take(slug, form)
    headers = {
        "Content-Disposition": f'attachment; filename="{slug}-compiled.{form}"',
        "Content-Length": str(taken.row.size),
    }
    return StreamingResponse(taken.pieces, headers=headers, media_type=TYPES[form])


# Words.


def worded(compiled: Compiled) -> Document:
    """The document in English: it is the same for everybody, and made once."""
    say = translations(Language.ENGLISH).gettext
    found = compiled.of
    title = in_print(found.titles["en"])
    others = [
        in_print(text, language)
        for language, text in found.titles.items()
        if language != "en" and text.strip()
    ]
    return Document(
        service=Said(say(SERVICE)),
        title=title,
        titles=others,
        lead=list(_lead(found, say)),
        contents=Said(say(words("Contents"))),
        page=say(words("Page")),
        blocks=list(_blocks(compiled, say)),
    )


def _lead(found: Gathered, say: Say) -> Iterator[Said]:
    zone = found.zone
    yield in_print(say(words("For: %(meeting)s")) % {"meeting": found.meeting})
    dates = {"opens": _moment(found.opens_at, zone), "closes": _moment(found.closes_at, zone)}
    if found.closed:
        yield Said(
            say(words("Open from %(opens)s to %(closes)s (%(zone)s).")) % (dates | {"zone": zone})
        )
    else:
        yield Said(
            say(words("Opened %(opens)s, closes %(closes)s (%(zone)s): more inputs may come."))
            % (dates | {"zone": zone})
        )
    yield Said(
        say(words("All that was published of it on %(day)s."))
        % {"day": _moment(found.at, "UTC") + " UTC"}
    )
    yield Said(
        say(
            words(
                "Every input is in the language in which it came and as far as its author agreed "
                "to have it published. Where a passage is not shown a mark stands in its place, "
                "and the reason below the text. The digest of an input is that on its receipt."
            )
        )
    )


def _moment(at: datetime, zone: str) -> str:
    return f"{day(at, zone, Language.ENGLISH)}, {clock(at, zone, Language.ENGLISH)}"


def _blocks(compiled: Compiled, say: Say) -> Iterator[Block]:
    yield from _questions(compiled.of, say)
    yield from _numbers(compiled, say)
    if compiled.of.brief:
        yield from _summary(compiled.of.brief, say)
    yield Heading(Said(say(words("Inputs"))))
    if not compiled.of.entries:
        yield _quiet(say(words("No input has been published.")))
    for entry in compiled.of.entries:
        yield from _entry(entry, compiled, say)


def _quiet(text: str) -> Paragraph:
    return Paragraph(_label(text), Style.QUIET)


def _label(text: str) -> Said:
    """A line of ours runs as English does, whatever name it begins with."""
    told = in_print(text)
    return replace(told, text=f"{LEFT_TO_RIGHT}{told.text}") if told.rtl else told


def _questions(found: Gathered, say: Say) -> Iterator[Block]:
    yield Heading(Said(say(words("Questions"))))
    for each in found.questions:
        yield Heading(Said(say(words("Question %(number)s")) % {"number": each.number}), 2)
        english_first = sorted(each.texts.items(), key=lambda pair: (pair[0] != "en", pair[0]))
        for language, text in english_first:
            yield from (Paragraph(line) for line in lines(text, language))
    if not found.questions:
        yield _quiet(say(words("No question was asked.")))


# In numbers.


def _numbers(compiled: Compiled, say: Say) -> Iterator[Block]:
    tally, counts = compiled.numbers.tally, compiled.of.counts
    yield Heading(Said(say(words("In numbers"))))
    figures = [
        (words("Inputs published"), tally.inputs),
        (words("Counting those that say the same once"), compiled.numbers.once),
        (words("Counted, and not published as their authors wished"), counts.kept),
        (words("Withdrawn"), counts.withdrawn),
        (words("People who sent them"), tally.people),
        (words("Organizations named"), tally.organizations),
        (words("Words"), tally.words),
    ]
    yield Table(
        Said(say(words("What came"))),
        [Said(say(words("What"))), Said(say(words("How many")))],
        [[Said(say(name)), Said(str(number))] for name, number in figures],
    )
    yield _quiet(
        say(
            words(
                "People, organizations and inputs are counted each for themselves: one person may "
                "write for several organizations. The person who wrote most wrote %(share)s %% of "
                "all words. Where an author agreed to the text only, the input is counted without "
                "region, group and category."
            )
        )
        % {"share": f"{100 * tally.most_by_one:.0f}"}
    )
    for title, shares, names in _axes(compiled, say):
        yield _shares(title, shares, names, tally.words, say)
    if tally.persons:
        yield _most(tally.persons, say(words("By person, the longest first")), say)
    if tally.bodies:
        yield _most(tally.bodies, say(words("By organization, the longest first")), say)
    yield from _similar(compiled.numbers.groups, say)


def _axes(compiled: Compiled, say: Say) -> Iterator[tuple[str, Sequence[Share], Mapping[str, str]]]:
    yield (
        say(words("By language")),
        compiled.languages,
        {each.key: named(each.key) for each in compiled.languages if each.key},
    )
    yield say(words("By region")), compiled.regions, {k: say(v) for k, v in REGIONS.items()}
    yield (
        say(words("By stakeholder group")),
        compiled.groups,
        {k.value: say(v) for k, v in GROUPS.items()},
    )
    yield (
        say(words("By category")),
        compiled.categories,
        {k.value: say(v) for k, v in CATEGORIES.items()},
    )


def _shares(
    title: str, shares: Sequence[Share], names: Mapping[str, str], whole: int, say: Say
) -> Table:
    rows = [
        [
            in_print(
                names.get(each.key, each.key) if each.key else say(words("Not said")), _own(each)
            ),
            Said(str(each.inputs)),
            Said(str(each.words)),
            Said(_percent(each.words, whole)),
        ]
        for each in shares
        if each.inputs or each.key != NOT_SAID
    ]
    head = [title, say(words("Inputs")), say(words("Words")), say(words("Share of words"))]
    return Table(Said(title), [Said(each) for each in head], rows)


def _own(each: Share) -> str:
    """The name of a language is in that language."""
    return each.key if len(each.key) == 2 else "en"  # noqa: PLR2004 - a language's code


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


MOST_NAMED: Final = 20


def _most(shares: Sequence[Sent], title: str, say: Say) -> Table:
    head = [
        say(words("Name")),
        say(words("Inputs")),
        say(words("Words")),
        say(words("Share of words")),
    ]
    rows = [
        [
            in_print(each.name),
            Said(str(each.inputs)),
            Said(str(each.words)),
            Said(f"{100 * each.share:.0f} %"),
        ]
        for each in shares[:MOST_NAMED]
    ]
    return Table(Said(title), [Said(each) for each in head], rows)


def _similar(groups: Sequence[Group] | None, say: Say) -> Iterator[Block]:
    if groups is None or not groups:
        return
    yield Heading(Said(say(words("Similar inputs"))), 2)
    yield _quiet(
        say(
            words(
                "Two inputs are similar where at least %(threshold)s %% of their runs of %(run)s "
                "words are common. Each counts for one input, and a group for one voice."
            )
        )
        % {"threshold": round(100 * THRESHOLD), "run": RUN}
    )
    for group in groups:
        numbers = ", ".join(str(each.number) for each in group.members)
        yield Paragraph(
            Said(
                say(words("%(size)s similar inputs: %(numbers)s"))
                % {"size": group.size, "numbers": numbers}
            )
        )


# The brief summary.


def _summary(brief: Brief, say: Say) -> Iterator[Block]:
    yield Heading(Said(say(words("Brief summary"))))
    yield _quiet(say(AGREEMENTS[brief.state]))
    for each in brief.passages:
        text = f"{each.number}. {each.text}"
        yield from (Paragraph(line) for line in lines(text, "en"))
        if each.cites:
            numbers = ", ".join(map(str, each.cites))
            yield _quiet(say(words("Rests on the inputs %(numbers)s.")) % {"numbers": numbers})


# One input.


def _entry(entry: Entry, compiled: Compiled, say: Say) -> Iterator[Block]:
    each = entry.input
    yield Heading(in_print(heading(each, say)), 2)
    if each.hidden:
        yield _quiet(said(each.hidden, say))
        return
    yield from (_quiet(line) for line in _facts(entry, compiled.of, say))
    if each.off_topic:
        yield _note(say(words("Labelled as off the topic: %(why)s")), why=each.off_topic)
    if entry.became:
        yield from _became(entry.became, say)
    if first := compiled.same.get(each.number):
        yield Paragraph(
            Said(
                say(words("It says the same as input %(number)s, word for word."))
                % {"number": first}
            )
        )
    else:
        yield from _texts(each, say)
    yield from _after(each, say)


def _facts(entry: Entry, found: Gathered, say: Say) -> Iterator[str]:
    each = entry.input
    people = ", ".join(each.names)
    if people:
        yield f"{people} – {each.job_title}" if each.job_title else people
    if not each.shown.body:
        yield say(words("Published without a name, as its author wished."))
    about = [
        each.organization,
        countries(Language.ENGLISH).get(each.country, each.country),
        say(GROUPS[each.group]) if each.group else "",
        say(CATEGORIES[each.category]) if each.category else "",
    ]
    if any(about):
        yield " · ".join(part for part in about if part)
    stated = [named(each.language)]
    if each.at:
        at = {"at": _moment(each.at, found.zone), "zone": found.zone}
        stated.append(say(words("Received %(at)s (%(zone)s)")) % at)
    if each.version > 1:
        stated.append(say(words("Version %(number)s")) % {"number": each.version})
    if each.late:
        stated.append(say(words("Late: carried over from the round before")))
    yield " · ".join(stated)


def _texts(each: Published, say: Say) -> Iterator[Block]:
    for part, text in each.texts.items():
        yield Heading(Said(part_said(part, say)), 3)
        yield from (Paragraph(line) for line in lines(text, each.language))


def _after(each: Published, say: Say) -> Iterator[Block]:
    """What stands below the text: the reasons at the marks, files, translations, the digest."""
    for mark in each.marks:
        where = {"part": part_said(mark.part, say), "ground": say(GROUNDS[mark.ground])}
        message = say(words("Not shown in %(part)s (%(ground)s): %(why)s"))
        yield Paragraph(_label(message % (where | {"why": mark.why})), Style.NOTE)
    for file in each.files:
        about = {"name": in_print(file.name).text, "size": file.size, "digest": file.sha256}
        message = say(words("File: %(name)s (%(size)s bytes), SHA-256 %(digest)s"))
        yield Paragraph(Said(message % about), Style.EXACT)
    if each.files_withheld:
        yield _quiet(
            say(words("Files that are not published: %(number)s")) % {"number": each.files_withheld}
        )
    for one in each.translations:
        about = {"language": named(one.language), "who": say(TRANSLATED[one.translated])}
        yield _quiet(say(words("There is a translation: %(language)s. %(who)s.")) % about)
    yield Paragraph(
        Said(say(words("Digest (SHA-256): %(digest)s")) % {"digest": each.digest}), Style.EXACT
    )


def _note(message: str, **said_of: str) -> Paragraph:
    return Paragraph(_label(message % said_of), Style.NOTE)


def _became(became: Became, say: Say) -> Iterator[Block]:
    parts = [say(DISPOSITIONS[became.kind])]
    if became.item is not None:
        parts.append(say(words("agenda item %(number)s")) % {"number": became.item})
    if became.paragraph:
        parts.append(
            say(words("paragraph %(number)s of the report")) % {"number": became.paragraph}
        )
    told = ", ".join(parts) + (f": {became.why}" if became.why else "")
    yield _note(say(words("What became of it: %(what)s")), what=told)
