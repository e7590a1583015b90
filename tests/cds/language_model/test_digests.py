import os
from pathlib import Path

import orjson

from cds.language_model.digests import digest_of, sha256_of


def test_a_digest_is_computed_once_for_the_same_file(tmp_path: Path) -> None:
    weights, kept = tmp_path / "a.gguf", tmp_path / "digests.json"
    weights.write_bytes(b"one")
    first = digest_of(weights, kept=kept)
    known = dict.fromkeys(orjson.loads(kept.read_bytes()), "remembered")
    kept.write_bytes(orjson.dumps(known))
    assert first == sha256_of(weights)
    assert digest_of(weights, kept=kept) == "remembered"


def test_a_changed_file_has_another_digest(tmp_path: Path) -> None:
    weights, kept = tmp_path / "a.gguf", tmp_path / "digests.json"
    weights.write_bytes(b"one")
    first = digest_of(weights, kept=kept)
    weights.write_bytes(b"two")
    os.utime(weights, ns=(1, 1))
    assert digest_of(weights, kept=kept) != first


def test_a_damaged_memory_of_digests_is_rebuilt(tmp_path: Path) -> None:
    weights, kept = tmp_path / "a.gguf", tmp_path / "digests.json"
    weights.write_bytes(b"one")
    kept.write_bytes(b"{broken")
    assert digest_of(weights, kept=kept) == sha256_of(weights)
    assert orjson.loads(kept.read_bytes())
