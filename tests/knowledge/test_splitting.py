"""Questions in parts and documents in pieces."""

from knowledge.splitting import split_document, split_question

LETTER = (
    "Hello, my mother came home from hospital last week and we did not understand what we were told. "
    "How often should her INR be measured on warfarin? Can you help? We are all very grateful."
)


def test_what_a_long_letter_asks_is_looked_for_by_itself() -> None:
    assert split_question(LETTER) == ["How often should her INR be measured on warfarin?"]


def test_a_short_question_is_one_thought() -> None:
    assert split_question("She is 82 and has AF. Which anticoagulant?") == []
    assert split_question("What should be done " + "and then done " * 20 + "?") == []


def test_a_document_is_cut_at_sentences_and_loses_nothing() -> None:
    text = " ".join(f"Sentence number {i} speaks of the dose of metformin." for i in range(60))
    pieces = split_document(text)
    assert " ".join(pieces) == text
    assert all(piece.endswith(".") and len(piece) <= 950 for piece in pieces)
    assert split_document("") == [""]
