"""After the draft: a statement stays only if every check finds it borne out by what it cites."""

from collections.abc import Callable, Collection, Sequence

from cds.grounding.citations import check_citations
from cds.grounding.comparison import check_comparison
from cds.grounding.content import check_content
from cds.grounding.direction import check_direction
from cds.grounding.drugs import check_drugs
from cds.grounding.edits import check_edits
from cds.grounding.foreign import check_foreign
from cds.grounding.negation import check_negation
from cds.grounding.numbers import check_numbers
from cds.grounding.population import check_population
from cds.grounding.reading import Reading, read
from cds.grounding.route import check_route
from cds.grounding.statement import CitedSentence, DraftStatement, Grounded
from cds.grounding.strength import check_strength
from cds.patient import PatientFacts
from cds.recommendation import CheckResult, Verdict

__all__ = ["CHECKS", "CitedSentence", "DraftStatement", "Grounded", "ground", "judge_claim"]

# In the order a reader would ask. Adding a check is one file and one line.
CHECKS: tuple[Callable[[Reading], CheckResult], ...] = (
    check_citations,
    check_foreign,
    check_content,
    check_edits,
    check_drugs,
    check_numbers,
    check_route,
    check_negation,
    check_direction,
    check_comparison,
    check_population,
    check_strength,
)


def ground(
    statement: DraftStatement,
    *,
    cited: Sequence[CitedSentence],
    retrieved: Collection[str],
    facts: PatientFacts | None = None,
    question: str = "",
) -> Grounded:
    """Check one statement against the sentences it cites; `retrieved` are the sentence ids this consult offered."""
    reading = read(statement, cited=tuple(cited), retrieved=frozenset(retrieved), facts=facts, question=question)
    return _conclude(reading, CHECKS)


def judge_claim(claim: str, evidence: Sequence[str]) -> Verdict:
    """Say whether the evidence supports a claim, contradicts it, or does not address it."""
    cited = tuple(CitedSentence(id=f"e{number}", text=text) for number, text in enumerate(evidence, 1))
    ids = tuple(sentence.id for sentence in cited)
    return ground(DraftStatement(claim, "recommendation", ids), cited=cited, retrieved=ids).verdict


def _conclude(reading: Reading, checks: Sequence[Callable[[Reading], CheckResult]]) -> Grounded:
    results = tuple(check(reading) for check in checks)
    if all(result.outcome == "not_applicable" for result in results):
        return Grounded("not_addressed", results)  # nothing was checked: that is no support
    verdicts = {result.verdict for result in results if result.outcome == "fail"}
    if "not_addressed" in verdicts:  # what speaks of something else cannot contradict
        return Grounded("not_addressed", results)
    return Grounded("contradicted" if verdicts else "supported", results)
