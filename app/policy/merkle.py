"""A Merkle tree as RFC 9162 hashes it (2.1), kept as the hashes of its complete subtrees.

A tree of n leaves is a row of complete subtrees; each has a place, and once there it never changes.
Growing, the head and every proof read a number of them that grows with the logarithm of n. Whoever
keeps the hashes is asked for places, and hands back what is there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias

EMPTY: Final = sha256().digest()
LEAF: Final = b"\x00"
NODE: Final = b"\x01"


@dataclass(frozen=True, slots=True)
class Place:
    """A complete subtree over the leaves from ``index * 2**level``, ``2**level`` of them."""

    level: int
    index: int


Span: TypeAlias = tuple[int, int]
"""The leaves from the first number up to, and without, the second; the first leaf is 0."""
Known: TypeAlias = Mapping[Place, bytes]


def leaf(data: bytes) -> bytes:
    return sha256(LEAF + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(NODE + left + right).digest()


def cover(span: Span) -> list[Place]:
    """The complete subtrees that a span consists of, the largest possible, from the left."""
    start, end = span
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        found.append(Place(level, start >> level))
        start += 1 << level
    return found


def covers(spans: Iterable[Span]) -> list[Place]:
    """All that has to be read for these spans."""
    return [place for span in spans for place in cover(span)]


def head(span: Span, known: Known) -> bytes:
    """The hash over a span: of the whole tree for ``(0, size)``."""
    *rest, made = [known[place] for place in cover(span)] or [EMPTY]
    for hashed in reversed(rest):
        made = node(hashed, made)
    return made


def heads(spans: Iterable[Span], known: Known) -> list[bytes]:
    """A proof, once what its spans need is known."""
    return [head(span, known) for span in spans]


def grown(size: int, hashed: bytes, known: Known) -> dict[Place, bytes]:
    """What one more leaf adds to a tree of ``size`` leaves, whose ``cover((0, size))`` is known."""
    place = Place(0, size)
    made = {place: hashed}
    while place.index % 2:
        hashed = node(known[Place(place.level, place.index - 1)], hashed)
        place = Place(place.level + 1, place.index // 2)
        made[place] = hashed
    return made


def inclusion(index: int, size: int) -> list[Span]:
    """The spans of the proof that a leaf is in a tree of ``size`` leaves (2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(index)
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency(first: int, second: int) -> list[Span]:
    """The spans of the proof that one tree begins with another, by their sizes (2.1.4.1).

    Nothing needs a proof that it begins with nothing, or with itself.
    """
    if not 0 <= first <= second:
        raise ValueError(first)
    if first in {0, second}:
        return []
    start, end, path = 0, second, []
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return [*([(start, end)] if start else []), *path[::-1]]


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def includes(root: bytes, size: int, index: int, hashed: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof leads from the leaf's hash to the head of the tree (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last = index, size - 1
    for each in proof:
        if not last:
            return False
        if place % 2 or place == last:
            hashed = node(each, hashed)
            while place and not place % 2:
                place, last = place >> 1, last >> 1
        else:
            hashed = node(hashed, each)
        place, last = place >> 1, last >> 1
    return not last and hashed == root


def extends(
    first: int, first_root: bytes, second: int, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the second tree begins with all of the first (2.1.4.2)."""
    if not 0 <= first <= second:
        return False
    if first == second:
        return first_root == second_root and not proof
    if not first:
        return first_root == EMPTY and not proof
    path = [first_root, *proof] if not first & (first - 1) else [*proof]
    if not path:
        return False
    place, last = first - 1, second - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for each in path[1:]:
        if not last:
            return False
        if place % 2 or place == last:
            old, new = node(each, old), node(each, new)
            while place and not place % 2:
                place, last = place >> 1, last >> 1
        else:
            new = node(new, each)
        place, last = place >> 1, last >> 1
    return not last and old == first_root and new == second_root
