"""Search by words: what scores, how it is kept, and words that nearly every passage has."""

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
