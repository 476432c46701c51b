"""Countries to choose from, named as the membership record names them; the rest as ISO 3166-1."""

from collections.abc import Iterable

from app import i18n
from app.i18n import Language
from app.models import Entity
from app.pages.portal.cases import named
from app.policy.text import fold


def countries(states: Iterable[Entity], language: Language) -> list[tuple[str, str]]:
    """Code and name, in the order of the names; a State has the name that it has as a member."""
    recorded = {each.iso2: named(each, language) for each in states}
    every = i18n.countries(language) | recorded
    return sorted(every.items(), key=lambda country: fold(country[1]))
