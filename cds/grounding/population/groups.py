"""The groups of people a text names, by families whose members exclude one another."""

# ruff: noqa: E501 lists of words and patterns read better as they are spoken

from collections.abc import Iterable

from cds.wording.sentence import Sentence
from cds.wording.text import stem, word_set


def _stems(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


# Families of groups that exclude one another; the words that name each.
FAMILIES: dict[str, dict[str, frozenset[str]]] = {
    "age": {
        "child": _stems("child children paediatric pediatric infant infants baby babies neonate neonatal newborn adolescent adolescents teenager boy girl toddler childhood schoolchildren"),
        "adult": _stems("adult adults"),
        "older": _stems("elderly geriatric seniors octogenarian frail"),
    },
    "sex": {"woman": _stems("woman women female girl"), "man": _stems("man men male boy")},
    "pregnancy": {
        "pregnant": _stems("pregnant pregnancy trimester gestation gestational antenatal prenatal expectant"),
        "breastfeeding": _stems("breastfeeding breastfeed lactation lactating"),
        "postpartum": _stems("postpartum postnatal puerperal"),
    },
    "severity": {
        "mild": _stems("mild mildly"),
        "moderate": _stems("moderate moderately"),
        "severe": _stems("severe severely threatening"),
    },
    "course": {"acute": _stems("acute acutely"), "chronic": _stems("chronic chronically long-term longstanding")},
    "smoking": {"smoker": _stems("smoker smokers"), "nonsmoker": _stems("nonsmoker non-smoker nonsmokers")},
    "menopause": {"premenopausal": _stems("premenopausal"), "postmenopausal": _stems("postmenopausal menopausal menopause")},
}  # fmt: skip
_OLDER = word_set("people adults patients persons women men age individuals")
UNBORN = _stems("baby babies infant infants newborn neonate neonatal")
_PEOPLE = _stems(
    "people patients adults women men children those person patient individuals anyone someone adult woman man child persons"
)


def groups_in(sentences: Iterable[Sentence], *, ages: bool = True) -> dict[str, set[str]]:
    """The groups of people some sentences name, by family; an age in numbers names one too."""
    found: dict[str, set[str]] = {}
    for sentence in sentences:
        stems = _group_stems(sentence)
        for family, members in FAMILIES.items():
            for group, named in members.items():
                if stems & named:
                    found.setdefault(family, set()).add(group)
        if "pregnancy" in found and not stems & (FAMILIES["age"]["child"] - UNBORN):
            found.get("age", set()).discard("child")  # the baby of a pregnancy
        if "pregnancy" in found:
            found.setdefault("sex", set()).add("woman")
        words = sentence.words()
        if any(w == "younger" and set(words[i + 1 : i + 2]) & _OLDER for i, w in enumerate(words)):
            found.setdefault("age", set()).add("younger")
        if any(w == "older" and set(words[i + 1 : i + 2]) & _OLDER for i, w in enumerate(words)):
            found.setdefault("age", set()).add("older")
        if not ages:
            continue
        for quantity in sentence.quantities:
            if quantity.dimension in ("months", "") and is_age(sentence, quantity.first, quantity.last):
                scale = 12 if quantity.dimension else 1
                low, high = quantity.low / scale, quantity.high / scale
                found.setdefault("age", set()).update(_aged(low, high, quantity.comparator))
    return found


def _group_stems(sentence: Sentence) -> set[str]:
    stems: set[str] = set()
    words = [token.text for token in sentence.tokens if token.text != "-"]
    for i, token in enumerate(token for token in sentence.tokens if token.text != "-"):
        before = words[i - 1] if i else ""
        if token.text == "severity":
            stems.add({"high": "sever", "low": "mild", "moderate": "moder"}.get(before, ""))
        elif token.text in ("expect", "expects", "expected", "expecting", "expectancy"):
            continue  # only the expectant are pregnant
        elif not (token.text == "child" and words[i + 1 : i + 2] == ["pugh"]):
            stems.add(token.stem)
    return stems - {""}


def is_age(sentence: Sentence, first: int, last: int) -> bool:
    """Whether these tokens, a number, are somebody's age."""
    around = {t.text for t in sentence.tokens[max(0, first - 3) : last + 3]}
    return bool(around & {"aged", "age", "old", "older", "younger", "over", "under", "above", "below"}) and bool(
        {t.stem for t in sentence.tokens} & (_PEOPLE | {"age"})
    )


def _aged(low: float, high: float, comparator: str) -> set[str]:
    if comparator in ("<", "<="):
        return {"child"} if high <= 18 else {"adult"}
    if comparator in (">", ">=", "="):
        return {"older", "adult"} if low >= 60 else {"adult"} if low >= 16 else {"child"}
    return (
        ({"child"} if low < 16 else set()) | ({"adult"} if high > 18 else set()) | ({"older"} if high >= 65 else set())
    )


def listed(groups: set[str]) -> str:
    """Groups as they are named in a reason."""
    return " and ".join(sorted(groups))
