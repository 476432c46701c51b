"""``cwg verify``: checks what the service has signed, without the service and without a network.

Certificates, receipts of inputs, and heads of the log; two heads by the proof between them.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from app import findings
from app.i18n import words
from app.keys import verifies
from app.policy import receipt as rules
from app.policy.certificate import Flaw, check
from app.policy.receipt import Check, Finding, Head

SENTENCES = {
    Flaw.NOT_A_CERTIFICATE: words("This file is not a certificate of the service."),
    Flaw.OTHER_KEY: words("It was signed with another key than the one named. Do not trust it."),
    Flaw.BAD_SIGNATURE: words("It was altered after it was signed. Do not trust it."),
}


def verify(
    file: Annotated[
        Path, typer.Argument(help="A certificate, a receipt or a head of the log.", exists=True)
    ],
    key: Annotated[
        str,
        typer.Option("--key", "--fingerprint", help="Of the key, from a page or a letter."),
    ],
    head: Annotated[
        Path | None,
        typer.Option(help="Another head, that you hold: is it of the same log?", exists=True),
    ] = None,
    consistency: Annotated[
        Path | None,
        typer.Option(
            help="The proof between the two heads, from /api/v1/log/consistency.", exists=True
        ),
    ] = None,
    text: Annotated[
        Path | None,
        typer.Option(help="The text of the input, as published: is it the same?", exists=True),
    ] = None,
) -> None:
    """Check a file offline; the exit code is 0 only when everything holds."""
    said = file.read_text(encoding="utf-8", errors="replace")
    told = rules.parsed(said)
    if rules.kind_of(told) in {rules.RECEIPT, rules.HEAD}:
        _tell(_checked(told, key, head, consistency, text))
        return
    if (head, consistency, text) != (None, None, None):
        typer.echo("--head, --consistency and --text are for receipts and heads.", err=True)
        raise typer.Exit(2)
    _certificate(said, key)


def _certificate(said: str, key: str) -> None:
    found = check(said, key, verifies)
    if isinstance(found, Flaw):
        typer.echo(SENTENCES[found], err=True)
        raise typer.Exit(1)
    typer.echo("Genuine: signed by the key you named, and not altered since.")
    for name in ("meeting", "edition", "epoch", "raised_at", "verified_at", "opened_at"):
        typer.echo(f"  {name:<12} {found[name]}")
    typer.echo(f"  {'stayed':<12} {len(found['stayed'])}")
    typer.echo(f"  {'in service':<12} {len(found['in_service'])}")
    typer.echo(f"  {'moved out':<12} {len(found['moved'])}")
    typer.echo(f"  {'hall':<12} {_hall(found['hall'])}")


def _hall(hall: dict[str, object]) -> str:
    if hall["signed"]:
        return f"signed by a steward, {hall['head_count']} people"
    return f"not signed; the chair's reason: {hall['reason']}"


# Receipts and heads.


def _checked(
    told: Mapping[str, Any],
    key: str,
    held: Path | None,
    proof: Path | None,
    text: Path | None,
) -> list[Finding]:
    found = rules.receipt_of(told)
    if found is not None:
        examined = rules.examine(found, key, verifies)
        made, head = list(examined.findings), examined.head
    elif rules.kind_of(told) == rules.HEAD:
        made, head = rules.signature(told, key, verifies)
    else:
        made, head = [Finding(Check.FORM, holds=False)], None
    if head is not None and held is not None:
        made += _against(head, held, proof, key)
    if text is not None:
        content = rules.content_of(_read(text))
        if found is None or content is None:
            return [*made, Finding(Check.FORM, holds=False)]
        made += rules.against_text(found, content)
    return made


def _against(head: Head, held: Path, proof: Path | None, key: str) -> list[Finding]:
    """Its own log against the head that somebody holds."""
    other = rules.head_of(_read(held), key, verifies)
    if not isinstance(other, Head):
        found, _ = rules.signature(_read(held), key, verifies)
        return found
    between = None if proof is None else rules.consistency_of(_read(proof))
    if proof is not None and between is None:
        return [Finding(Check.FORM, holds=False)]
    return [rules.compare(head, other, between)]


def _read(file: Path) -> Any:  # noqa: ANN401 - whatever a file holds
    return rules.parsed(file.read_text(encoding="utf-8", errors="replace"))


def _tell(found: Iterable[Finding]) -> None:
    made = list(found)
    well = all(each.holds for each in made)
    typer.echo(findings.ALL_WELL if well else findings.NOT_WELL, err=not well)
    for each in made:
        mark = "  holds  " if each.holds else "  FAILS  "
        typer.echo(mark + findings.sentence(each, str), err=not well)
    if not well:
        raise typer.Exit(1)
