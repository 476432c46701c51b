"""Documents that are taken together, and taken away: what is wrong, and how they are named."""

import re
from enum import StrEnum
from typing import Final

GROUP_TITLE: Final = 300


class GroupFault(StrEnum):
    """What is wrong with a group of documents; the sentence lives in the catalogue."""

    NO_SUCH_DOCUMENT = "group-no-such-document"
    NO_SUCH_ITEM = "group-no-such-item"
    TOO_FEW = "group-too-few"


class DocumentsReason(StrEnum):
    """Why somebody does not get a set of documents."""

    FOR_MEMBERS = "documents-for-members"


def numbers(typed: str) -> list[str]:
    """Addresses of documents as somebody types them: ``3, 4 7-rev1``; each once, in that order."""
    return list(dict.fromkeys(each.lower() for each in re.split(r"[\s,;]+", typed) if each))
