"""Search by words: what scores, how it is kept, and words that nearly every passage has."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from knowledge.keyword_index import KeywordIndex, question_words

TEXTS = ["fever and cough in children", "cough without fever", "swollen ankle", "fever fever fever and rash", ""]


def test_rarer_words_weigh_more_and_absent_ones_nothing() -> None:
    index = KeywordIndex.build(TEXTS)
    scores = index.scores({"ankl": 1.0, "fever": 1.0, "unheard": 1.0})
    assert int(scores.argmax()) == 2 and scores[4] == 0.0
    assert index.idf("unheard") > index.idf("ankl") > index.idf("fever")


def test_coverage_is_a_part_of_what_could_be_covered() -> None:
    index = KeywordIndex.build(TEXTS)
    coverage = index.coverage(question_words("cough without fever"))
    assert int(coverage.argmax()) == 1 and 0.5 < coverage[1] <= 1.0
    assert index.coverage({}).tolist() == [0.0] * 5


def test_other_names_of_what_is_asked_count_softly() -> None:
    asked = question_words("blood thinner")
    assert asked["blood"] == 1.0 and 0 < asked["anticoagul"] < 1.0


def test_what_was_saved_is_opened_the_same(tmp_path: Path) -> None:
    index = KeywordIndex.build(TEXTS)
    index.save(tmp_path)
    opened = KeywordIndex.open(tmp_path, len(TEXTS))
    asked = question_words("fever in children")
    assert opened.scores(asked).tolist() == index.scores(asked).tolist()
    assert opened.holds("fever", np.array([0, 2, 3])).tolist() == [True, False, True]


@pytest.mark.parametrize("words", [25_000])
def test_a_word_that_nearly_every_passage_has_is_read_from_its_best_postings(tmp_path: Path, words: int) -> None:
    texts = ["treatment" + " filler" * (i % 5) for i in range(words)] + ["treatment treatment scurvy"]
    KeywordIndex.build(texts).save(tmp_path)
    index = KeywordIndex.open(tmp_path, len(texts))
    scores = index.scores(question_words("treatment of scurvy"))
    assert int(scores.argmax()) == words
    assert int((scores > 0).sum()) == 20_000  # the weakest fifth is left unread


def test_the_best_are_those_of_the_full_score_whether_words_are_common_or_not() -> None:
    rng = np.random.default_rng(4)
    drawn = rng.zipf(1.3, (30_000, 12))
    index = KeywordIndex.build(" ".join(f"w{number}x" for number in row if number < 500) for row in drawn)
    asked = {"w1x": 1.0, "w7x": 1.0, "w401x": 1.0, "w2x": 0.3, "unheard": 1.0}
    assert index.frequency("w1x") > 20_000 > index.frequency("w7x")  # one is read from its best postings only
    allowed = rng.random(30_000) < 0.3
    also = np.flatnonzero(allowed)[:5]
    numbers, coverage = index.best(asked, 50, allowed=allowed, also=also)
    mean = sum(sum(one < 500 for one in row) for row in drawn) / len(drawn)
    most = 1.9 * sum(index.idf(word) for word, weight in asked.items() if weight == 1.0)
    for number, covered in zip(numbers, coverage, strict=True):
        words = Counter(f"w{one}x" for one in drawn[number] if one < 500)
        length = sum(words.values())
        norm = 0.9 * (0.6 + 0.4 * length / mean)
        whole = sum(w * index.idf(k) * words[k] * 1.9 / (words[k] + norm) for k, w in asked.items() if words[k])
        assert covered == pytest.approx(min(whole / most, 1.0), rel=1e-4)
    assert allowed[numbers].all() and numbers[-5:].tolist() == also.tolist()
    dense = np.where(allowed, index.coverage(asked), -1.0)
    assert set(numbers[:50].tolist()) >= set(np.flatnonzero(dense > np.sort(dense)[-50]).tolist())
    again, _ = index.best(asked, 50, allowed=allowed, also=also)
    assert again.tolist() == numbers.tolist()  # nothing is left over from the search before


def test_words_are_found_among_many_and_between_others(tmp_path: Path) -> None:
    KeywordIndex.build(["äther zebra", "ab abc abcd", "ζ-potential"]).save(tmp_path)
    index = KeywordIndex.open(tmp_path, 3)
    found = {word: index.frequency(word) for word in ("ab", "abc", "abcd", "abcde", "a", "zebra", "äther", "zzz")}
    assert found == {"ab": 1, "abc": 1, "abcd": 1, "abcde": 0, "a": 0, "zebra": 1, "äther": 1, "zzz": 0}
