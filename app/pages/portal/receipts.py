"""The receipt of an input, the page where anyone verifies one, and the heads of the log."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, UploadFile
from starlette.responses import HTMLResponse, Response

from app import findings, ledger
from app.database import Reading as Db
from app.database import load
from app.depends import Reading, own_form
from app.errors import NotFound
from app.i18n import clock, day, words
from app.models import Consultation, Input, Meeting, Receipt
from app.pages.look import render
from app.pages.portal.cases import venue
from app.pages.reader import Reader, ReaderIn
from app.paper import receipt as paper
from app.paper.badge import code
from app.paper.receipt import Pair, Sheet
from app.policy import receipt as rules
from app.policy.receipt import Examined
from app.services import receipts

router = APIRouter()
# The address of the page is the key: no cache, no other site and no search engine may learn it.
PRIVATE: Final = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
ENGLISH: Final = "en"
HEADS: Final = 50
LONGEST: Final = 200_000
OFFLINE: Final = "cwg verify receipt.json --key FINGERPRINT"
COMPARE: Final = (
    'curl -o proof.json "{address}/api/v1/log/consistency?first=OLD&second=NEW"\n'
    "cwg verify new.json --head old.json --consistency proof.json --key FINGERPRINT"
)
UNKNOWN: Final = words("No receipt of this service has this reference.")
NOTHING: Final = words("Give a reference, a file, or the text of one.")
NOT_TEXT: Final = words("This file is not text in UTF-8.")


@dataclass(frozen=True, slots=True)
class Moment:
    """A step of the timeline; one that is to come is planned."""

    at: datetime
    zone: str
    text: str
    planned: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in words."""

    holds: bool
    text: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A receipt with what it is of; nothing of the input where that was erased."""

    row: Receipt
    made: rules.Receipt | None
    found: Input | None
    round: Consultation | None
    meeting: Meeting | None

    @property
    def reference(self) -> str:
        """In groups of four, to be read out and typed."""
        whole = self.row.reference
        return "-".join(whole[start : start + 4] for start in range(0, len(whole), 4))


async def _kept(db: Db, reference: str) -> Kept:
    row = await receipts.by_reference(db, reference)
    made = await ledger.document(db, row)
    of = await receipts.input_of(db, row)
    if of is None:
        return Kept(row, made, None, None, None)
    round_ = await load(db, Consultation, of[0].consultation_id)
    meeting = await load(db, Meeting, round_.meeting_id)
    return Kept(row, made, of[0], round_, meeting)


def _title(found: Consultation | None, reader: Reader) -> str:
    titles = found.titles if found else {}
    return str(titles.get(reader.language.value) or titles.get(ENGLISH, ""))


def _received(made: rules.Receipt) -> datetime:
    return datetime.fromisoformat(str(made.entry["received_at"]))


def _verify_at(reader: Reader, row: Receipt) -> str:
    return f"{reader.house.settings.address}/verify?receipt={row.reference}"


@router.get("/receipts/{receipt}", name="receipt")
async def show(receipt: str, reader: ReaderIn, db: Reading) -> HTMLResponse:
    kept = await _kept(db, receipt)
    steps = await receipts.timeline(db, kept.found) if kept.found else []
    zone = kept.round.time_zone if kept.round else "UTC"
    meeting = await load(db, Meeting, kept.round.meeting_id) if kept.round else None
    drawn = b64encode(code(_verify_at(reader, kept.row)).encode()).decode()
    return render(
        reader.request,
        "portal/receipt.html",
        200,
        PRIVATE,
        kept=kept,
        title=_title(kept.round, reader),
        zone=zone,
        city=venue(meeting, zone) if meeting else None,
        entry=kept.made.entry if kept.made else None,
        head=kept.made.head if kept.made else None,
        received=_received(kept.made) if kept.made else None,
        moments=[
            Moment(each.at, zone, findings.step(each, reader.now, reader.say), each.at > reader.now)
            for each in steps
        ],
        drawn=f"data:image/svg+xml;base64,{drawn}",
        command=f"cwg verify receipt-{kept.row.reference}.json --key "
        f"{reader.house.keys.fingerprint}",
    )


@router.get("/receipts/{receipt}/receipt.pdf")
async def pdf(receipt: str, reader: ReaderIn) -> Response:
    async with reader.house.database.reading() as db:
        kept = await _kept(db, receipt)
    if kept.made is None:
        raise NotFound
    made = await paper.printed(
        reader.house.settings.data_dir / "fonts", _sheet(kept, kept.made, reader)
    )
    name = f'inline; filename="receipt-{kept.row.reference}.pdf"'
    return Response(
        made, media_type="application/pdf", headers={"Content-Disposition": name, **PRIVATE}
    )


def _sheet(kept: Kept, made: rules.Receipt, reader: Reader) -> Sheet:
    say, entry, head = reader.say, made.entry, made.head
    at, language = _received(made), reader.language
    keys = reader.house.keys.fingerprint
    size = head["statement"]["size"]
    return Sheet(
        service=reader.house.settings.address,
        title=say("Receipt"),
        lead=say("This was received, and has its place in a log that nobody can alter unseen."),
        label=say("Reference"),
        reference=kept.reference,
        address=_verify_at(reader, kept.row),
        alt=say("QR code that leads to the page where this receipt is verified"),
        scan=say("Scan to verify"),
        pairs=[
            Pair(say("Consultation"), _title(kept.round, reader) or str(entry["consultation"])),
            Pair(
                say("Input"),
                say("number %(number)s, version %(version)s")
                % {"number": entry["number"], "version": entry["version"]},
            ),
            Pair(say("Received"), f"{day(at, 'UTC', language)}, {clock(at, 'UTC', language)} UTC"),
            Pair(say("To the microsecond"), str(entry["received_at"]), exact=True),
            Pair(say("SHA-256 of the text"), str(entry["digest"]), exact=True),
            Pair(say("Edition of the rule"), str(entry["edition"]), exact=True),
            Pair(
                say("Place in the log"),
                say("entry %(number)s of the %(size)s at that moment")
                % {"number": made.index + 1, "size": size},
            ),
            Pair(say("Head of the log"), str(head["statement"]["root"]), exact=True),
            Pair(say("Signature (Ed25519)"), str(head["signature"]["value"]), exact=True),
            Pair(say("Fingerprint of the key"), str(head["signature"]["fingerprint"]), exact=True),
        ],
        foot=[
            say(
                "Compare the fingerprint with one that you have from elsewhere: a letter of this "
                "service, or its pages."
            ),
            say("With the receipt as a file, no network is needed:")
            + f" cwg verify receipt-{kept.row.reference}.json --key {keys}",
        ],
    )


# Verified.


@router.get("/verify", name="verify")
async def verify(
    reader: ReaderIn, db: Reading, receipt: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    if not receipt.strip():
        return _verify(reader, 200)
    return await _by_reference(db, receipt, reader)


@router.post("/verify", dependencies=[Depends(own_form)])
async def check(
    reader: ReaderIn,
    db: Reading,
    receipt: Annotated[str, Form(max_length=200)] = "",
    pasted: Annotated[str, Form(max_length=LONGEST)] = "",
    file: UploadFile | None = None,
) -> HTMLResponse:
    """A file before what is pasted, and that before a reference; nothing of it is kept."""
    try:
        said = pasted if file is None or not file.filename else await _text(file)
    except UnicodeDecodeError:
        return _verify(reader, 422, receipt, pasted, errors={"file": reader.say(NOT_TEXT)})
    if said.strip():
        told = rules.parsed(said)
        examined = await receipts.examine(db, told, reader.house.keys, reader.now)
        return _verify(reader, 200, receipt, pasted, examined)
    if receipt.strip():
        return await _by_reference(db, receipt, reader)
    return _verify(reader, 422, errors={"pasted": reader.say(NOTHING)})


async def _text(file: UploadFile) -> str:
    return (await file.read()).decode("utf-8-sig")


async def _by_reference(db: Db, receipt: str, reader: Reader) -> HTMLResponse:
    try:
        row = await receipts.by_reference(db, receipt)
    except NotFound:
        return _verify(reader, 404, receipt, errors={"receipt": reader.say(UNKNOWN)})
    examined = await receipts.check_own(db, row, reader.house.keys)
    return _verify(reader, 200, receipt, "", examined, row.reference)


def _verify(
    reader: Reader,
    status: int,
    receipt: str = "",
    pasted: str = "",
    examined: Examined | None = None,
    reference: str = "",
    errors: dict[str, str] | None = None,
) -> HTMLResponse:
    return render(
        reader.request,
        "portal/verify.html",
        status,
        PRIVATE,
        receipt=receipt,
        pasted=pasted,
        errors=errors or {},
        holds=examined.holds if examined else None,
        told=_told(examined, reader) if examined else [],
        verdict=reader.say(findings.ALL_WELL if examined and examined.holds else findings.NOT_WELL),
        reference=reference,
        command=OFFLINE,
    )


def _told(examined: Examined, reader: Reader) -> Sequence[Told]:
    return [Told(each.holds, findings.sentence(each, reader.say)) for each in examined.findings]


# The log.


@router.get("/log", name="log")
async def log(
    reader: ReaderIn, db: Reading, below: Annotated[int | None, Query(ge=1)] = None
) -> HTMLResponse:
    heads = await ledger.heads(db, below, HEADS + 1)
    return reader.page(
        "portal/log.html",
        heads=[(each, rules.parsed(each.text)["statement"]) for each in heads[:HEADS]],
        more=heads[HEADS - 1].size if len(heads) > HEADS else None,
        key=reader.house.keys.fingerprint,
        commands=COMPARE.format(address=reader.house.settings.address),
    )
