"""What the rule book remembers is forgotten before each module of its tests.

Coverage counts the lines that run, and it counts the tests of some folders only. A line that a test
elsewhere had run first, in the same process, would be remembered here and not run.
"""

import sys
from typing import Any

import pytest


def memoised() -> list[Any]:
    modules = [module for name, module in sys.modules.items() if name.startswith("app.policy.")]
    return [each for module in modules for each in vars(module).values() if _clears(each)]


@pytest.fixture(autouse=True, scope="module")
def nothing_remembered() -> None:
    for function in memoised():
        function.cache_clear()


def _clears(value: Any) -> bool:
    return not isinstance(value, type) and callable(getattr(value, "cache_clear", None))
