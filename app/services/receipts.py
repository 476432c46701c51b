"""Receipts: each version of an input that is received becomes an entry of one append-only log.

The log is a Merkle tree (``policy.merkle``); with its entries a head is signed. Whoever holds one
can tell whether anything before it was altered since, whatever happens to these tables.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlmodel import col, select

from app import ledger
from app.database import Reading, Writing, at_last, load, put_rows
from app.errors import NotFound
from app.keys import Keys, verifies
from app.models import (
    Consultation,
    Input,
    InputPresentation,
    InputVersion,
    Meeting,
    Person,
    Receipt,
    Redaction,
)
from app.policy import merkle
from app.policy import receipt as rules
from app.policy.consultation import Publishing
from app.policy.inputs import Consent, InputFacts, RoundFacts, digest, shown
from app.policy.letters import LetterKind
from app.policy.merkle import Place
from app.policy.presentation import Presenting
from app.policy.receipt import Check, Examined, Finding, Happened, Head, Step
from app.policy.text import DIGITS, spelled
from app.services import acts, letters, outcome
from app.services.inputs import Version
from app.together import meanwhile

SIGNS: Final = 24  # of 32: 120 bits, which nobody guesses
ENGLISH: Final = "en"


# Issued.


async def issue(
    db: Writing, versions: Sequence[Version | InputVersion], keys: Keys, now: datetime
) -> list[str]:
    """References of receipts for versions that were just received, and the letters that bring them.

    Each has its entry and its letter. The place in the log and the head that is signed over all of
    the transaction are there when it is committed: the log is held for a moment only. What the
    entries commit to is computed while the database writes something else.
    """
    asked: dict[UUID, tuple[str, str, int]] = {}  # or each would be read for each
    of, told = list[_Of](), list[tuple[Person, dict[str, str]]]()
    for version in versions:
        found = await load(db, Input, version.input_id)
        if found.number is None:
            raise ValueError("What has no number was not submitted.")
        if found.consultation_id not in asked:
            consultation = await load(db, Consultation, found.consultation_id)
            meeting = await load(db, Meeting, consultation.meeting_id)
            rule = meeting.edition_id, meeting.edition_digest
            asked[consultation.id] = *rule, consultation.revision
        one = _Of(_reference(), found.number, version, *asked[found.consultation_id], now)
        author = await load(db, Person, version.person_id)
        link = f"/receipts/{one.reference}"
        told.append((author, {"receipt": one.reference, "link": link}))
        db.info.setdefault(PENDING, {}).setdefault(found.id, {})[version.number] = one.reference
        of.append(one)
    if UNLOGGED not in db.info:
        db.info[UNLOGGED] = []
        at_last(db, partial(_append, db, keys))
    db.info[UNLOGGED].append(meanwhile(_receipt, of))
    await letters.write_all(db, LetterKind.RECEIVED, told, now)
    return [each.reference for each in of]


@dataclass(frozen=True, slots=True)
class _Of:
    """What a receipt is of."""

    reference: str
    number: int
    version: Version | InputVersion
    edition: str
    edition_digest: str
    revision: int
    now: datetime


def _receipt(of: _Of) -> dict[str, Any]:
    """The row of a receipt, but for its place."""
    entry = rules.entry(
        salt=secrets.token_hex(rules.SALT_BYTES),
        content=of.version.content,
        digest=of.version.digest,
        number=of.number,
        version=of.version.number,
        received_at=of.version.at,
        edition=of.edition,
        edition_digest=of.edition_digest,
        revision=of.revision,
    )
    return {
        "reference": of.reference,
        "version_id": of.version.id,
        "leaf": rules.leaf(entry).hex(),
        "entry": entry,
        "issued_at": of.now,
    }


def _reference() -> str:
    """So many signs by chance."""
    bits = secrets.randbits(5 * SIGNS)
    return "".join(DIGITS[bits >> 5 * place & 31] for place in range(SIGNS))


PENDING: Final = "receipts"
UNLOGGED: Final = "unlogged"
"""Receipts of a transaction until its end."""


async def _append(db: Writing, keys: Keys) -> None:
    made = [one for some in db.info.pop(UNLOGGED) for one in await some]
    await db.flush()
    await acts.hold_chain(db)
    leaves = [bytes.fromhex(each["leaf"]) for each in made]
    signed_at = max(each["issued_at"] for each in made)  # no head is older than what is under it
    first = await ledger.append(db, leaves, keys, signed_at)
    rows = [each | {"position": place} for place, each in enumerate(made, first)]
    await put_rows(db, Receipt, rows)


async def forget(db: Writing, version_id: UUID) -> None:
    """Erase what an entry says, with its salt; its leaf and every proof stay."""
    query = select(Receipt).where(Receipt.version_id == version_id)
    if found := (await db.exec(query)).first():
        found.entry = None
        db.add(found)
        await db.flush()


# Read.


async def by_reference(db: Reading | Writing, reference: str) -> Receipt:
    """The receipt of this reference; NotFound for whoever has none."""
    said = spelled(reference)
    if len(said) != SIGNS or not set(said) <= set(DIGITS):
        raise NotFound
    if found := (await db.exec(select(Receipt).where(Receipt.reference == said))).first():
        return found
    raise NotFound


async def of_input(db: Reading | Writing, found: Input) -> list[tuple[InputVersion, Receipt]]:
    """The receipts of an input, the first version first."""
    query = (
        select(InputVersion, Receipt)
        .join(Receipt, col(Receipt.version_id) == col(InputVersion.id))
        .where(InputVersion.input_id == found.id)
        .order_by(col(InputVersion.number))
    )
    return [(version, receipt) for version, receipt in await db.exec(query)]


async def references(db: Reading | Writing, found: Input) -> dict[int, str]:
    """The references of an input's receipts, by the number of the version.

    With those of this transaction, which are written at its end.
    """
    pending: dict[int, str] = db.info.get(PENDING, {}).get(found.id, {})
    if 1 in pending:  # all there are
        return pending
    written = {version.number: made.reference for version, made in await of_input(db, found)}
    return written | pending


async def input_of(db: Reading | Writing, found: Receipt) -> tuple[Input, InputVersion] | None:
    """What a receipt is of; None where it was erased."""
    if found.version_id is None:
        return None
    version = await load(db, InputVersion, found.version_id)
    return await load(db, Input, version.input_id), version


# Checked.


async def examine(db: Reading, told: object, keys: Keys, now: datetime) -> Examined:
    """Whatever somebody has: a receipt, a head of the log, or a text as published."""
    if (found := rules.receipt_of(told)) is not None:
        return await check(db, found, keys)
    if isinstance(told, dict) and rules.kind_of(told) == rules.HEAD:
        return await check_head(db, told, keys)
    if isinstance(told, dict) and rules.content_of(told) is not None:
        return await check_text(db, told, now)
    return Examined([Finding(Check.FORM, holds=False)])


async def check(db: Reading, found: rules.Receipt, keys: Keys) -> Examined:
    """A receipt against itself, the log, and what is kept of the input that it is of."""
    examined = rules.examine(found, keys.fingerprint, verifies)
    if examined.head is None or not examined.holds:
        return examined
    findings = [
        *examined.findings,
        *await _begins(db, examined.head),
        await _in_place(db, found),
        *await _newest(db, keys),
        *await _kept(db, found),
    ]
    return Examined(findings, examined.head)


async def check_own(db: Reading, found: Receipt, keys: Keys) -> Examined:
    """The receipt of a reference; where its entry was erased, its place in the log alone."""
    told = await _own(db, found)
    if told is not None and told.entry:
        return await check(db, told, keys)
    bare = rules.Receipt(found.reference, {}, found.position, bytes.fromhex(found.leaf), (), {})
    findings = [await _in_place(db, bare), *await _newest(db, keys)]
    if told is not None:
        findings.append(Finding(Check.ERASED, holds=True))
    return Examined(findings)


async def _own(db: Reading, found: Receipt) -> rules.Receipt | None:
    """The receipt, empty where its entry was erased; None where the log has no proof of it."""
    leaf = bytes.fromhex(found.leaf)
    try:
        whole = await ledger.document(db, found)
    except NotFound:
        return None
    return whole or rules.Receipt(found.reference, {}, found.position, leaf, (), {})


async def check_head(db: Reading, told: Mapping[str, Any], keys: Keys) -> Examined:
    """A head that somebody holds: whether the log still begins with what it was signed over."""
    findings, head = rules.signature(told, keys.fingerprint, verifies)
    if head is not None:
        findings += [*await _begins(db, head), *await _newest(db, keys)]
    return Examined(findings, head)


async def check_text(db: Reading, told: Mapping[str, Any], now: datetime) -> Examined:
    """A text against what is published; of what is not, nobody learns that it is there."""
    content = rules.content_of(told) or {}
    try:
        sought = digest(content)
    except (ValueError, RecursionError):
        return Examined([Finding(Check.FORM, holds=False)])
    said = await _same(db, sought, now)
    if said is not None:
        return Examined([Finding(Check.PUBLISHED, holds=True, facts=said)])
    findings = [Finding(Check.PUBLISHED, holds=False)]
    number = told.get("number")
    if isinstance(number, int) and (one := await _named(db, content, number, now)):
        received, differs = rules.parts(one, ""), rules.differing
        findings += [
            Finding(Check.PUBLISHED_PART, holds=False, facts={**each, "number": number})
            for each in differs(received, content, "")
        ]
    return Examined(findings)


async def _same(db: Reading, sought: str, now: datetime) -> dict[str, str | int] | None:
    """The published input that has this very text."""
    query = select(InputVersion, Input).join(Input).where(InputVersion.digest == sought)
    for version, found in await db.exec(query):
        if await published(db, found, version, now) and digest(version.content) == sought:
            slug = str(version.content["consultation"])
            number = found.number or 0
            return {"consultation": slug, "number": number, "version": version.number}
    return None


async def _named(
    db: Reading, content: Mapping[str, Any], number: int, now: datetime
) -> Mapping[str, Any] | None:
    """What is published under the number that a text says it has."""
    slug = content.get("consultation")
    if not 0 < number < rules.LARGEST or not isinstance(slug, str) or "\0" in slug:
        return None
    query = (
        select(InputVersion, Input)
        .join(Input)
        .join(Consultation, col(Consultation.id) == Input.consultation_id)
        .where(
            Consultation.slug == slug,
            Input.number == number,
        )
        .order_by(col(InputVersion.number).desc())
        .limit(1)
    )
    for version, found in await db.exec(query):
        if await published(db, found, version, now):
            return version.content
    return None


async def published(db: Reading, found: Input, version: InputVersion, now: datetime) -> bool:
    """Whether everybody may read the text of this version, whole.

    It is the newest, and nothing of it is left out: a guess at what is not shown tells nothing.
    """
    newer = select(InputVersion.id).where(
        InputVersion.input_id == found.id, col(InputVersion.number) > version.number
    )
    left_out = select(Redaction.id).where(
        Redaction.input_id == found.id, col(Redaction.lifted_at).is_(None)
    )
    if (await db.exec(newer)).first() or (await db.exec(left_out)).first():
        return False
    asked = await load(db, Consultation, found.consultation_id)
    facts = RoundFacts(asked.announced_at is not None, asked.publishing, asked.closes_at)
    seen = shown(InputFacts(found.state, found.consent, disowned=False), facts, now)
    return seen.text and (seen.files or not version.content["attachments"])


async def _publishing(db: Reading | Writing, found: Input) -> datetime | None:
    """When an input is published, if it is."""
    round_ = await load(db, Consultation, found.consultation_id)
    if found.submitted_at is None or round_.announced_at is None:
        return None
    if round_.publishing is Publishing.WHILE_OPEN:
        return found.submitted_at
    return max(round_.closes_at, found.submitted_at)


async def _begins(db: Reading, head: Head) -> list[Finding]:
    """Whether the log as it is kept begins with what a head was signed over."""
    size = await ledger.size_of(db)
    if size < head.size:
        facts: dict[str, str | int] = {"has": size, "size": head.size}
        return [Finding(Check.LENGTH, holds=False, facts=facts)]
    return [Finding(Check.LOG, await ledger.root(db, head.size) == head.root, {"size": head.size})]


async def _in_place(db: Reading, found: rules.Receipt) -> Finding:
    """Whether the leaf is where it should be, and what is above it was made of it."""
    leaf = Place(0, found.index)
    sound = (await ledger.known(db, [leaf])).get(leaf) == found.leaf
    if sound and (head := await ledger.newest(db)) is not None and found.index < head.size:
        root = await ledger.root(db, head.size)
        sound = root is not None and merkle.includes(
            root, head.size, found.index, found.leaf, await _path(db, found.index, head.size)
        )
    return Finding(Check.KNOWN, sound, found.facts)


async def _path(db: Reading, index: int, size: int) -> list[bytes]:
    try:
        return await ledger.proof(db, index, size)
    except NotFound:
        return []


async def _newest(db: Reading, keys: Keys) -> list[Finding]:
    """Whether the newest head is ours, and of the log as it is kept."""
    kept = await ledger.newest(db)
    if kept is None:
        return []
    head = rules.head_of(rules.parsed(kept.text), keys.fingerprint, verifies)
    sound = isinstance(head, Head) and head.size == kept.size
    sound = sound and isinstance(head, Head) and await ledger.root(db, kept.size) == head.root
    return [Finding(Check.NEWEST, sound, {"size": kept.size})]


async def _kept(db: Reading, found: rules.Receipt) -> list[Finding]:
    """What the tables say today of what a receipt proves."""
    query = select(Receipt).where(Receipt.position == found.index)
    row = (await db.exec(query)).first()
    if row is not None and row.entry is None:
        return [Finding(Check.ERASED, holds=True)]
    kept = await input_of(db, row) if row else None
    apart = _apart(found, row, kept)
    findings = [Finding(Check.ROW, not apart, {"fields": ", ".join(apart)})]
    if row is not None and kept is None:
        return [*findings, Finding(Check.ERASED, holds=True)]
    return [*findings, *(_stored(found, kept[1].content) if kept else ())]


def _apart(
    found: rules.Receipt, row: Receipt | None, kept: tuple[Input, InputVersion] | None
) -> list[str]:
    """The names of what is kept otherwise than it was entered."""
    told: dict[str, Any] = dict(row.entry or {}) if row else {}
    apart = {name for name in {*told, *found.entry} if told.get(name) != found.entry.get(name)}
    if row is None or row.reference != found.reference:
        apart.add("reference")
    if row is not None and row.leaf != found.leaf.hex():
        apart.add("leaf")
    if kept is not None:
        of, version = kept
        now = {
            "number": of.number,
            "version": version.number,
            "digest": version.digest,
            "received_at": rules.moment(version.at),
        }
        apart |= {name for name, value in now.items() if value != found.entry.get(name)}
    return sorted(apart)


def _stored(found: rules.Receipt, content: Mapping[str, Any]) -> list[Finding]:
    """Whether the text that is kept is the one that was received, and which part is not."""
    if digest(content) == found.entry.get("digest"):
        return [Finding(Check.STORED, holds=True, facts=found.facts)]
    apart = rules.differing(found.entry.get("parts", {}), content, str(found.entry.get("salt")))
    return [
        Finding(Check.STORED, holds=False, facts=found.facts),
        *(Finding(Check.STORED_PART, holds=False, facts=each) for each in apart),
    ]


# The timeline.

Source: TypeAlias = Callable[[Reading | Writing, Input], Awaitable[Sequence[Step]]]


async def _receptions(db: Reading | Writing, found: Input) -> list[Step]:
    query = (
        select(InputVersion)
        .where(InputVersion.input_id == found.id)
        .order_by(col(InputVersion.number))
    )
    return [
        Step(
            each.at,
            Happened.RECEIVED if each.number == 1 else Happened.REVISED,
            {"number": found.number or 0, "version": each.number},
        )
        for each in await db.exec(query)
    ]


async def _carried(db: Reading | Writing, found: Input) -> list[Step]:
    if found.carried_from_id is None or found.submitted_at is None:
        return []
    before = await load(db, Consultation, found.carried_from_id)
    after = await load(db, Consultation, found.consultation_id)
    facts = {"from": str(before.titles[ENGLISH]), "to": str(after.titles[ENGLISH])}
    return [Step(found.submitted_at, Happened.CARRIED, facts)]


async def _shown(db: Reading | Writing, found: Input) -> list[Step]:
    at = await _publishing(db, found)
    if at is None or (found.withdrawn_at is not None and found.withdrawn_at <= at):
        return []
    if found.consent is Consent.NONE:
        return [Step(at, Happened.NOT_PUBLISHED)]
    return [Step(at, Happened.PUBLISHED)]


async def _withdrawn(_db: Reading | Writing, found: Input) -> list[Step]:
    return [] if found.withdrawn_at is None else [Step(found.withdrawn_at, Happened.WITHDRAWN)]


async def _presented(db: Reading | Writing, found: Input) -> list[Step]:
    query = select(InputPresentation).where(
        InputPresentation.input_id == found.id, col(InputPresentation.replaced_at).is_(None)
    )
    happened = {
        Presenting.PRESENTED: Happened.PRESENTED,
        Presenting.NOT_COME: Happened.NOT_COME,
    }
    return [
        Step(each.at, happened[each.state])
        for each in await db.exec(query)
        if each.state in happened
    ]


async def _answered(db: Reading | Writing, found: Input) -> list[Step]:
    return await outcome.steps(db, found, datetime.now(UTC))


# One place: a subject in which something becomes of an input adds its source here.
SOURCES: list[Source] = [_receptions, _carried, _shown, _withdrawn, _presented, _answered]


async def timeline(db: Reading | Writing, found: Input) -> list[Step]:
    """What happened to an input and is planned, in order; computed from the rows each time."""
    steps = [step for source in SOURCES for step in await source(db, found)]
    return sorted(steps, key=lambda step: step.at)
