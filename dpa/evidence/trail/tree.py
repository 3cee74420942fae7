"""The Merkle tree of RFC 6962 (its successor RFC 9162 uses the same hashes and proofs), pure and without storage.

A *leaf* is the SHA-256 of one event's exact bytes behind a zero byte; a *node* the SHA-256 of its two children
behind a one byte, so that neither can pass for the other. `Frontier` holds the roots of the perfect subtrees of
what was appended so far: all that an append needs. Proofs are computed over a `Nodes` reader that returns the
hash of any perfect subtree, whether it comes from a list or from a table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

HASH_BYTES = 32
STORED_LEVEL = 8
"""Perfect subtrees of 2**8 leaves and more are kept, so that a proof reads at most 256 leaves beside them."""

Nodes = Callable[[int, int], bytes]
"""Returns the hash of the perfect subtree `index` at `level`: leaves index * 2**level up to the next one's first."""

_sha256 = hashlib.sha256
EMPTY_ROOT = _sha256(b"").digest()
"""Root of a tree without leaves (RFC 6962 section 2.1)."""


class TreeError(ValueError):
    """Numbers or hashes that cannot belong to a tree: a size, an index, a frontier or a proof."""


class BadProof(TreeError):
    """A proof that does not prove what it claims."""


class Node(NamedTuple):
    """A perfect subtree: its height, its place from the left, and its hash."""

    level: int
    place: int
    hash: bytes


_NONE: tuple[Node, ...] = ()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of one leaf (RFC 6962 section 2.1: SHA-256 of 0x00 and the data)."""
    return _sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 6962 section 2.1: SHA-256 of 0x01, left and right)."""
    return _sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the perfect subtrees of the first `size` leaves, largest first; changes with each push."""

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if size < 0 or len(hashes) != size.bit_count() or any(len(part) != HASH_BYTES for part in hashes):
            raise TreeError(f"a tree of {size} leaves has {max(size, 0).bit_count()} frontier hashes of {HASH_BYTES} bytes")
        self.size = size
        self.hashes = list(hashes)

    @classmethod
    def from_bytes(cls, size: int, joined: bytes) -> Frontier:
        """Read a frontier back from its stored bytes; raises `TreeError` when they do not fit the size."""
        if len(joined) % HASH_BYTES:
            raise TreeError(f"a stored frontier is a whole number of {HASH_BYTES}-byte hashes, not {len(joined)} bytes")
        return cls(size, [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)])

    def to_bytes(self) -> bytes:
        """Return the hashes joined, largest subtree first."""
        return b"".join(self.hashes)

    def push(self, leaf: bytes) -> tuple[Node, ...]:
        """Append one leaf hash; return the perfect subtrees of `STORED_LEVEL` and above that it completed."""
        hashes, path, level = self.hashes, self.size, 0
        made = _NONE
        while path & 1:
            leaf = _sha256(b"\x01" + hashes.pop() + leaf).digest()
            path >>= 1
            level += 1
            if level >= STORED_LEVEL:
                made += (Node(level, path, leaf),)
        hashes.append(leaf)
        self.size += 1
        return made

    def root(self) -> bytes:
        """Return the root over everything pushed so far (RFC 6962 section 2.1, MTH)."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root of these leaf hashes (RFC 6962 section 2.1, MTH)."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.push(leaf)
    return frontier.root()


def stored_node_count(size: int) -> int:
    """Return how many perfect subtrees of `STORED_LEVEL` and above a tree of `size` leaves has."""
    return sum(size >> level for level in range(STORED_LEVEL, size.bit_length()))


def nodes_of(leaves: Sequence[bytes]) -> Nodes:
    """Return a reader over leaf hashes held in memory; it remembers what it has computed."""
    known: dict[tuple[int, int], bytes] = {}

    def read(level: int, index: int) -> bytes:
        if level == 0:
            return leaves[index]
        found = known.get((level, index))
        if found is None:
            found = node_hash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))
            known[level, index] = found
        return found

    return read


def range_root(start: int, end: int, nodes: Nodes) -> bytes:
    """Return MTH of the leaves from `start` up to, not including, `end` (RFC 6962 section 2.1).

    `start` must be where a subtree of that length can begin, as it always is in proofs.
    """
    if not 0 <= start < end:
        raise TreeError(f"no leaves from {start} to {end}")
    parts: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start & ((1 << level) - 1):
            raise TreeError(f"no subtree of {1 << level} leaves begins at leaf {start}")
        parts.append(nodes(level, start >> level))
        start += 1 << level
    root = parts.pop()
    while parts:
        root = node_hash(parts.pop(), root)
    return root


def root_at(size: int, nodes: Nodes) -> bytes:
    """Return the root the tree had when it held `size` leaves."""
    return range_root(0, size, nodes) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return the audit path of leaf `index` in the tree of `size` leaves (RFC 6962 section 2.1.1, PATH)."""
    if not 0 <= index < size:
        raise TreeError(f"leaf {index} is not in a tree of {size}")
    start, end = 0, size
    path: list[bytes] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(range_root(middle, end, nodes))
            end = middle
        else:
            path.append(range_root(start, middle, nodes))
            start = middle
    path.reverse()
    return path


def consistency_proof(old: int, new: int, nodes: Nodes) -> list[bytes]:
    """Return the proof that the tree of `old` leaves is a prefix of that of `new` (RFC 6962 section 2.1.2, PROOF)."""
    if not 0 < old <= new:
        raise TreeError(f"a tree of {old} leaves is no earlier state of one of {new}")
    start, end, whole = 0, new, True
    path: list[bytes] = []
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(range_root(middle, end, nodes))
            end = middle
        else:
            path.append(range_root(start, middle, nodes))
            start, whole = middle, False
    if not whole:
        path.append(range_root(start, end, nodes))
    path.reverse()
    return path


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Raise `BadProof` unless `leaf` is leaf `index` of the tree with this root (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        raise BadProof(f"leaf {index} is not in a tree of {size}")
    _check_hashes(proof)
    position, last, found = index, size - 1, leaf
    for part in proof:
        if last == 0:
            raise BadProof("the proof is longer than the tree is high")
        if position & 1 or position == last:
            found = node_hash(part, found)
            while position and not position & 1:
                position >>= 1
                last >>= 1
        else:
            found = node_hash(found, part)
        position >>= 1
        last >>= 1
    if last:
        raise BadProof("the proof is shorter than the tree is high")
    if found != root:
        raise BadProof("the proof leads to another root")


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Raise `BadProof` unless the old tree is a prefix of the new one (RFC 9162 section 2.1.4.2)."""
    if not 0 < old <= new:
        raise BadProof(f"a tree of {old} leaves is no earlier state of one of {new}")
    _check_hashes(proof)
    if old == new:
        if proof or old_root != new_root:
            raise BadProof("trees of the same size must have the same root and an empty proof")
        return
    if not proof:
        raise BadProof("the proof is empty")
    before, after = _fold_consistency(old, new, [old_root, *proof] if old & (old - 1) == 0 else proof)
    if before != old_root or after != new_root:
        raise BadProof("the proof leads to other roots")


def _fold_consistency(old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the old and the new root that a consistency path leads to (RFC 9162 section 2.1.4.2, steps 3 to 5)."""
    position, last = old - 1, new - 1
    while position & 1:
        position >>= 1
        last >>= 1
    before = after = path[0]
    for part in path[1:]:
        if last == 0:
            raise BadProof("the proof is longer than the tree is high")
        if position & 1 or position == last:
            before, after = node_hash(part, before), node_hash(part, after)
            while position and not position & 1:
                position >>= 1
                last >>= 1
        else:
            after = node_hash(after, part)
        position >>= 1
        last >>= 1
    if last:
        raise BadProof("the proof is shorter than the tree is high")
    return before, after


def _split(length: int) -> int:
    """Return the largest power of two smaller than `length` (RFC 6962 section 2.1: k)."""
    return 1 << ((length - 1).bit_length() - 1)


def _check_hashes(proof: Sequence[bytes]) -> None:
    if any(len(part) != HASH_BYTES for part in proof):
        raise BadProof(f"each part of a proof is {HASH_BYTES} bytes long")
