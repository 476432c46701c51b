"""``cwg verify``: checks a certificate without the service and without a network."""

from pathlib import Path
from typing import Annotated

import typer

from app.i18n import words
from app.keys import verifies
from app.policy.certificate import Flaw, check

SENTENCES = {
    Flaw.NOT_A_CERTIFICATE: words("This file is not a certificate of the service."),
    Flaw.OTHER_KEY: words("It was signed with another key than the one named. Do not trust it."),
    Flaw.BAD_SIGNATURE: words("It was altered after it was signed. Do not trust it."),
}


def verify(
    file: Annotated[Path, typer.Argument(help="A certificate, as downloaded.", exists=True)],
    key: Annotated[str, typer.Option(help="Fingerprint of the key, from a page or a letter.")],
) -> None:
    """Check a certificate offline; the exit code is 0 only when it is genuine."""
    found = check(file.read_text(encoding="utf-8", errors="replace"), key, verifies)
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
