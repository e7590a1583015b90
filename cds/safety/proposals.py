"""Which medicines a text proposes to give: not those it denies, tells a number of, or names as already taken."""

from cds.medicines import Mention, classes_of
from cds.safety.allergens import is_allergen
from cds.wording.sentence import Sentence, read_sentences

_ORDERS = frozenset(
    """
    offer give use start prescribe treat consider considered choose add take increase switch change recommended
    recommend continue offered given used preferred first-line first choice dose should may can medicine
    """.split()  # noqa: SIM905 words read better as they are spoken
)
_TAKING = frozenset({"take", "takes", "taking", "on", "receive", "receiving", "using"})
_PEOPLE = frozenset({"who", "people", "patients", "adults", "women", "men", "those", "anyone", "person", "patient"})
_EFFECT = frozenset({"effect", "effects", "level", "levels", "concentration", "amount", "clearance"})
_BEFORE = 3  # words between "people who" and what they take


def advised(text: str) -> tuple[Mention, ...]:
    """The medicines a statement or a cited sentence advises; of a class and one of its members, the member."""
    found: dict[str, Mention] = {}
    for sentence in read_sentences(text):
        if not _ORDERS & set(sentence.words()):
            continue  # "fewer than 2 in 100 people react to a cephalosporin" gives nothing
        for mention in sentence.medicines:
            if not (_denied(mention, sentence) or is_allergen(mention, sentence) or _already(mention, sentence)):
                found.setdefault(mention.name, mention)
    return _members_only(found)


def asked(text: str) -> tuple[Mention, ...]:
    """The medicines a question names, whatever it asks of them."""
    found: dict[str, Mention] = {}
    for sentence in read_sentences(text):
        for mention in sentence.medicines:
            if not is_allergen(mention, sentence):
                found.setdefault(mention.name, mention)
    return _members_only(found)


def _members_only(found: dict[str, Mention]) -> tuple[Mention, ...]:
    members = {wider for name, mention in found.items() if not mention.is_class for wider in classes_of(name)}
    return tuple(mention for mention in found.values() if not mention.is_class or mention.name not in members)


def _denied(mention: Mention, sentence: Sentence) -> bool:
    segment = sentence.segments[sentence.segment_of(mention.first)]
    return segment.sign_at(mention.first) < 0 or segment.introduces


def _already(mention: Mention, sentence: Sentence) -> bool:
    """People who take warfarin: it is theirs already, and not what is advised."""
    before = [token.text for token in sentence.tokens[max(0, mention.first - _BEFORE) : mention.first]]
    if before[-1:] == ["of"] and _EFFECT & set(before):
        return True  # "increases the effect of warfarin"
    for at, word in enumerate(before):
        if word in _TAKING:
            earlier = [token.text for token in sentence.tokens[: mention.first - len(before) + at]][-2:]
            return bool(_PEOPLE & set(earlier))
    return False
