"""``cwg bench``: figures anyone can take on their own machine before a meeting."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from app.bench import (
    badges,
    compiled,
    fanout,
    fence,
    hour,
    house,
    inputs,
    live,
    plot,
    receipts,
    registration,
    rule,
)

bench = typer.Typer(no_args_is_help=True, help="Measure this machine, beside a bare floor.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Connections = Annotated[int, typer.Option(min=1, max=20_000)]


@bench.command("rule")
def bench_rule(*, as_json: AsJson = False) -> None:
    """Time one decision of the rule."""
    _tell(dict(rule.run()), as_json=as_json)


@bench.command("badges")
def bench_badges(
    many: Annotated[int, typer.Option(min=1, max=5000, help="Badges in one PDF.")] = 1000,
    *,
    as_json: AsJson = False,
) -> None:
    """Print single badges once the fonts are read, then many into one PDF."""
    _tell(dict(badges.run(many)), as_json=as_json)


@bench.command("compiled")
def bench_compiled(
    inputs: Annotated[int, typer.Option(min=1, max=2000, help="Inputs of the round.")] = 300,
    words: Annotated[int, typer.Option(min=20, max=10_000, help="Words of each.")] = 600,
    *,
    as_json: AsJson = False,
) -> None:
    """Compile a round of inputs in six languages into one PDF and one DOCX."""
    _tell(dict(compiled.run(inputs, words)), as_json=as_json)


@bench.command("fanout")
def bench_fanout(connections: Connections = 1000, *, as_json: AsJson = False) -> None:
    """Deliver one event to many sockets, beside a bare loop of os.write."""
    wire = fanout.run(connections=connections)
    whole = fanout.run(connections=connections, rounds=7, open_path=house.listening)
    _tell(wire | {"whole_way_with_transaction_and_journal": whole}, as_json=as_json)


@bench.command("fence")
def bench_fence(connections: Connections = 2000, *, as_json: AsJson = False) -> None:
    """Empty a full room at the fence, beside a bare loop that closes as many sockets."""
    sockets = fence.run(connections=connections)
    whole = fence.run(connections=connections, open_scene=house.leaving)
    _tell(whole | {"sockets_alone": sockets}, as_json=as_json)


@bench.command("live")
def bench_live(
    participants: Annotated[int, typer.Option(min=10, max=9_000)] = 5000,
    seconds: Annotated[int, typer.Option(min=1, max=120, help="Of events, ten in each.")] = 20,
    plot_file: Annotated[
        Path | None, typer.Option("--plot", help="Draw the distribution as SVG into this file.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Fill a room, tell it ten events a second, kill the server, and count an hour's bytes."""
    said = live.run(participants, seconds, lambda word: typer.echo(word, err=True))
    typer.echo("an hour in fast motion", err=True)
    figures = said | {"hour": hour.run()}
    if plot_file is not None:
        plot_file.write_text(_drawn(figures), encoding="utf-8")
    _tell_all(figures, as_json=as_json)


@bench.command("registration")
def bench_registration(
    people: Annotated[int, typer.Option(min=100, max=20_000)] = 2000,
    postgres: Annotated[
        str,
        typer.Option(
            envvar="CWG_BENCH_POSTGRES",
            help="SQLAlchemy URL of an empty database (postgresql+asyncpg://…), to measure too.",
        ),
    ] = "",
    at_a_time: Annotated[
        int, typer.Option(min=1, max=500, help="Who come together, and who commit together.")
    ] = registration.AT_A_TIME,
    *,
    as_json: AsJson = False,
) -> None:
    """Register from the first request to the acknowledgement, beside commits of one row."""
    _tell_all(registration.run(people, postgres, at_a_time), as_json=as_json)


@bench.command("receipts")
def bench_receipts(
    entries: Annotated[
        list[int], typer.Option(min=10, max=1_000_000, help="Sizes of the log; may be repeated.")
    ] = [1_000, 100_000],  # noqa: B006 - typer copies it
    postgres: Annotated[
        str,
        typer.Option(
            envvar="CWG_BENCH_POSTGRES",
            help="SQLAlchemy URL of an empty database (postgresql+asyncpg://…), to measure too.",
        ),
    ] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Append to the log of inputs and prove what is in it, by the size of the log."""
    _tell_all(receipts.run(entries, postgres), as_json=as_json)


@bench.command("inputs")
def bench_inputs(
    many: Annotated[
        int, typer.Option("--inputs", min=100, max=1_000_000, help="Inputs to search in.")
    ] = 100_000,
    postgres: Annotated[
        str,
        typer.Option(
            envvar="CWG_BENCH_POSTGRES",
            help="SQLAlchemy URL of an empty database (postgresql+asyncpg://…), to measure too.",
        ),
    ] = "",
    searches: Annotated[int, typer.Option(min=20, max=10_000)] = inputs.SEARCHES,
    submissions: Annotated[
        int, typer.Option(min=64, max=20_000, help="Inputs that are sent at the same time.")
    ] = inputs.SUBMISSIONS,
    *,
    as_json: AsJson = False,
) -> None:
    """Search many inputs, send some and prove what came, each beside its floor."""
    _tell_all(inputs.run(many, postgres, searches, submissions), as_json=as_json)


def _drawn(figures: dict[str, Any]) -> str:
    count = figures["participants"]
    return plot.distribution(
        f"One event to {count} connections",
        f"How many of a hundred deliveries took no longer than so many milliseconds, with"
        f" {figures['events_a_second']:g} events a second, beside a bare loop of writes.",
        {
            "An event, until it is read": figures["distribution_ms"],
            "A bare loop, until it is read": figures["bare_distribution_ms"],
        },
    )


def _tell_all(figures: dict[str, Any], *, as_json: bool) -> None:
    """In JSON as it is; for people line by line, without the points of the plot."""
    if not as_json:
        figures = _flat({k: v for k, v in figures.items() if not k.endswith("distribution_ms")})
    _tell(figures, as_json=as_json)


def _flat(figures: dict[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in figures.items():
        if isinstance(value, dict) and not all(isinstance(each, float) for each in value.values()):
            flat |= _flat(value, f"{before}{name}.")
        elif isinstance(value, dict):
            flat[before + name] = "  ".join(f"{key} {each:g}" for key, each in value.items())
        elif value and isinstance(value, list) and isinstance(value[0], dict):
            for each in value:
                title, *rest = each.items()
                flat[f"{before}{name}: {title[1]}"] = "  ".join(f"{k} {v}" for k, v in rest)
        else:
            flat[before + name] = value
    return flat


def _tell(figures: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        typer.echo(f"{name:<44} {value}")
