"""The desk of a meeting's registration form: its sections and questions, without script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.depends import Me, Reading, own_form
from app.errors import Conflict, Malformed, NotFound
from app.i18n import OWN_NAMES, Language, words
from app.models import Meeting, Person, Sitting
from app.pages.portal.questions import EYES
from app.pages.reader import Reader, ReaderIn
from app.pages.words import MODES, PARTS, problem, said
from app.policy import form as rules
from app.policy.form import Condition, Field, FieldKind, FormReason, Option, Section, SeenBy
from app.policy.registration import Mode
from app.services import access, forms, meetings, places
from app.services.forms import Current
from app.services.places import Room

router = APIRouter(prefix="/desk/forms/{slug}")
SAVED: Final = {
    "form": words("The form is saved."),
    "places": words("The places are saved."),
}
MOST: Final = 4000
KINDS: Final[Mapping[FieldKind, str]] = {
    FieldKind.TEXT: words("Text"),
    FieldKind.CHOICE: words("One choice"),
    FieldKind.CHOICES: words("Several choices"),
    FieldKind.YES_NO: words("Yes or no"),
    FieldKind.DATE: words("Date"),
}
TONGUES: Final = tuple(
    each for each in Language if each not in {Language.ENGLISH, Language.MIRRORED}
)
TEXTS: Final = ("label", "help", "purpose", "options")


@dataclass(frozen=True, slots=True)
class Typed:
    """A question as it was typed; ``texts`` are by part and language, such as ``label-fr``."""

    section: str = ""
    key: str = ""
    kind: str = FieldKind.TEXT
    required: bool = False
    sensitive: bool = False
    seen_by: str = SeenBy.SECRETARIAT
    kept_days: str = "30"
    asked_after: str = ""
    asked_if: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)

    def value(self) -> Field:
        """The question that it means; what makes no sense of itself is told by the rule."""
        kind = FieldKind(self.kind) if self.kind in set(FieldKind) else FieldKind.TEXT
        days = self.kept_days.strip()
        fit = days.isascii() and days.isdecimal() and len(days) <= len(str(rules.LONGEST_KEPT))
        return Field(
            key=self.key.strip(),
            kind=kind,
            label=self._texts("label"),
            help=self._texts("help"),
            purpose=self._texts("purpose"),
            kept_days=int(days) if fit else -1,
            seen_by=SeenBy(self.seen_by) if self.seen_by in set(SeenBy) else SeenBy.SECRETARIAT,
            options=self._options() if kind in rules.WITH_OPTIONS else (),
            required=self.required,
            sensitive=self.sensitive,
            shown_if=self._condition(),
        )

    def _texts(self, part: str) -> dict[str, str]:
        said_ = {tag: self.texts.get(f"{part}-{tag}", "").strip() for tag in rules.LANGUAGES}
        return {tag: text for tag, text in said_.items() if text}

    def _options(self) -> tuple[Option, ...]:
        """Lines such as ``step_free: Step-free access``, in each language."""
        labels: dict[str, dict[str, str]] = {}
        for tag in sorted(rules.LANGUAGES, key=lambda each: each != rules.ENGLISH):
            for line in self.texts.get(f"options-{tag}", "").splitlines():
                key, _, label = line.partition(":")
                if line.strip():
                    labels.setdefault(key.strip(), {})[tag] = label.strip()
        return tuple(Option(key, label) for key, label in labels.items())

    def _condition(self) -> Condition | None:
        if not self.asked_after:
            return None
        among = tuple(each.strip() for each in self.asked_if.split(",") if each.strip())
        return Condition(self.asked_after, among)


def typed_of(section: str, one: Field) -> Typed:
    """A question as somebody would have typed it."""
    texts = {
        f"{part}-{tag}": text
        for part, of in (("label", one.label), ("help", one.help), ("purpose", one.purpose))
        for tag, text in of.items()
    }
    for tag in rules.LANGUAGES:
        lines = [f"{each.key}: {each.label[tag]}" for each in one.options if tag in each.label]
        texts[f"options-{tag}"] = "\n".join(lines)
    return Typed(
        section=section,
        key=one.key,
        kind=one.kind,
        required=one.required,
        sensitive=one.sensitive,
        seen_by=one.seen_by,
        kept_days=str(one.kept_days),
        asked_after=one.shown_if.field if one.shown_if else "",
        asked_if=", ".join(one.shown_if.among) if one.shown_if else "",
        texts=texts,
    )


def typed(sent: FormData) -> Typed:
    text = {name: value[:MOST] for name, value in sent.items() if isinstance(value, str)}
    names = ("section", "key", "kind", "seen_by", "kept_days", "asked_after", "asked_if")
    return Typed(
        required="required" in text,
        sensitive="sensitive" in text,
        texts={name: text[name] for name in text if name.partition("-")[0] in TEXTS},
        **{name: text[name] for name in names if name in text},
    )


@dataclass(frozen=True, slots=True)
class Sheet:
    reader: Reader
    me: Person
    meeting: Meeting
    asked: Current
    sittings: Sequence[Sitting]
    rooms: Mapping[UUID, Mapping[Mode, Room]]


async def sheet(slug: str, reader: ReaderIn, me: Me, db: Reading) -> Sheet:
    """For the secretariat of the meeting; to others the desk does not exist."""
    meeting = await meetings.by_slug(db, slug)
    if not await access.is_secretariat(db, me, meeting.id):
        raise NotFound
    sittings = await meetings.sittings(db, meeting.id)
    rooms = await places.rooms(db, [each.id for each in sittings])
    return Sheet(reader, me, meeting, await forms.current(db, meeting.id), sittings, rooms)


SheetIn = Annotated[Sheet, Depends(sheet)]


@router.get("", name="desk-form")
async def show(on: SheetIn, saved: Annotated[str, Query(max_length=10)] = "") -> HTMLResponse:
    return _page(on, saved=saved)


@router.post("", dependencies=[Depends(own_form)])
async def act(request: Request, on: SheetIn) -> Response:
    """Move or remove a question or a section, or add a section."""
    sent = await request.form()
    what, _, key = str(sent.get("do", "")).partition(":")
    title = {rules.ENGLISH: str(sent.get("title", ""))[:MOST].strip()}
    match what:
        case "up" | "down":
            form = rules.moved(on.asked.form, key, -1 if what == "up" else 1)
        case "remove":
            form = rules.without(on.asked.form, key)
        case "up-section" | "down-section":
            form = rules.moved_section(on.asked.form, key, -1 if what == "up-section" else 1)
        case "remove-section":
            form = rules.without_section(on.asked.form, key)
        case "places":
            return await _limit(on, sent)
        case "section":
            new = Section(str(sent.get("key", ""))[:MOST].strip(), title, ())
            form = rules.with_section(on.asked.form, new)
        case _:
            form = on.asked.form
    try:
        await _keep(on, form, str(sent.get("seen", "")))
    except (Malformed, Conflict) as refused:
        return _page(on, refused)
    return RedirectResponse(f"/desk/forms/{on.meeting.slug}?saved=form", 303)


@router.get("/question")
async def question(on: SheetIn, key: str = "", section: str = "") -> HTMLResponse:
    """One question to be changed or, with a section, a new one."""
    for each in on.asked.form.sections:
        if one := next((one for one in each.fields if one.key == key), None):
            return _question_page(on, typed_of(each.key, one))
    known = [each.key for each in on.asked.form.sections]
    if not known or (section and section not in known):
        raise NotFound
    return _question_page(on, Typed(section=section or known[0]))


@router.post("/question", dependencies=[Depends(own_form)])
async def change(request: Request, on: SheetIn) -> Response:
    sent = await request.form()
    new = typed(sent)
    is_new = "new" in sent
    one = new.value()
    if is_new and on.asked.form.find(one.key):
        return _question_page(on, new, {"key": rules.FormFault.TWICE}, is_new=True)
    try:
        form = rules.with_field(on.asked.form, new.section, one)
        await _keep(on, form, str(sent.get("seen", "")))
    except Malformed as wrong:
        faults = {name.rpartition(".")[2]: fault for name, fault in wrong.faults.items()}
        return _question_page(on, new, faults, is_new=is_new)
    except Conflict:
        return _question_page(on, new, conflict=True, is_new=is_new)
    return RedirectResponse(f"/desk/forms/{on.meeting.slug}?saved=form", 303)


async def _limit(on: Sheet, sent: FormData) -> Response:
    """All limits of the meeting's sittings as they were typed; nothing typed is no limit."""
    raw = {
        (each.id, mode): str(sent.get(f"places-{each.id}-{mode}", ""))[:MOST].strip()
        for each in on.sittings
        for mode in Mode
    }
    try:
        async with on.reader.house.database.writing() as db:
            for each in on.sittings:
                wanted = {mode: _number(raw[each.id, mode]) for mode in Mode}
                now_is = {mode: room.places for mode, room in on.rooms.get(each.id, {}).items()}
                if wanted != {mode: now_is.get(mode) for mode in Mode}:
                    await places.limit(db, each.id, wanted, by=on.me, now=on.reader.now)
    except Malformed as refused:
        return _page(on, refused, raw)
    return RedirectResponse(f"/desk/forms/{on.meeting.slug}?saved=places", 303)


def _number(text: str) -> int | None:
    """What is no number is one that the rule refuses."""
    if not text:
        return None
    fit = text.isascii() and text.isdecimal() and len(text) < len(str(places.MOST)) + 1
    return int(text) if fit else -1


async def _keep(on: Sheet, form: rules.Form, seen: str) -> None:
    number = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < MOST else -1
    async with on.reader.house.database.writing() as db:
        await forms.edit(db, on.meeting.id, form, seen=number, by=on.me, now=on.reader.now)


# The pages.


def _page(
    on: Sheet,
    refused: Malformed | Conflict | None = None,
    raw: Mapping[tuple[UUID, Mode], str] | None = None,
    saved: str = "",
) -> HTMLResponse:
    say, language = on.reader.say, on.reader.language
    wrong = ""
    match refused:
        case Malformed(faults=faults):
            wrong = " ".join(problem(name, fault, say) for name, fault in faults.items())
        case Conflict():
            wrong = said(FormReason.CHANGED, say)
        case None:
            pass
    return on.reader.page(
        "desk/form.html",
        200 if refused is None else 409 if isinstance(refused, Conflict) else 422,
        meeting=on.meeting,
        number=on.asked.number,
        wrong=wrong,
        saved=say(SAVED[saved]) if saved in SAVED else "",
        limits=[_limits(on, each, raw or {}) for each in on.sittings],
        sections=[
            (
                each.key,
                rules.told(each.title, language),
                [
                    (
                        one.key,
                        rules.told(one.label, language),
                        say(KINDS[one.kind]),
                        say(EYES[one.seen_by]),
                        one,
                    )
                    for one in each.fields
                ],
            )
            for each in on.asked.form.sections
        ],
    )


@dataclass(frozen=True, slots=True)
class Limit:
    """One way to attend one sitting, with what is typed and how it stands."""

    name: str
    label: str
    value: str
    stands: str


def _limits(
    on: Sheet, sitting: Sitting, raw: Mapping[tuple[UUID, Mode], str]
) -> tuple[str, list[Limit]]:
    say = on.reader.say
    made = []
    for mode in Mode:
        room = on.rooms.get(sitting.id, {}).get(mode)
        stands = say(STANDS) % {"held": room.held, "waiting": room.waiting} if room else ""
        value = raw.get((sitting.id, mode), str(room.places) if room else "")
        made.append(Limit(f"places-{sitting.id}-{mode}", say(MODES[mode]), value, stands))
    return f"{sitting.number}. {say(PARTS[sitting.part])}", made


STANDS = words("%(held)s held, %(waiting)s waiting")


def _question_page(
    on: Sheet,
    new: Typed,
    faults: Mapping[str, str] | None = None,
    *,
    is_new: bool | None = None,
    conflict: bool = False,
) -> HTMLResponse:
    say = on.reader.say
    errors = {name: problem(name, fault, say) for name, fault in (faults or {}).items()}
    same = next((each for each in on.asked.form.sections if each.key == new.section), None)
    earlier = [each for each in same.fields if rules.values_of(each)] if same else []
    return on.reader.page(
        "desk/question.html",
        409 if conflict else 422 if errors else 200,
        meeting=on.meeting,
        number=on.asked.number,
        one=new,
        new=not new.key if is_new is None else is_new,
        errors=errors,
        changed=said(FormReason.CHANGED, say) if conflict else "",
        kinds=[(each.value, say(name)) for each, name in KINDS.items()],
        eyes=[(each.value, say(name)) for each, name in EYES.items()],
        earlier=[
            (each.key, rules.told(each.label, on.reader.language))
            for each in earlier
            if each.key != new.key
        ],
        tongues=[(each.value, OWN_NAMES[each], each.direction) for each in TONGUES],
    )
