"""The two short questionnaires, in the wording they were validated with."""

# SURE: Légaré and others 2010, Canadian Family Physician 56:e308. Fewer than four times yes: help is needed.
SURE: tuple[tuple[str, str], ...] = (
    ("sure", "Do you feel sure about the best choice for you?"),
    ("understand", "Do you know the benefits and risks of each option?"),
    ("risk_benefit", "Are you clear about which benefits and risks matter most to you?"),
    ("encouraged", "Do you have enough support and advice to make a choice?"),
)
# CollaboRATE: Elwyn and others 2013, Patient Education and Counseling 93:102. Each 0 (no effort) to 9 (every effort).
COLLABORATE: tuple[tuple[str, str], ...] = (
    ("understand", "How much effort was made to help you understand your health issues?"),
    ("listen", "How much effort was made to listen to the things that matter most to you about your health issues?"),
    ("include", "How much effort was made to include what matters most to you in choosing what to do next?"),
)
COLLABORATE_TOP = 9
# How much an outcome matters to the patient.
IMPORTANCE: tuple[str, ...] = ("Not at all", "A little", "Some", "A lot", "Most of all")


def needs_support(answers: dict[str, bool]) -> bool:
    """Whether SURE says that the patient is not ready to choose."""
    return not all(answers.get(name, False) for name, _ in SURE)


def best_score(answers: dict[str, int]) -> bool:
    """CollaboRATE's own score: every effort was made, on all three."""
    return all(answers.get(name) == COLLABORATE_TOP for name, _ in COLLABORATE)
