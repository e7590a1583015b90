"""Whether a sentence may stand where a model wants to put it: it speaks of that option, and of that side of it."""

import re

from cds.medicines import classes_in, mentions, names_in
from cds.offer import stems
from cds.sharing.grid import Aspect, Option
from cds.sharing.sorting import aspect_of, is_nothing

# Words in the names of options that tell none of them from another.
_COMMON = stems("treatment therapy regular review test tested medicine option first early")
# What tells a clinician to do something describes nothing to a patient.
ORDER = re.compile(
    r"^(?:in [^,]{3,80}, )?(?:offer|give|take|prescribe|start|stop|use|consider|avoid|refer|assess|calculate|measure|"
    r"discuss|explain|review|do not|don't|choose|continue|reduce|increase|add|switch|ask|tell|advise)\b",
    re.I,
)
_DONE_WITHOUT = re.compile(r"\b(?:no|not|without|placebo|untreated|unscreened|wait\w*|watch\w*|never)\b", re.I)


def misplaced(text: str, option: Option, aspect: Aspect, rivals: tuple[Option, ...]) -> str | None:
    """Why this sentence does not belong into that cell; None when it does."""
    if ORDER.search(text):
        return "it tells the clinician what to do and describes nothing"
    if not speaks_of(text, option.name, tuple(other.name for other in rivals)):
        return f"the sentence does not speak of “{option.name}”"
    # The words for harm are known; what is good has no words of its own.
    return "it speaks of harm" if aspect == "benefits" and aspect_of(text) == "harms" else None


def speaks_of(text: str, name: str, others: tuple[str, ...]) -> bool:
    """Whether a sentence is about what bears this name, and not only about another option."""
    said = stems(text)
    if is_nothing(name):
        subject = stems(name) - _COMMON
        return _DONE_WITHOUT.search(text) is not None and (not subject or bool(subject & said))
    if names_in(name):  # a medicine by its name: another of its class is another medicine
        return bool(names_in(name) & names_in(text))
    if {mention.name for mention in mentions(name) if mention.is_class} & classes_in(text):
        return True
    doing = [other for other in others if other != name and not is_nothing(other)]
    own = stems(name) - _COMMON
    own = own.difference(*(stems(other) for other in doing)) or own or stems(name)
    return bool(own & said)
