"""Doors behind one look at the address: a request asks only those that may be meant.

FastAPI asks every route of every router, one after the other; of some three hundred that took
longer than many an answer.
"""

import re

from fastapi import APIRouter
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import Match, compile_path
from starlette.types import Scope


class Corridor(APIRouter):
    """The doors of a router, which are asked where the address is one of theirs.

    Addresses are compared as the router has them: whoever includes a corridor gives it no prefix.
    """

    def __init__(self, router: APIRouter) -> None:
        super().__init__(routes=list(router.routes))
        paths = {each.path for each in iter_route_contexts(router.routes)}
        self._begins = tuple({path.partition("{")[0] for path in paths if path})
        self._addresses = re.compile("|".join(sorted(map(_shape, filter(None, paths)))))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a door is meant; none by an address with a NUL: no name has one.

        Nor is anything looked for by one: PostgreSQL keeps no text with it.
        """
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if not path.startswith(self._begins) or "\0" in path or not self._addresses.match(path):
            return Match.NONE, {}
        if b"%00" in scope.get("query_string", b""):
            raise HTTPException(400)
        return super().matches(scope)


def _shape(path: str) -> str:
    """What addresses of a path look like; names of its parts would stand in it more than once."""
    return re.sub(r"\?P<\w+>", "?:", compile_path(path)[0].pattern)
