"""By mouth is not into a vein: a medicine is given the way the cited text gives it."""

from cds.grounding.reading import Reading
from cds.recommendation import CheckResult
from cds.wording.sentence import Sentence

_ROUTES: dict[str, frozenset[str]] = {
    "by mouth": frozenset({"oral", "orally", "mouth", "po"}),
    "into a vein": frozenset({"intravenous", "intravenously", "iv", "vein"}),
    "into a muscle": frozenset({"intramuscular", "intramuscularly", "im"}),
    "under the skin": frozenset({"subcutaneous", "subcutaneously", "sc"}),
    "inhaled": frozenset({"inhaled", "inhaler", "inhalers", "nebulised", "nebulized", "nebuliser", "nebulizer"}),
    "on the skin": frozenset({"topical", "topically", "cream", "ointment", "gel", "transdermal", "patch"}),
    "rectal": frozenset({"rectal", "rectally", "enema", "suppository"}),
    "nasal": frozenset({"nasal", "intranasal", "intranasally"}),
}
_INJECTED = frozenset({"injection", "injections", "injected", "inject", "parenteral", "parenterally", "infusion"})
_ALSO = frozenset({"into a vein", "into a muscle", "under the skin"})  # each is an injection
_NOT_A_WAY = frozenset({"cavity", "hygiene", "health", "cancer", "glucose", "ulcer", "ulcers", "contraceptive"})


def check_route(reading: Reading) -> CheckResult:
    """Fail a statement that gives by another way than every way the cited text names."""
    if reading.verbatim:
        return CheckResult("route", "pass")
    applies = False
    for sentence in reading.claim:
        mine = _routes(sentence)
        there = [_routes(other) for other in reading.aligned(sentence)]
        theirs = frozenset().union(*there)
        if not mine or not theirs:
            continue
        applies = True
        if not mine & theirs:
            return CheckResult(
                "route", "fail", f"the cited text gives it {' or '.join(sorted(theirs))}", "contradicted"
            )
    return CheckResult("route", "pass" if applies else "not_applicable")


def _routes(sentence: Sentence) -> frozenset[str]:
    words = sentence.words()
    found = {
        name
        for name, named in _ROUTES.items()
        for i, word in enumerate(words)
        if word in named and not _NOT_A_WAY & set(words[i + 1 : i + 2]) and (word != "mouth" or words[i - 1] == "by")
    }
    if _INJECTED & set(words) and not found & _ALSO:
        found |= _ALSO
    return frozenset(found)
