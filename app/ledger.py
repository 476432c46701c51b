"""The log of what was received: a Merkle tree in two tables, appended, read and proven.

Every reading is of a number of nodes that grows with the logarithm of the log, found by their keys.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlmodel import and_, col, func, or_, select

from app.database import Reading, Writing, put_rows
from app.errors import NotFound
from app.keys import Keys
from app.models import LogHead, LogNode, Receipt
from app.policy import merkle
from app.policy import receipt as rules
from app.policy.merkle import Place, Span
from app.policy.receipt import Head

MOST: Final = 1000


async def append(db: Writing, leaves: Sequence[bytes], keys: Keys, now: datetime) -> int:
    """Add leaves, sign the head over all of them, and tell the first one's place.

    Whoever calls holds the chain, and so nothing comes between these leaves and their head.
    """
    size = first = await size_of(db)
    if not leaves:
        return first
    nodes = await known(db, merkle.cover((0, size)))
    grown = dict[Place, bytes]()
    for leaf in leaves:
        more = merkle.grown(size, leaf, nodes)
        nodes |= more
        grown |= more
        size += 1
    rows = [{"level": at.level, "position": at.index, "digest": each} for at, each in grown.items()]
    await put_rows(db, LogNode, rows)
    head = Head(size, merkle.head((0, size), nodes), rules.moment(now))
    text = rules.sign_head(head, keys.sign, keys.public)
    await put_rows(db, LogHead, [{"size": size, "at": now, "text": text}])
    return first


async def document(
    db: Reading | Writing, found: Receipt, size: int | None = None
) -> rules.Receipt | None:
    """The receipt as anyone can check it, by default under the head that was signed with it.

    None once its entry was erased; NotFound for a head that there is not.
    """
    if found.entry is None:
        return None
    head = await (_signed_with(db, found) if size is None else head_at(db, size))
    path = await proof(db, found.position, head.size)
    leaf = bytes.fromhex(found.leaf)
    signed = rules.parsed(head.text)
    return rules.Receipt(found.reference, found.entry, found.position, leaf, path, signed)


async def size_of(db: Reading | Writing) -> int:
    """How many entries the log has."""
    return (await db.exec(select(func.max(LogHead.size)))).one() or 0


async def head_at(db: Reading | Writing, size: int) -> LogHead:
    if not 0 < size < rules.LARGEST or (found := await db.get(LogHead, size)) is None:
        raise NotFound
    return found


async def _signed_with(db: Reading | Writing, found: Receipt) -> LogHead:
    """The first head over an entry: one is signed for all that were received together."""
    query = select(LogHead).where(col(LogHead.size) > found.position).order_by(col(LogHead.size))
    if head := (await db.exec(query.limit(1))).first():
        return head
    raise NotFound


async def newest(db: Reading | Writing, until: datetime | None = None) -> LogHead | None:
    """The newest head, or the newest that there was at a moment."""
    query = select(LogHead).order_by(col(LogHead.size).desc()).limit(1)
    if until is not None:
        query = query.where(col(LogHead.at) <= until)
    return (await db.exec(query)).first()


async def heads(db: Reading, below: int | None = None, most: int = 50) -> list[LogHead]:
    """Signed heads, the newest first; of those smaller than a size where one is given."""
    query = select(LogHead).order_by(col(LogHead.size).desc()).limit(most)
    if below is not None:
        query = query.where(col(LogHead.size) < min(below, rules.LARGEST))
    return list(await db.exec(query))


async def proof(db: Reading | Writing, index: int, size: int) -> list[bytes]:
    """The proof that an entry is in the log of that size; NotFound where there is none."""
    if not 0 <= index < size <= await size_of(db):
        raise NotFound
    return await hashes(db, merkle.inclusion(index, size))


async def consistency(db: Reading | Writing, first: int, second: int) -> rules.Consistency:
    """The proof that the log of one size begins with that of another; NotFound likewise."""
    if not 0 <= first <= second <= await size_of(db):
        raise NotFound
    return rules.Consistency(first, second, await hashes(db, merkle.consistency(first, second)))


async def leaves(db: Reading, start: int, most: int = MOST) -> list[bytes]:
    """Hashes of leaves in their order, for whoever keeps a log of their own beside ours."""
    query = (
        select(LogNode.digest)
        .where(LogNode.level == 0, col(LogNode.position) >= min(start, rules.LARGEST))
        .order_by(col(LogNode.position))
        .limit(most)
    )
    return list(await db.exec(query))


async def hashes(db: Reading | Writing, spans: Sequence[Span]) -> list[bytes]:
    """One hash for each span; NotFound where the log was cut."""
    try:
        return merkle.heads(spans, await known(db, merkle.covers(spans)))
    except KeyError:
        raise NotFound from None


async def known(db: Reading | Writing, places: Iterable[Place]) -> dict[Place, bytes]:
    """One search by key for each place: with a list of pairs SQLite would read the whole table."""
    wanted = [and_(LogNode.level == each.level, LogNode.position == each.index) for each in places]
    if not wanted:
        return {}
    found = await db.exec(
        select(LogNode.level, LogNode.position, LogNode.digest).where(or_(*wanted))
    )
    return {Place(level, position): hashed for level, position, hashed in found}


async def root(db: Reading, size: int) -> bytes | None:
    """The head that follows from the hashes that are kept; None where one is missing."""
    try:
        return (await hashes(db, [(0, size)]))[0]
    except NotFound:
        return None
