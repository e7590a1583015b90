"""A line of a cell against the passage it cites: the same checks as a recommendation, the same last word."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from cds.evidence import Passage, Sentence
from cds.grounding import CitedSentence, DraftStatement, ground
from cds.recommendation import Citation
from cds.sharing.grid import Line
from cds.sharing.risks import shares_in
from cds.sharing.sorting import unlabelled


def quoted_line(
    line_id: str, passage: Passage, sentence: Sentence, *, text: str, certainty: str | None, on: date
) -> Line:
    """A line from one sentence of the library, with its place."""
    citation = Citation(
        passage=passage.id,
        sentences=(sentence.number,),
        quote=sentence.text,
        document=passage.document.id,
        title=passage.document.title,
        version=passage.document.version,
        section=passage.section,
        page=passage.page,
        published=passage.document.published,
        past_review=passage.document.past_review(on),
        superseded_on=passage.document.superseded_on,
    )
    return checked(Line(line_id, text, citation, certainty=certainty), passage)


def checked(line: Line, passage: Passage | None) -> Line:
    """The line with what the checks say of it; without support it is the physician's own word."""
    line = replace(line, shares=shares_in(line.text), by="physician", failed=None)
    if line.citation is None:
        return line
    if passage is None:
        return replace(line, failed="The passage it cites is no longer in the library.", shares=())
    outcome = ground(
        DraftStatement(line.text, "recommendation", tuple(_ids(line.citation))),
        cited=[_cited(passage, number) for number in line.citation.sentences],
        retrieved=tuple(_ids(line.citation)),
    )
    if outcome.verdict == "supported":
        return replace(line, by="library")
    why = f"{outcome.failed.check}: {outcome.failed.detail}" if outcome.failed else "nothing in it could be checked"
    # Numbers that a source does not bear out are not drawn as if it did.
    return replace(line, failed=why, shares=())


def _ids(citation: Citation) -> Iterable[str]:
    return (f"{citation.passage}:{number}" for number in citation.sentences)


def _cited(passage: Passage, number: int) -> CitedSentence:
    sentence = next(one for one in passage.sentences if one.number == number)
    return CitedSentence(
        id=f"{passage.id}:{number}",
        text=unlabelled(sentence.text),  # an option's name in front of a sentence is no part of what it says
        section=passage.section,
        population=passage.population or passage.document.population,
        title=passage.document.title,
        before=passage.text[: sentence.start],
    )
