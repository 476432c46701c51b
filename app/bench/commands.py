"""``cwg bench``: figures anyone can take on their own machine before a meeting."""

import json
from typing import Annotated

import typer

from app.bench import fanout, fence, house, rule

bench = typer.Typer(no_args_is_help=True, help="Measure this machine, beside a bare floor.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Connections = Annotated[int, typer.Option(min=1, max=20_000)]


@bench.command("rule")
def bench_rule(*, as_json: AsJson = False) -> None:
    """Time one decision of the rule."""
    _tell(dict(rule.run()), as_json=as_json)


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


def _tell(figures: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        typer.echo(f"{name:<36} {value}")
