"""How long a round takes to become a document: compared, put into words, set as PDF and as DOCX."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from time import perf_counter
from typing import Final, TypedDict
from uuid import UUID, uuid5

import orjson

from app.compiling import made_by
from app.models import Input
from app.pages.portal.compiled import worded
from app.policy.inputs import Shown
from app.policy.people import Capacity, Category, StakeholderGroup
from app.services.compiled import Asked, Entry, Gathered, worked_out
from app.services.publication import Counts, Published

LIMIT_PDF_S: Final = 60.0
OURS: Final = UUID("6f1d2c58-7d0e-4f6e-9a55-0d6f0f8a7c11")
# Words and the blank between them, of each language; a number makes every sentence another.
SENTENCES: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "ar": (("نقترح", "سياسات", "واضحة", "لدعم", "اللغة", "العربية", "على", "الإنترنت"), " "),
    "en": (("Governments", "could", "ask", "for", "universal", "acceptance", "of", "names"), " "),
    "es": (("Los", "gobiernos", "podrían", "exigir", "la", "aceptación", "universal", "ya"), " "),
    "fr": (("Les", "États", "pourraient", "exiger", "l’acceptation", "universelle", "dès"), " "),
    "ru": (("Правительства", "могли", "бы", "требовать", "признания", "доменных", "имён"), " "),
    "zh": (("我们", "建议", "各国", "政府", "支持", "域名", "普遍", "适用"), ""),
}
PARAGRAPH: Final = 12
"""Sentences."""


class Measured(TypedDict):
    """What the bench prints; ``pdf_seconds`` has the whole way from values to bytes."""

    bench: str
    inputs: int
    words: int
    compared_seconds: float
    pdf_seconds: float
    pdf_limit_seconds: float
    pdf_bytes: int
    docx_seconds: float
    docx_bytes: int


def run(inputs: int = 300, words: int = 600) -> Measured:
    """Compile so many inputs of so many words in six languages, as a reader's request does."""
    gathered = _gathered(inputs, words)
    began = perf_counter()
    whole = worked_out(gathered)
    compared = perf_counter() - began
    said = orjson.dumps(worded(whole).as_json())
    worded_at = perf_counter()
    pdf = asyncio.run(made_by(said, "app.paper.compiled", ""))
    printed_at = perf_counter()
    docx = asyncio.run(made_by(said, "app.package.compiled"))
    return {
        "bench": "compiled",
        "inputs": inputs,
        "words": whole.numbers.tally.words,
        "compared_seconds": round(compared, 2),
        "pdf_seconds": round(printed_at - began, 2),
        "pdf_limit_seconds": LIMIT_PDF_S,
        "pdf_bytes": len(pdf),
        "docx_seconds": round(perf_counter() - printed_at + worded_at - began, 2),
        "docx_bytes": len(docx),
    }


def _gathered(inputs: int, words: int) -> Gathered:
    now = datetime.now(UTC)
    rows = [_row(number, now) for number in range(1, inputs + 1)]
    return Gathered(
        at=now,
        slug="bench",
        titles={"en": "A round of the bench", "ar": "مشاورة", "zh": "磋商"},
        topic=1,
        meeting="Twentieth meeting of the working group",
        meeting_slug="twentieth",
        opens_at=now,
        closes_at=now,
        zone="Europe/Zurich",
        closed=True,
        questions=[
            Asked(1, {"en": "What could be done?"}),
            Asked(2, {"en": "What stands against?"}),
        ],
        brief=None,
        counts=Counts(published=inputs),
        entries=[Entry(_input(row.number or 0, words, now), "africa", None) for row in rows],
        rows=rows,
    )


def _row(number: int, now: datetime) -> Input:
    return Input(
        consultation_id=OURS,
        number=number,
        person_id=uuid5(OURS, str(number // 2)),
        capacity=Capacity.INDIVIDUAL,
        created_at=now,
    )


def _input(number: int, words: int, now: datetime) -> Published:
    language = list(SENTENCES)[number % len(SENTENCES)]
    texts = {
        "summary": _text(language, number, words // 10),
        "question:1": _text(language, number, words // 2),
        "question:2": _text(language, -number, words - words // 2 - words // 10),
    }
    return Published(
        number=number,
        at=now,
        shown=Shown(known=True, text=True, body=True, name=True, files=True),
        language=language,
        texts=texts,
        names=[f"Participant {number}"],
        organization=f"Association {number // 2}",
        country="KE",
        group=list(StakeholderGroup)[number % len(StakeholderGroup)],
        category=Category.STAKEHOLDER,
        version=1,
        digest=sha256(str(number).encode()).hexdigest(),
    )


def _text(language: str, number: int, words: int) -> str:
    said, blank = SENTENCES[language]
    per = len(said) + 1
    sentences = [
        f"{blank.join(said)} {number * 7919 + place}." for place in range(max(1, words // per))
    ]
    starts = range(0, len(sentences), PARAGRAPH)
    return "\n".join(" ".join(sentences[at : at + PARAGRAPH]) for at in starts)
