"""Which documents somebody has, once it is known of which parts they may read."""

import re
from collections.abc import Collection
from enum import StrEnum
from typing import Final

from app.policy.documents import Relation
from app.policy.parts import Part

GROUP_TITLE: Final = 300
SHORT: Final = {
    Relation.REVISION: "rev",
    Relation.ADDENDUM: "add",
    Relation.CORRIGENDUM: "cor",
}


class GroupFault(StrEnum):
    """What is wrong with a group of documents; the sentence lives in the catalogue."""

    NO_SUCH_DOCUMENT = "group-no-such-document"
    NO_SUCH_ITEM = "group-no-such-item"
    TOO_FEW = "group-too-few"


class DocumentsReason(StrEnum):
    """Why somebody does not get a set of documents."""

    FOR_MEMBERS = "documents-for-members"


def reads(part: Part, open_parts: Collection[Part]) -> bool:
    """Whether a document of this part is for somebody who may read these parts (A18)."""
    return part in open_parts


def path_of(number: int, relation: Relation, place: int) -> str:
    """The last part of a document's address: ``3``, or ``3-rev1`` for its first revision."""
    return str(number) if relation is Relation.ORIGINAL else f"{number}-{SHORT[relation]}{place}"


def written(symbol: str, number: int, relation: Relation, place: int) -> str:
    """As people cite it: ``CWG-Internet-20/3 Rev.1``."""
    more = "" if relation is Relation.ORIGINAL else f" {SHORT[relation].capitalize()}.{place}"
    return f"{symbol}/{number}{more}"


def numbers(typed: str) -> list[str]:
    """Addresses of documents as somebody types them: ``3, 4 7-rev1``; each once, in that order."""
    return list(dict.fromkeys(each.lower() for each in re.split(r"[\s,;]+", typed) if each))
