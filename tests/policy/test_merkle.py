"""The tree of RFC 9162 against one that is computed as the text defines it, recursively."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy import merkle

MOST = 130


def naive(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, word by word."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = naive_split(len(leaves))
    return sha256(b"\x01" + naive(leaves[:k]) + naive(leaves[k:])).digest()


def naive_split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = naive_split(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive(leaves[:k])]


def naive_proof(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of 2.1.4.1."""
    if m == len(leaves):
        return [] if whole else [naive(leaves)]
    k = naive_split(len(leaves))
    if m <= k:
        return [*naive_proof(m, leaves[:k], whole), naive(leaves[k:])]
    return [*naive_proof(m - k, leaves[k:], whole=False), naive(leaves[:k])]


def said(size: int) -> list[bytes]:
    return [f"leaf {n}".encode() for n in range(size)]


def stored(leaves: list[bytes]) -> dict[merkle.Place, bytes]:
    """Grown leaf by leaf, each time knowing only what the tree of before consists of."""
    kept: dict[merkle.Place, bytes] = {}
    for size, data in enumerate(leaves):
        known = {place: kept[place] for place in merkle.cover((0, size))}
        kept |= merkle.grown(size, merkle.leaf(data), known)
    return kept


KEPT = stored(said(MOST))
Sizes = st.integers(1, MOST)


def part(spans: list[merkle.Span]) -> dict[merkle.Place, bytes]:
    """No more than a proof says that it needs."""
    return {place: KEPT[place] for place in merkle.covers(spans)}


def inclusion(index: int, size: int) -> list[bytes]:
    spans = merkle.inclusion(index, size)
    return merkle.heads(spans, part(spans))


def consistency(first: int, second: int) -> list[bytes]:
    spans = merkle.consistency(first, second)
    return merkle.heads(spans, part(spans))


def root(size: int) -> bytes:
    return merkle.head((0, size), part([(0, size)]))


def test_the_vectors_that_certificate_transparency_publishes():
    """The eight leaves of its reference implementation, and the heads of their trees."""
    leaves = [
        bytes.fromhex(each)
        for each in (
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        )
    ]
    kept = stored(leaves)
    heads = {size: merkle.head((0, size), kept).hex() for size in (1, 2, 8)}
    assert heads == {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }


@given(Sizes)
def test_the_head_is_the_one_that_is_computed_from_all_leaves(size):
    assert root(size) == naive(said(size))
    assert merkle.head((0, 0), {}) == merkle.EMPTY


@given(Sizes, st.data())
def test_a_proof_of_inclusion_is_the_one_of_the_text_and_holds_for_its_leaf_alone(size, data):
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion(index, size)
    hashed = merkle.leaf(said(size)[index])
    assert proof == naive_path(index, said(size))
    assert merkle.includes(root(size), size, index, hashed, proof)
    other = data.draw(st.integers(0, MOST))
    if other != index:
        assert not merkle.includes(root(size), size, other, hashed, proof)
    assert not merkle.includes(root(size), size, index, merkle.leaf(b"forged"), proof)
    assert not merkle.includes(root(size), size, index, hashed, [*proof, hashed])
    if proof:
        assert not merkle.includes(root(size), size, index, hashed, proof[:-1])


@given(Sizes, st.data())
def test_a_proof_of_consistency_is_the_one_of_the_text_and_holds_for_its_heads_alone(size, data):
    first = data.draw(st.integers(1, size))
    proof = consistency(first, size)
    assert proof == naive_proof(first, said(size))
    assert merkle.extends(first, root(first), size, root(size), proof)
    forged = naive([*said(first)[:-1], b"forged"])
    assert not merkle.extends(first, forged, size, root(size), proof)
    if first < size:
        rewritten = naive([b"forged", *said(size)[1:]])
        assert not merkle.extends(first, root(first), size, rewritten, proof)
        assert not merkle.extends(first, root(first), size, root(size), proof[:-1])
        assert not merkle.extends(size, root(size), first, root(first), proof)
    assert not merkle.extends(first, root(first), size, root(size), [*proof, root(1)])


def test_an_empty_tree_is_the_beginning_of_every_tree_and_of_nothing_else():
    assert merkle.extends(0, merkle.EMPTY, 7, root(7), [])
    assert not merkle.extends(0, root(1), 7, root(7), [])
    assert merkle.consistency(0, 7) == merkle.consistency(7, 7) == []


@pytest.mark.parametrize("asked", [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_that_is_not_there_has_no_proof(asked):
    with pytest.raises(ValueError, match=str(asked[0])):
        merkle.inclusion(*asked)
    assert not merkle.includes(merkle.EMPTY, asked[1], asked[0], merkle.EMPTY, [])


def test_a_shorter_tree_never_extends_a_longer_one():
    with pytest.raises(ValueError, match="9"):
        merkle.consistency(9, 8)


@pytest.mark.parametrize("size", [1_000, 100_000, 1_000_000_007])
def test_what_is_read_grows_with_the_logarithm(size):
    levels = size.bit_length()
    assert len(merkle.cover((0, size))) <= levels
    for index in (0, size // 3, size // 2, size - 2, size - 1):
        assert len(merkle.inclusion(index, size)) <= levels
        assert len(merkle.covers(merkle.inclusion(index, size))) <= 2 * levels
        assert len(merkle.covers(merkle.consistency(index + 1, size))) <= 2 * levels


def test_a_tree_that_has_grown_needs_a_proof():
    assert not merkle.extends(3, root(3), 5, root(5), [])
