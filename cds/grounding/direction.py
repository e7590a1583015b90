"""Increase is not decrease, before is not after, better is not worse: opposites are on the same side in the cited text."""

# ruff: noqa: E501 lists of words and patterns read better as they are spoken

from cds.grounding.numbers import nearness
from cds.grounding.reading import Reading
from cds.recommendation import CheckResult
from cds.wording.quantities import Quantity
from cds.wording.sentence import Sentence
from cds.wording.text import stem, word_set


def _stems(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


# Each line: one side and the other. A word of one side is wrong where the cited text has only the other for the same thing.
OPPOSITES: tuple[tuple[frozenset[str], frozenset[str]], ...] = tuple(
    (_stems(one), _stems(other))
    for one, other in (
        ("increase increased increasing raise raised rise risen higher high elevate elevated more greater grow boost larger elevation "
         "upregulate upregulated upregulation longer taller heightened escalate uptitrate augment most highest greatest amplify gain prolong prolonged lengthen extend extended hyperactive elevating exceed double doubled doubling triple tripled",
         "reduce reduced reduction lower lowered low decrease decreased decline declined fewer less fall drop diminish smaller shorter cut "
         "downregulate downregulated downregulation lessen taper lowest least fewest shrink deplete depleted attenuate loss lose diminished impair shorten shortened shortens minimise halve halved halving"),
        ("improve improved improvement better beneficial superior enhance ameliorate favourable best protective",
         "worsen worse deteriorate deterioration harmful inferior aggravate detrimental poorer unfavourable worst exacerbate"),
        ("activate activates activation promote promotes promoting stimulate stimulates induce induces upregulate enhance facilitate",
         "inhibit inhibits inhibition suppress suppresses suppression block blocks repress downregulate attenuate abolish impair"),
        ("cause causes causing trigger triggers provoke lead leads leading", "prevent prevents prevention preventing avert protect protects prophylaxis prophylactic"),
        ("before prior preceding pre-treatment beforehand", "after following afterwards thereafter post-treatment"),
        ("early earlier earliest", "late later latest delayed delay"),
        ("prolong prolonged lengthen extend extended", "shorten shortened abbreviate abbreviated"),
        ("faster accelerate accelerated rapid rapidly quicker quickly", "slower slow decelerate slowly gradually gradual"),
        ("positive", "negative"),
        ("common commonly frequent frequently usual usually often", "rare rarely uncommon uncommonly infrequent seldom"),
        ("oral orally mouth", "intravenous intravenously iv parenteral intramuscular subcutaneous topical rectal inhaled"),
        ("intravenous intravenously iv", "intramuscular subcutaneous topical rectal"),
        ("inpatient hospital", "outpatient community home"),
        ("morning", "evening night bedtime"),
        ("strong strongly", "weak weakly conditional conditionally"),
        ("maximum maximal upper", "minimum minimal"),
        ("benign", "malignant"),
        ("left", "right"),
        ("proximal", "distal"),
        ("systolic", "diastolic"),
        ("sensitivity", "specificity"),
        ("dominant", "recessive"),
        ("bilateral", "unilateral"),
        ("gain gained", "loss lost lose"),
        ("agonist", "antagonist"),
        ("independent independently", "dependent"),
        ("full entire complete", "partial incomplete"),
        ("survive survival survived alive", "die mortality fatal dead"),
        ("start starting begin initiate commence", "finish end"),
        ("fasting", "postprandial"),
        ("short-term", "long-term"),
        ("short", "long"),
        ("primary", "secondary"),
        ("thick thicker thicken", "thin thinner"),
        ("widen widens widened wide wider dilate dilated dilatation", "narrow narrows narrowed narrower constrict constricted constriction"),
        ("preserved", "reduced impaired"),
        ("deep deeper", "superficial"),
        ("dry", "wet moist"),
        ("hot warm warmer", "cold cool cooler"),
        ("anterior", "posterior"),
        ("medial", "lateral"),
        ("internal", "external"),
        ("live", "inactivated killed"),
        ("present presence", "absent absence"),
        ("bedtime night evening supper", "breakfast morning"),
        ("fluid", "solid"),
        ("light", "heavy"),
        ("contract contraction", "relax relaxation"),
        ("open", "closed"),
        ("inside", "outside"),
        ("upright", "supine"),
        ("hyperglycaemia", "hypoglycaemia"),
        ("hyperkalaemia", "hypokalaemia"),
        ("hypertension", "hypotension"),
        ("tachycardia", "bradycardia"),
        ("hypernatraemia", "hyponatraemia"),
        ("hyperthyroidism", "hypothyroidism"),
        ("ischaemic", "haemorrhagic"),
        ("gram-positive", "gram-negative"),
        ("include included includes", "exclude excluded excludes"),
        ("first", "last second"),
        ("easy easily", "difficult hard"),
        ("high", "low"),
        ("breast", "bottle formula"),
        ("remember", "forget"),
        ("lie lying", "sit sitting stand standing"),
        ("tighten tight", "loosen loose"),
    )
)  # fmt: skip
_ANATOMY = word_set(
    """
    urinari respiratori limb leg back abdom abdomen extrem gastrointestin airway tract lobe eyelid lip end quadrant
    """
)
_AMBIGUOUS = frozenset({"right", "left"})  # "right away", "is left"
_ORDER = OPPOSITES[4][0] | OPPOSITES[4][1]  # before and after: what follows them is what they are of
_MOVED = _stems("increase raise reduce lower decrease improve worsen")
_GRADED = frozenset(
    {"risk", "dose", "doses", "quality", "certainty", "grade", "severity", "intensity", "income", "mood"}
)
_BEFOREHAND = word_set(
    """
    before prior until till first then after afterwards following pre preoperative preoperatively beforehand ahead
    previous previously once unless without preceding precedes precede earlier next later subsequently
    """
)  # of which none is in a text that puts nothing in order
_DEEDS = frozenset().union(*(side for pair in OPPOSITES[:4] for side in pair))  # what is done, and may be denied
_BESIDE = 2.5  # the word right after: "higher" is said of the mortality in "higher mortality"
_OBJECT = 5
_ANOTHER = 0.6


def opposites_of(stem: str) -> list[frozenset[str]]:
    """The words that say the opposite of this one."""
    return [there for one, other in OPPOSITES for here, there in ((one, other), (other, one)) if stem in here]


def check_direction(reading: Reading) -> CheckResult:
    """Fail a statement that turns an increase into a decrease, or any other word into its opposite."""
    if reading.verbatim:
        return CheckResult("direction", "pass")
    applies = False
    for sentence in reading.claim:
        aligned = reading.aligned(sentence)
        present = set(sentence.stems)
        if "before" in sentence.words() and aligned and not any(_BEFOREHAND & set(o.words()) for o in reading.evidence):
            return CheckResult("direction", "fail", "the cited text does not say that it comes before", "contradicted")
        for side, opposite in OPPOSITES:
            if present.isdisjoint(side | opposite):
                continue
            for at in _places(sentence, side | opposite):
                mine, theirs = (side, opposite) if sentence.stems[at] in side else (opposite, side)
                if sentence.stems[at] in theirs:
                    continue
                applies = True
                if _turned(sentence, at, mine, theirs, aligned):
                    word = sentence.tokens[at].text
                    return CheckResult(
                        "direction", "fail", f"the cited text says the opposite of “{word}”", "contradicted"
                    )
    return CheckResult("direction", "pass" if applies else "not_applicable")


def _places(sentence: Sentence, stems: frozenset[str]) -> list[int]:
    """The tokens of one family that stand for themselves, not inside a number's bound or the name of a disease."""
    taken = {i for q in sentence.quantities for i in range(q.first, q.last + 1)}
    if not stems & _ORDER:  # "high blood pressure" is a disease, not a direction
        taken |= {i for t in sentence.terms if len(t.parts) > 1 for i in range(t.first, t.last + 1)}
    found = []
    for i, token in enumerate(sentence.tokens):
        if sentence.stems[i] not in stems or i in taken:
            continue
        after = sentence.stems[i + 1] if i + 1 < len(sentence.tokens) else ""
        if after in _ANATOMY or (token.text in _AMBIGUOUS and after in ("away", "", ",", ".")):
            continue
        if token.text in ("more", "less") and after == "than" and stems & _MOVED and _MOVED & set(sentence.stems[:i]):
            continue  # "lowered it more than"
        found.append(i)
    return found


def _joined(sentence: Sentence, at: int) -> str:
    """High-risk and low-dose are names; they say nothing of what is higher, and are told apart by what they name."""
    rest = [token for token in sentence.tokens[at + 1 : at + 3] if token.text != "-"]
    hyphen = at + 1 < len(sentence.tokens) and sentence.tokens[at + 1].text == "-"
    named = sentence.tokens[at].text in ("high", "low") and bool(rest) and rest[0].text in _GRADED
    return rest[0].stem if rest and (hyphen or named) else "-" if hyphen else ""


def _turned(
    sentence: Sentence, at: int, mine: frozenset[str], theirs: frozenset[str], aligned: tuple[Sentence, ...]
) -> bool:
    joined = _joined(sentence, at)
    same, turned = 0.0, 0.0
    for other in aligned:
        alike = [i for i in _places(other, mine | theirs) if _joined(other, i) == joined]
        same = max([same, *(_fit(sentence, at, other, i) for i in alike if other.stems[i] in mine)])
        turned = max([turned, *(_fit(sentence, at, other, i) for i in alike if other.stems[i] in theirs)])
    if not turned or (sentence.stems[at] in _ORDER and _elsewhere(sentence, at, aligned)):
        return False
    return same < _ANOTHER * turned


def _elsewhere(sentence: Sentence, at: int, aligned: tuple[Sentence, ...]) -> bool:
    """Whether the time said here with "after" or "before" is said in the cited text beside neither."""
    for quantity in sentence.quantities:
        if 0 < at - quantity.last <= 2:
            for other in aligned:
                alike = [q for q in other.quantities if q.dimension == quantity.dimension and q.low == quantity.low]
                orders = _places(other, _ORDER)
                if alike and not any(_beside(q, i, ordered=True) for q in alike for i in orders):
                    return True
    return False


def _fit(sentence: Sentence, at: int, other: Sentence, there: int) -> float:
    """How alike the surroundings of two words are; none when one is denied and the other is not."""
    if sentence.stems[at] in _DEEDS and _sign(sentence, at) * _sign(other, there) < 0:
        return 0.0
    score = 0.0
    ordered = sentence.stems[at] in _ORDER
    for quantity in sentence.quantities:
        if _beside(quantity, at, ordered=ordered):  # "2 weeks after starting", "rises by more than 30%"
            score += any(
                q.dimension == quantity.dimension and q.low == quantity.low and _beside(q, there, ordered=ordered)
                for q in other.quantities
            )
    for term in sentence.terms:
        if term.first <= at <= term.last or (ordered and not 0 < term.first - at <= _OBJECT):
            continue
        near = nearness(term, at, at, sentence)
        far = [
            nearness(o, there, there, other)
            for o in other.like(term)
            if not o.first <= there <= o.last and (not ordered or 0 < o.first - there <= _OBJECT)
        ]
        beside = _BESIDE if 0 < term.first - at <= 2 else 1.0
        score += near * max(far, default=0.0) * term.weight * beside
    return score


def _beside(quantity: Quantity, at: int, *, ordered: bool) -> bool:
    """Whether a number is said right with this word; in front of it too when the word says before or after."""
    return 0 < quantity.first - at <= 2 or (ordered and 0 < at - quantity.last <= 2)


def _sign(sentence: Sentence, token: int) -> int:
    return sentence.segments[sentence.segment_of(token)].sign_at(token) if sentence.segments else 1
