"""False alarms of "sources differ" over the sample library: `python -m tests.benchmarks.contradictions`."""

import time
from itertools import combinations

from cds.contradictions import differs
from cds.evidence import DocumentRef, Passage
from cds.offer import Offered
from cds.sentences import split_sentences
from ingest.samples.make import GUIDELINE_SOURCES
from ingest.samples.source import read_guideline
from tests.benchmarks.results import keep


def sentences_in_force() -> list[Offered]:
    """Every sentence of the sample guidelines in force, under its heading."""
    found: list[Offered] = []
    for path in sorted(GUIDELINE_SOURCES.glob("*.md")):
        guideline = read_guideline(path)
        if not guideline.in_force:
            continue
        facts = guideline.facts
        source = DocumentRef(facts["id"], facts["id"], facts["title"], None, None, None)
        section = ""
        for number, block in enumerate(guideline.body.split("\n\n")):
            text = block.strip()
            if text.startswith("#"):
                section = text.lstrip("# ")
            elif text and not text.startswith("|"):
                parts = split_sentences(text)
                place = f"{source.id}-{number}"
                made = Passage(place, "guideline", text, parts, source, (section,), None, 0, len(text))
                found += [Offered(made, sentence, 1.0) for sentence in parts]
    return found


def main() -> None:
    found = sentences_in_force()
    began = time.monotonic()
    pairs = alarms = 0
    for one, other in combinations(found, 2):
        if one.passage.document.id != other.passage.document.id:
            pairs += 1
            if about := differs(one, other):
                alarms += 1
                print(f"{about}\n  {one.passage.document.id}: {one.sentence.text}")
                print(f"  {other.passage.document.id}: {other.sentence.text}")
    seconds = time.monotonic() - began
    each = 1_000_000 * seconds / pairs
    print(f"{len(found)} sentences, {pairs} pairs of two documents, {alarms} said to differ, {each:.0f} µs a pair")
    keep("contradictions", {"sentences": len(found), "pairs": pairs, "alarms": alarms, "microseconds_a_pair": each})


if __name__ == "__main__":
    main()
