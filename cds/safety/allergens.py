"""Whether a medicine is named as what somebody is allergic to, rather than as what is given."""

from cds.medicines import Mention
from cds.wording.sentence import Sentence

_ALLERGIC = ("allerg", "anaphyla", "hypersens", "intoleran", "reaction")
# Past one of these the sentence has gone on to something else: "with a penicillin allergy, offer doxycycline".
_STOPS = frozenset(
    {"offer", "give", "use", "should", "must", "consider", "do", "avoid", "start", "stop", "react", "reacts"}
)
_MARKS = frozenset({"because", "so", ",", ";", ":"})
_BEFORE, _AFTER = 6, 2  # words: "allergic to any kind of a penicillin"; "penicillin allergy"


def is_allergen(mention: Mention, sentence: Sentence) -> bool:
    """Penicillin allergy, penicillin-allergic, allergic to penicillin."""
    after = [token.text for token in sentence.tokens[mention.last + 1 : mention.last + 1 + _AFTER]]
    for word in after:
        if word in _STOPS | _MARKS:
            break
        if word.startswith(_ALLERGIC):
            return True
    for word in reversed([token.text for token in sentence.tokens[max(0, mention.first - _BEFORE) : mention.first]]):
        if word in _STOPS | _MARKS:
            return False
        if word.startswith(_ALLERGIC):
            return True
    return False
