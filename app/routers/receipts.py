"""Receipts of inputs, and the log that they are in: its heads, its proofs, and what checks them."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from app import depends, findings, ledger
from app.depends import HouseIn, Now, Reading, words_of
from app.errors import NotFound
from app.policy import receipt as rules
from app.policy.receipt import Check, Examined, Happened
from app.reasons import Translate
from app.routers.schemas import Out
from app.services import receipts

router = APIRouter(prefix="/api/v1", tags=["receipts"], dependencies=[Depends(depends.same_site)])
Size = Annotated[int, Query(ge=1, lt=rules.LARGEST)]
Number = Annotated[int, Query(ge=0, lt=rules.LARGEST)]
MOST_HEADS = 100


class StepOut(Out):
    """What happened to an input, or is planned where the moment is to come."""

    at: datetime
    what: Happened
    sentence: str


class FindingOut(Out):
    check: Check
    holds: bool
    sentence: str
    facts: dict[str, str | int]


class ExaminedOut(Out):
    """What was checked, in order; ``holds`` where everything does."""

    holds: bool
    findings: list[FindingOut]

    @classmethod
    def of(cls, found: Examined, words: Translate) -> "ExaminedOut":
        told = [
            FindingOut(
                check=each.check,
                holds=each.holds,
                sentence=findings.sentence(each, words),
                facts=dict(each.facts),
            )
            for each in found.findings
        ]
        return cls(holds=found.holds, findings=told)


class ProofOut(Out):
    """The proof of inclusion (RFC 9162, 2.1.3): hashes in hexadecimal, the lowest first."""

    index: int
    size: int
    leaf: str
    proof: list[str]


class LeavesOut(Out):
    """Hashes of leaves from ``start`` on, at most a thousand; they tell nothing of what is in."""

    start: int
    leaves: list[str]


@router.get("/receipts/{receipt}")
async def one(receipt: str, db: Reading, size: Size | None = None) -> Response:
    """The receipt as a file, under the head that was signed with it, or under the head of a size.

    Check it with ``cwg verify FILE --key FINGERPRINT``. Its address is known to whom it was given.
    """
    found = await receipts.by_reference(db, receipt)
    made = await ledger.document(db, found, size)
    if made is None:
        raise NotFound
    return Response(
        rules.written(made.as_json()),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="receipt-{found.reference}.json"'},
    )


@router.get("/receipts/{receipt}/timeline")
async def timeline(receipt: str, request: Request, db: Reading, now: Now) -> list[StepOut]:
    """What has become of the input, and what is planned."""
    of = await receipts.input_of(db, await receipts.by_reference(db, receipt))
    words = words_of(request)
    return [
        StepOut(at=each.at, what=each.what, sentence=findings.step(each, now, words))
        for each in (await receipts.timeline(db, of[0]) if of else ())
    ]


@router.post("/receipts/check")
async def check(
    told: Annotated[dict[str, Any], Body()], request: Request, at: HouseIn, db: Reading, now: Now
) -> ExaminedOut:
    """A receipt, a head or a published input, against the log and what is kept."""
    return ExaminedOut.of(await receipts.examine(db, told, at.keys, now), words_of(request))


@router.get("/log/head")
async def head(db: Reading, size: Size | None = None) -> Response:
    """The newest signed head, or the one of a size."""
    found = await ledger.newest(db) if size is None else await ledger.head_at(db, size)
    if found is None:
        raise NotFound
    return Response(
        found.text,
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="head-{found.size}.json"'},
    )


@router.get("/log/heads")
async def heads(db: Reading, below: Size | None = None) -> list[dict[str, Any]]:
    """Signed heads, the newest first; for the next hundred ask below the smallest of these."""
    return [rules.parsed(each.text) for each in await ledger.heads(db, below, MOST_HEADS)]


@router.get("/log/proof")
async def proof(db: Reading, index: Number = 0, size: Size | None = None) -> ProofOut:
    """That an entry is in the log of a size, by default the newest; the first entry is 0."""
    among = size or await ledger.size_of(db)
    path = await ledger.proof(db, index, among)
    (leaf,) = await ledger.leaves(db, index, 1)
    return ProofOut(index=index, size=among, leaf=leaf.hex(), proof=[each.hex() for each in path])


@router.get("/log/consistency")
async def consistency(db: Reading, first: Number = 0, second: Size | None = None) -> dict[str, Any]:
    """That the log of one size begins with that of another, by default the newest, as a file."""
    among = second or await ledger.size_of(db)
    return (await ledger.consistency(db, first, among)).as_json()


@router.get("/log/leaves")
async def leaves(db: Reading, start: Number = 0) -> LeavesOut:
    """For whoever keeps a log of their own beside ours."""
    return LeavesOut(start=start, leaves=[each.hex() for each in await ledger.leaves(db, start)])
