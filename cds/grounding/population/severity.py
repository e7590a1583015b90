"""What a severity is said of: severe eczema is not mild eczema, whatever else is called severe."""

from cds.grounding.population.groups import FAMILIES, listed
from cds.wording.sentence import Sentence


def graded(sentence: Sentence, aligned: tuple[Sentence, ...]) -> tuple[str, str] | None:
    """Severe eczema where the cited text speaks of mild eczema only, whatever else it calls severe."""
    for group, named in FAMILIES["severity"].items():
        noun = noun_after(sentence, named)
        if not noun:
            continue
        theirs = {g for other in aligned for g, words in FAMILIES["severity"].items() if noun in nouns(other, words)}
        if theirs and group not in theirs:
            return f"the cited text speaks of {listed(theirs)} {noun}, not of {group}", "contradicted"
    return None


def noun_after(sentence: Sentence, words: frozenset[str]) -> str:
    """The thing a severity is first said of: asthma in "severe asthma", "severe acute asthma"."""
    return next(iter(nouns(sentence, words)), "")


def nouns(sentence: Sentence, words: frozenset[str]) -> list[str]:
    """Everything these severities are said of, in order."""
    grades = frozenset().union(*FAMILIES["severity"].values()) | {"life", "threaten"}
    found = []
    for i, token in enumerate(sentence.tokens):
        if token.stem in words:
            near = (t for t in sentence.terms if i < t.first <= i + 6 and t.specific and not grades & set(t.parts))
            found += [t.parts[-1] for t in near][:1]
    return found
