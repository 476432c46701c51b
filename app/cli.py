"""The command ``cwg``: each verb is a module of its own, and is imported when it is called.

What a terminal is drawn with, or what a bench measures, need not be read for a service to start;
each of several processes reads this module again.
"""

import sys
from importlib import import_module
from typing import Final

import structlog
import typer
from typer._click import Command, Context  # what its own groups are made of
from typer.core import TyperGroup
from typer.main import get_command, get_group

VERBS: Final = {
    "asyncapi": "app.serve_cli:protocol",
    "attend": "app.client.attend_cli:attend",
    "bench": "app.bench.commands:bench",
    "demo": "app.serve_cli:demo",
    "forget-passkeys": "app.passkey_cli:forget_passkeys",
    "found": "app.found_cli:found",
    "import": "app.import_cli:imports",
    "rule": "app.rule_cli:rule",
    "serve": "app.serve_cli:serve",
    "upgrade": "app.serve_cli:upgrade",
    "verify": "app.verify_cli:verify",
}


class Verbs(TyperGroup):
    """The verbs by their names."""

    def list_commands(self, _ctx: Context) -> list[str]:
        return list(VERBS)

    def get_command(self, _ctx: Context, name: str) -> Command | None:
        """The verb, imported now; None where there is no such one."""
        if name not in VERBS:
            return None
        module, _, attribute = VERBS[name].partition(":")
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            verb: Command = get_group(found)
        else:
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command()(found)
            verb = get_command(alone)
        verb.name = name
        return verb


app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The meeting service of a group whose first half is open to all.",
)


@app.callback()
def begin() -> None:
    """What is logged goes to the standard error: the output is for what was asked."""
    structlog.configure(logger_factory=_to_stderr)


def _to_stderr(*_: object) -> structlog.PrintLogger:
    """Wherever that is now: a program that calls this one may have turned it elsewhere."""
    return structlog.PrintLogger(sys.stderr)


if __name__ == "__main__":
    app()
