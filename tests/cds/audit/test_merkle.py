"""RFC 6962's tree, held against the vectors of the Certificate Transparency reference implementation."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    leaf_hash,
    tree_root,
)

INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
LEAVES = [leaf_hash(bytes.fromhex(one)) for one in INPUTS]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_reference(size: int) -> None:
    assert tree_root(LEAVES[:size]).hex() == ROOTS[size]


def test_the_published_inclusion_path_is_made_and_accepted() -> None:
    path = inclusion_proof(5, LEAVES[:8])
    assert [step.hex() for step in path] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert is_included(LEAVES[5], 5, size=8, proof=path, root=bytes.fromhex(ROOTS[8]))


def test_the_published_consistency_path_is_made_and_accepted() -> None:
    path = consistency_proof(6, LEAVES[:8])
    assert [step.hex() for step in path] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    first, second = bytes.fromhex(ROOTS[6]), bytes.fromhex(ROOTS[8])
    assert is_consistent(6, 8, first_root=first, second_root=second, proof=path)
    assert not is_consistent(6, 8, first_root=bytes.fromhex(ROOTS[5]), second_root=second, proof=path)


def test_every_leaf_of_every_size_has_a_path_that_fits_nothing_else() -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(17)]
    for size in range(1, 18):
        root = tree_root(leaves[:size])
        for index in range(size):
            path = inclusion_proof(index, leaves[:size])
            assert is_included(leaves[index], index, size=size, proof=path, root=root)
            assert not is_included(leaves[(index + 1) % 17], index, size=size, proof=path, root=root)
            assert not is_included(leaves[index], index, size=size, proof=[*path, root], root=root)
            assert not is_included(leaves[index], index + 1, size=size, proof=path, root=root) or size == 1


def test_every_pair_of_sizes_is_consistent_and_a_rewritten_past_is_not() -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(17)]
    forged = [leaf_hash(b"forged"), *leaves[1:]]
    for first, second in combinations(range(1, 18), 2):
        path, old, new = (
            consistency_proof(first, leaves[:second]),
            tree_root(leaves[:first]),
            tree_root(leaves[:second]),
        )
        assert is_consistent(first, second, first_root=old, second_root=new, proof=path)
        lie = consistency_proof(first, forged[:second])
        assert not is_consistent(first, second, first_root=old, second_root=tree_root(forged[:second]), proof=lie)


def test_nothing_is_in_an_empty_tree() -> None:
    assert not is_included(LEAVES[0], 0, size=0, proof=[], root=EMPTY_ROOT)
    assert not is_consistent(0, 3, first_root=EMPTY_ROOT, second_root=bytes.fromhex(ROOTS[3]), proof=[])


@given(st.integers(0, 300))
def test_a_frontier_kept_and_loaded_goes_on_to_the_same_root(size: int) -> None:
    leaves = [leaf_hash(n.to_bytes(2, "big")) for n in range(size + 3)]
    tree = Frontier()
    for leaf in leaves[:size]:
        tree.append(leaf)
    tree = Frontier(tree.size, tree.nodes)
    for leaf in leaves[size:]:
        tree.append(leaf)
    assert tree.root() == tree_root(leaves)
