"""Reading the tree from the tables: the hash of any perfect subtree, as proofs need it."""

from __future__ import annotations

from sqlalchemy import Connection, select

from dpa.evidence.trail.models import TrailEvent, TrailNode, table
from dpa.evidence.trail.tree import STORED_LEVEL, Nodes, TreeError, nodes_of

BLOCK = 1 << STORED_LEVEL
_EVENT, _NODE = table(TrailEvent), table(TrailNode)


def stored_nodes(connection: Connection) -> Nodes:
    """Return a reader over the stored tree: upper nodes one by one, lower ones from their block of 256 leaves.

    It remembers what it has read, so many proofs cost little more than one; use a new one after the trail has grown.
    """
    blocks: dict[int, Nodes] = {}
    upper: dict[tuple[int, int], bytes] = {}

    def read(level: int, index: int) -> bytes:
        if (level, index) in upper:
            return upper[level, index]
        if level >= STORED_LEVEL:
            found = connection.execute(select(_NODE.c.hash).where(_NODE.c.level == level, _NODE.c.idx == index)).scalar_one_or_none()
            if found is None:
                raise TreeError(f"the trail has no node {index} at level {level}")
            upper[level, index] = bytes(found)
            return upper[level, index]
        block = (index << level) >> STORED_LEVEL
        if block not in blocks:
            where = _EVENT.c.idx.between(block * BLOCK, block * BLOCK + BLOCK - 1)
            leaves = list(connection.execute(select(_EVENT.c.leaf_hash).where(where).order_by(_EVENT.c.idx)).scalars())
            blocks[block] = nodes_of(leaves)
        return blocks[block](level, index - ((block * BLOCK) >> level))

    return read
