"""``cwg rule``: print an edition as a table, ask it one question, lay two side by side."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Final

import typer

from app import editions, i18n, reasons
from app.policy.access import Edition, Part, Right
from app.policy.access import decide as answer
from app.policy.decision import Decision, Denied, Reason, record
from app.policy.people import Category, Function, Standing
from app.policy.table import Change, Row
from app.policy.table import compare as differ
from app.policy.table import table as tabulate

rule = typer.Typer(
    name="rule",
    help="The rule book: who may do what in which part, and by which clause.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

DENIED: Final = 1
MISUSED: Final = 2
SHORT: Final = {
    Category.MEMBER_STATE: "MS",
    Category.SECTOR_MEMBER: "SM",
    Category.ASSOCIATE: "A",
    Category.ACADEMIA: "AC",
    Category.RES_99: "R99",
    Category.UN_ORGANIZATION: "UN",
    Category.INTERGOVERNMENTAL_ORGANIZATION: "IGO",
    Category.STAKEHOLDER: "ST",
    Category.PUBLIC: "P",
}

_ = i18n.translations(i18n.Language.ENGLISH).gettext


def _known(name: str) -> Edition:
    """The edition of this name, or the end with the names there are."""
    try:
        books = editions.load()
    except editions.Fault as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(MISUSED) from fault
    if name not in books:
        known = ", ".join(books)
        message = _('unknown edition "%(name)s"; one of %(known)s')
        raise typer.BadParameter(message % {"name": name, "known": known})
    return books[name]


EditionName = Annotated[str, typer.Option("--edition", help="The edition of the rule.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@rule.command()
def table(edition: EditionName = editions.DEFAULT, *, as_json: AsJson = False) -> None:
    """Print what an edition says of every part, right and category."""
    book = _known(edition)
    rows = tabulate(book)
    if as_json:
        return typer.echo(_json([_of_row(row) for row in rows]))
    return typer.echo("\n".join(_printed(book, rows)))


@rule.command()
def decide(
    category: Annotated[Category, typer.Option(help="The category of the person.")],
    part: Annotated[Part, typer.Option(help="The part of the meeting.")],
    right: Annotated[Right, typer.Option(help="The right in question.")],
    function: Annotated[
        list[Function] | None, typer.Option(help="A function in the meeting; may be repeated.")
    ] = None,
    edition: EditionName = editions.DEFAULT,
    *,
    as_json: AsJson = False,
) -> None:
    """Ask about someone whose papers are in order: ends with 0 for yes, 1 for no."""
    decision = answer(_known(edition), Standing.of(category, *(function or ())), part, right)
    typer.echo(_json(_of_decision(decision)) if as_json else "\n".join(_explained(decision)))
    if not decision:
        raise typer.Exit(DENIED)


@rule.command()
def compare(
    earlier: Annotated[str, typer.Argument(help="An edition.")],
    later: Annotated[str, typer.Argument(help="The edition to compare it with.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Print who gains or loses what from one edition to another."""
    changes = differ(_known(earlier), _known(later))
    if as_json:
        return typer.echo(_json([_of_change(change) for change in changes]))
    return typer.echo("\n".join(_changed(changes)) or _("Nothing changes for anyone."))


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _of_row(row: Row) -> dict[str, object]:
    return {
        "part": row.part.value,
        "right": row.right.value,
        "category": row.category.value,
        "allowed": row.allowed,
        "clause": row.clause,
        "reason": row.reason.value,
    }


def _of_decision(decision: Decision) -> dict[str, object]:
    return {
        **record(decision),
        "sentence": reasons.sentence(decision, _),
        "what_to_do": reasons.remedy(decision, _),
    }


def _of_change(change: Change) -> dict[str, object]:
    return {
        "part": change.part.value,
        "right": change.right.value,
        "category": change.category.value,
        "change": "gained" if change.gained else "lost",
        "before": _of_row(change.before),
        "after": _of_row(change.after),
    }


def _printed(edition: Edition, rows: Sequence[Row]) -> Iterator[str]:
    """The table of one edition, one line for a right, and what its signs mean."""
    yield f"{edition.id}: {edition.title} ({reasons.said(edition.status, _)})"
    yield ""
    head = ["part", "right", *SHORT.values(), "clause"]
    yield from _aligned(
        [head, *(_line(edition, rows, part, right) for part, right in _lines(edition))]
    )
    yield ""
    yield ", ".join(f"{sign} {reasons.said(one, _)}" for one, sign in SHORT.items())
    yield _("yes: allowed; obs: allowed as an observer; -: denied")


def _lines(edition: Edition) -> Iterator[tuple[Part, Right]]:
    return ((part, right) for part in edition.parts for right in Right)


def _line(edition: Edition, rows: Iterable[Row], part: Part, right: Right) -> list[str]:
    here = [row for row in rows if row.part is part and row.right is right]
    clauses = dict.fromkeys([edition.rule(part, right).clause.label, *(row.clause for row in here)])
    return [part, right, *(_sign(row) for row in here), ", ".join(clauses)]


def _sign(row: Row) -> str:
    if not row.allowed:
        return "-"
    return "obs" if row.reason is Reason.RES_99 else "yes"


def _aligned(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _explained(decision: Decision) -> Iterator[str]:
    """A decision for a reader: the answer, the sentence, the clause, and what to do next."""
    asked = (decision.right, decision.part, decision.category)
    verdict = _("Allowed") if decision else _("Denied")
    yield f"{verdict}: {', '.join(reasons.said(one, _) for one in asked)}"
    yield ""
    yield from _aligned([[key, value] for key, value in _details(decision) if value])


def _details(decision: Decision) -> Iterator[tuple[str, str]]:
    yield _("Why"), reasons.sentence(decision, _)
    yield _("Clause"), f"{decision.clause.label}: {decision.clause.paraphrase}"
    yield _("Edition"), decision.edition
    yield _("Reason"), decision.reason
    yield _("What to do"), reasons.remedy(decision, _)
    if isinstance(decision, Denied):
        yield _("Named"), ", ".join(reasons.said(one, _) for one in decision.named)
        yield _("Elsewhere"), ", ".join(reasons.said(one, _) for one in decision.elsewhere)


def _changed(changes: Sequence[Change]) -> Iterator[str]:
    """The changes, those of one right in one part on one line."""
    grouped: dict[tuple[Part, Right, bool, str], list[Category]] = {}
    for each in changes:
        key = (each.part, each.right, each.gained, each.after.clause)
        grouped.setdefault(key, []).append(each.category)
    return _aligned(
        [
            [
                reasons.said(part, _),
                reasons.said(right, _),
                _("gained by") if gained else _("lost by"),
                ", ".join(reasons.said(one, _) for one in categories),
                f"({clause})",
            ]
            for (part, right, gained, clause), categories in grouped.items()
        ]
    )
