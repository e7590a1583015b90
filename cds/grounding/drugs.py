"""The medicines named are those of the cited text, and a dose belongs to the medicine it is said of."""

from cds.grounding.reading import Reading, parts_of
from cds.medicines import Mention, classes_of, ingredients_of, is_broad
from cds.recommendation import CheckResult
from cds.wording.quantities import Quantity
from cds.wording.sentence import Sentence
from cds.wording.text import word_set

# Also names of what the laboratory measures or the body makes: whether they are the medicine only the other words say.
_ALSO_MEASURED = word_set(
    """
    glucose iron calcium hormone fluid nutrient electrolyte supplement immunoglobulin prostaglandin
    """
)
_AIMS = frozenset({"relief", "loss", "sedation", "control"})
_MOST = 0.5
_DOSED = frozenset(
    {"mass", "activity", "tablets", "capsules", "puffs", "drops", "mass/mass", "activity/mass", "rate", "sprays"}
)


def check_drugs(reading: Reading) -> CheckResult:
    """Fail a statement that names a medicine its evidence does not, or gives one medicine's dose to another."""
    wanted = [(mention, sentence) for sentence in reading.claim for mention in sentence.medicines]
    if not wanted:
        return CheckResult("drug", "not_applicable")
    if reading.verbatim:
        return CheckResult("drug", "pass")
    offered = [m for sentence in (*reading.evidence, *reading.lead, *reading.context) for m in sentence.medicines]
    cited = [m for sentence in reading.evidence for m in sentence.medicines]
    for mention, sentence in wanted:
        if mention.name in _ALSO_MEASURED or _ordinary(mention, sentence):
            continue
        if not _borne_out(mention, offered, sentence):
            replaced = any(_unsaid(m, reading) for m in cited) and _spoken_of(sentence, reading)
            verdict = "contradicted" if replaced else "not_addressed"
            return _fail(f"{mention.name} is not named in the cited text", verdict)
    for sentence in reading.claim:
        for quantity in sentence.quantities:
            if quantity.dimension in _DOSED and not _dosed_alike(quantity, sentence, reading):
                return _fail("the cited text gives this dose for another medicine", "contradicted")
    for sentence in reading.claim:
        if _elsewhere(sentence, reading):
            return _fail("the cited text says this of another medicine", "contradicted")
    return CheckResult("drug", "pass")


def _ordinary(mention: Mention, sentence: Sentence) -> bool:
    """Whether the words are those of what a medicine is for, not of a medicine: "pain relief", "weight loss"."""
    words = [token.text for token in sentence.tokens[mention.first : mention.last + 1]]
    return mention.is_class and words[-1] in _AIMS


def _spoken_of(sentence: Sentence, reading: Reading) -> bool:
    """Whether the evidence speaks of the rest of the sentence, so that only the medicine is another."""
    rest = [t for t in sentence.terms if t.medicine is None]
    found = sum(t.weight for t in rest if any(other.like(t) for other in reading.evidence))
    return bool(sentence.quantities and not rest) or found > _MOST * sum(t.weight for t in rest)


def _elsewhere(sentence: Sentence, reading: Reading) -> bool:
    """Whether what is said of the one medicine is said, all of it, where the evidence speaks of another."""
    named = {key for mention in sentence.medicines for key in mention.keys}
    rest = [t for t in sentence.terms if t.specific and t.medicine is None]
    own, other = 0.0, 0.0
    if len(named) != 1 or len(reading.evidence) != 1:
        return False
    for part, numbers in parts_of(reading.evidence[0]):
        here = [t for t in part.terms if t.segment in numbers]
        shared = sum(t.weight for t in rest if any(t.matches(o) for o in here))
        there = [t.medicine for t in here if t.medicine]
        if not there or any(_same(m, o) for m in sentence.medicines for o in there):
            own = max(own, shared)
        else:
            other = max(other, shared)
    return other > 0 and own == 0


def _fail(detail: str, verdict: str) -> CheckResult:
    return CheckResult("drug", "fail", detail, "contradicted" if verdict == "contradicted" else "not_addressed")


def _borne_out(mention: Mention, offered: list[Mention], sentence: Sentence) -> bool:
    if mention.is_class:
        if any(o.name == mention.name for o in offered):
            return True
        members = [o for o in offered if mention.name in classes_of(o.name)]
        named = {m.name for m in sentence.medicines}
        # "a statin such as atorvastatin"; "the antibiotic": a class is fine beside its member, or when it is a wide one
        return bool(members) and (is_broad(mention.name) or any(m.name in named for m in members))
    keys = mention.keys
    together = {key for o in offered if not o.is_class for key in o.keys}
    if not keys <= together:
        return False
    if len(keys) > 1:  # a combination: named as one, or each part named
        return any(o.keys == keys for o in offered) or all(any(o.keys == {k} for o in offered) for k in keys)
    return any(o.keys == keys for o in offered) or _part_is_enough(keys, offered)


def _part_is_enough(keys: frozenset[str], offered: list[Mention]) -> bool:
    """A part of a combination is not the combination: amoxicillin is not co-amoxiclav."""
    return any(keys < o.keys and len(ingredients_of(o.name)) > 2 for o in offered)


def _unsaid(mention: Mention, reading: Reading) -> bool:
    """Whether the evidence names a medicine that the statement does not: another one stands in its place."""
    said = {key for sentence in reading.claim for m in sentence.medicines for key in m.keys}
    return not mention.keys & said


def _dosed_alike(quantity: Quantity, sentence: Sentence, reading: Reading) -> bool:
    mine = _owner(quantity, sentence)
    if mine is None:
        return True
    equal = [
        (q, s)
        for s in (*reading.evidence, *reading.lead)
        for q in s.quantities
        if q.dimension == quantity.dimension and abs(q.low - quantity.low) <= 0.004 * abs(q.low)
    ]
    owners = [_owner(q, s) for q, s in equal]
    if not equal or any(owner is None for owner in owners):
        return True
    return any(_same(mine, owner) for owner in owners if owner is not None)


def _same(one: Mention, other: Mention) -> bool:
    return bool(one.keys & other.keys) or one.name in classes_of(other.name) or other.name in classes_of(one.name)


def _owner(quantity: Quantity, sentence: Sentence) -> Mention | None:
    """The medicine a dose is said of: "500 mg of X", else the last one named before it."""
    for mention in sentence.medicines:
        gap = sentence.tokens[quantity.last + 1 : mention.first]
        follows = mention.first > quantity.last and len(gap) <= 2 and quantity.dimension != "rate"
        if follows and all(t.text in ("of", "oral", "iv", "intravenous", "-", "daily") for t in gap):
            return mention
    before = [m for m in sentence.medicines if m.last < quantity.first]
    if before:
        return before[-1]
    after = [m for m in sentence.medicines if m.first > quantity.last]
    return after[0] if len(after) == 1 else None
