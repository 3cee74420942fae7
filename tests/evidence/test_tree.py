"""The tree against the published vectors, against another implementation, and against forged proofs."""

from __future__ import annotations

import random

import pytest
from pymerkle import InmemoryTree

from dpa.evidence.trail import tree

# The inputs and roots of the reference implementations of RFC 6962.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MOST = 130
LARGE = [255, 256, 257, 511, 512, 1000, 1023, 1024, 1025, 4095, 4096, 4097, 10_007, 2**14 - 1, 2**14]
LEAVES = [tree.leaf_hash(b"event %d" % number) for number in range(2**14)]


@pytest.fixture(scope="module")
def oracle() -> InmemoryTree:
    other = InmemoryTree(algorithm="sha256")
    for number in range(2**14):
        other.append_entry(b"event %d" % number)
    return other


@pytest.fixture(scope="module")
def nodes() -> tree.Nodes:
    return tree.nodes_of(LEAVES)


def test_the_published_roots() -> None:
    leaves = [tree.leaf_hash(bytes.fromhex(text)) for text in INPUTS]
    assert [tree.root_of(leaves[: size + 1]).hex() for size in range(8)] == ROOTS
    assert tree.root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_roots_equal_another_implementation_at_every_size(oracle: InmemoryTree, nodes: tree.Nodes) -> None:
    frontier = tree.Frontier()
    for size in range(1, MOST + 1):
        frontier.push(LEAVES[size - 1])
        assert frontier.root() == oracle.get_root(size) == tree.root_at(size, nodes)
    for size in LARGE:
        assert tree.root_at(size, nodes) == oracle.get_root(size)


@pytest.mark.parametrize("sizes", [range(1, 65), range(65, MOST + 1)], ids=["1-64", "65-130"])
def test_every_inclusion_proof_is_the_others_and_verifies(sizes: range, oracle: InmemoryTree, nodes: tree.Nodes) -> None:
    for size in sizes:
        root = tree.root_at(size, nodes)
        for index in range(size):
            proof = tree.inclusion_proof(index, size, nodes)
            tree.verify_inclusion(index, size, LEAVES[index], proof, root)
            if index % 7 == 0:
                assert [LEAVES[index], *proof] == [bytes.fromhex(part) for part in oracle.prove_inclusion(index + 1, size).serialize()["path"]]


def subproof(old: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF as RFC 6962 section 2.1.2 writes it, word for word and slow."""
    size = len(leaves)
    if old == size:
        return [] if whole else [tree.root_of(leaves)]
    split = max(power for power in (1 << bit for bit in range(20)) if power < size)
    if old <= split:
        return [*subproof(old, leaves[:split], whole), tree.root_of(leaves[split:])]
    return [*subproof(old - split, leaves[split:], False), tree.root_of(leaves[:split])]


def test_every_consistency_proof_verifies_and_is_that_of_the_standard(oracle: InmemoryTree, nodes: tree.Nodes) -> None:
    for new in range(1, MOST + 1):
        root = oracle.get_root(new)
        for old in range(1, new + 1):
            proof = tree.consistency_proof(old, new, nodes)
            tree.verify_consistency(old, new, proof, oracle.get_root(old), root)
            if (old + new) % 7 == 0:
                assert proof == subproof(old, LEAVES[:new], True)


def test_large_sizes(oracle: InmemoryTree, nodes: tree.Nodes) -> None:
    chosen = random.Random(7)
    for size in LARGE:
        root = tree.root_at(size, nodes)
        for index in {0, size - 1, size // 2, *(chosen.randrange(size) for _ in range(8))}:
            proof = tree.inclusion_proof(index, size, nodes)
            assert len(proof) <= size.bit_length()
            tree.verify_inclusion(index, size, LEAVES[index], proof, root)
            old = index + 1
            tree.verify_consistency(old, size, tree.consistency_proof(old, size, nodes), tree.root_at(old, nodes), root)


def test_forged_inclusion_proofs_are_refused(nodes: tree.Nodes) -> None:
    for size in (1, 2, 3, 5, 8, 13, 21, 64, 100):
        root = tree.root_at(size, nodes)
        for index in range(size):
            proof = tree.inclusion_proof(index, size, nodes)
            forged: list[tuple[int, int, bytes, list[bytes], bytes]] = [
                (index, size, LEAVES[size], proof, root),
                (index, size, LEAVES[index], [*proof, root], root),
                (index, size, LEAVES[index], proof, LEAVES[999]),
                (index, size, LEAVES[index], proof[:-1], root) if proof else (index, 0, LEAVES[index], proof, root),
                (size, size, LEAVES[index], proof, root),
                (-1, size, LEAVES[index], proof, root),
            ]
            if proof:
                flipped = [bytes([proof[0][0] ^ 1]) + proof[0][1:], *proof[1:]]
                forged += [(index, size, LEAVES[index], flipped, root), (index ^ 1, size, LEAVES[index], proof, root),
                           (index, size, LEAVES[index], [proof[0][:31], *proof[1:]], root)]
            for case in forged:
                with pytest.raises(tree.BadProof):
                    tree.verify_inclusion(*case)


def test_a_proof_for_one_size_does_not_serve_another(nodes: tree.Nodes) -> None:
    for size in range(2, 65):
        for index in range(0, size, 3):
            proof = tree.inclusion_proof(index, size, nodes)
            with pytest.raises(tree.BadProof):
                tree.verify_inclusion(index, size + 1, LEAVES[index], proof, tree.root_at(size + 1, nodes))


def test_forged_consistency_proofs_are_refused(nodes: tree.Nodes) -> None:
    for old, new in [(1, 2), (1, 8), (2, 3), (3, 7), (4, 7), (6, 8), (7, 64), (64, 100), (99, 100)]:
        proof = tree.consistency_proof(old, new, nodes)
        before, after = tree.root_at(old, nodes), tree.root_at(new, nodes)
        flipped = [bytes([proof[0][0] ^ 128]) + proof[0][1:], *proof[1:]]
        for case in [
            (old, new, proof, after, after), (old, new, proof, before, before), (old, new, proof[:-1], before, after),
            (old, new, [*proof, after], before, after), (old, new, flipped, before, after), (old, new, [], before, after),
            (new, old, proof, before, after), (0, new, proof, before, after), (old, old, proof, before, before),
            (old, old, [], before, after), (old, new, [b"short"], before, after),
        ]:
            with pytest.raises(tree.BadProof):
                tree.verify_consistency(*case)


def test_frontier_survives_storing_and_refuses_what_cannot_be() -> None:
    frontier = tree.Frontier()
    for leaf in LEAVES[:1000]:
        frontier.push(leaf)
    back = tree.Frontier.from_bytes(1000, frontier.to_bytes())
    assert back.root() == tree.root_of(LEAVES[:1000])
    for size, joined in [(1001, frontier.to_bytes()[:-32]), (1000, frontier.to_bytes()[:-1]), (999, frontier.to_bytes()), (-1, b"")]:
        with pytest.raises(tree.TreeError):
            tree.Frontier.from_bytes(size, joined)


def test_stored_nodes_are_all_perfect_subtrees_from_level_eight() -> None:
    frontier, made = tree.Frontier(), []
    for size, leaf in enumerate(LEAVES[:5000], start=1):
        made += frontier.push(leaf)
        assert len(made) == tree.stored_node_count(size)
    for node in made:
        width = 1 << node.level
        assert node.level >= tree.STORED_LEVEL
        assert node.hash == tree.root_of(LEAVES[node.place * width : (node.place + 1) * width])


def test_impossible_questions_are_refused(nodes: tree.Nodes) -> None:
    for ask in (
        lambda: tree.inclusion_proof(3, 3, nodes), lambda: tree.inclusion_proof(-1, 3, nodes),
        lambda: tree.consistency_proof(0, 3, nodes), lambda: tree.consistency_proof(4, 3, nodes),
        lambda: tree.range_root(3, 3, nodes), lambda: tree.range_root(1, 3, nodes),
    ):
        with pytest.raises(tree.TreeError):
            ask()
