"""Which sentences of a note deny something, or speak of a relative: they are no findings of this patient."""

import re
from collections.abc import Iterable

from cds.evidence import Sentence

_DENIES = re.compile(
    r"""\b(?:
        no\ (?:known|h/o|hx)\b
      | no\ (?:(?:new|current|active|acute|significant|recent|further|associated|other|obvious)\ )?[a-z]{4,}
      | (?:denies|denied|denying|deny)\b
      | (?:negative|neg)\ (?:for|history)\b
      | never\ (?:had|smoked|used|been|diagnosed|taken|suffered|experienced)\b
      | without\ (?!(?:difficulty\ )?(?:change|incident|complication)s?\b)
      | (?:does|do|did|has|have|had|is|was|were|are)(?:\ not|n't)\b
      | not\ (?:have|had|known|present|noted|seen|found|consistent|indicated|pregnant|taking|allergic|diabetic|using)\b
      | (?:rules?|ruled|ruling)\ out\b
      | (?:free\ of|absence\ of|unremarkable\ for|fails?\ to\ (?:show|reveal)|nil\b|nkda|nka|nkfa|nkma)\b
      | (?:was|were|is|are|been)\ (?:excluded|ruled\ out|absent)\b
      | unlikely\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
# These look like denials and are none: a finding stands in them.
_NO_DENIAL = re.compile(
    r"""\b(?:
        no\ (?:longer|change|changes|increase|increased|worsening|improvement|doubt|further\ change|difference)\b
      | no\ (?:significant\ |interval\ |acute\ )?(?:change|changes)\b
      | not\ (?:only|necessarily|certain\ (?:if|whether)|sure\ (?:if|whether)|ruled\ out|excluded|drain|controlled
               |improved|improving|resolved|tolerat\w+|at\ goal|compliant|adherent|well|optimal\w*)\b
      | (?:cannot|can't|could\ not|not\ (?:yet\ )?been)\ (?:be\ )?(?:ruled\ out|excluded)\b
      | (?:does|do|did|is|was|has|have)\ not\ (?:tolerate|appear\ well|improved?|resolved?|responded|respond)\b
      | (?:to\ )?rule\ out\ (?:if|whether)\b
      | without\ (?:relief|improvement|success|effect|change)\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_RELATIVE = (
    r"(?:mother|father|brother|sister|sibling|parent|grand(?:mother|father|parent|ma|pa)|aunt|uncle|cousin|niece|nephew|"
    r"son|daughter|mom|mum|dad|half-?(?:brother|sister)|twin)s?"
)
_OF_RELATIVE = re.compile(
    rf"""\b(?:
        family\ (?:history|hx)\b | (?:fhx?|fam\ hx)\b\s*[:=]? | (?:positive|negative|strong)\ family\b
      | {_RELATIVE}(?:'s|’s)?\ (?:(?:also|both|each)\ )?
        (?:had|has|have|with|died|diagnosed|suffered|suffers|developed|is|was|were|are)\b
      | {_RELATIVE}\ ?(?:[:(–-]|\ -)
      | (?:in|of)\ (?:(?:his|her|their|the|a|an|one)\ )?(?:(?:maternal|paternal|older|younger)\ )?{_RELATIVE}\b
      | (?:maternal|paternal)\b
      | runs\ in\ the\ family\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
# The relative is the one who tells, brings or cares, not the one who has it.
_RELATIVE_TELLS = re.compile(
    rf"""\b(?:
        (?:brought|accompanied|lives?|living|resides?|cared\ for|reported|according|per|supported)\b
        [\w\s]{{0,20}}{_RELATIVE}\b
      | {_RELATIVE}\ (?:\w+\ )?
        (?:states?|stated|reports?|reported|says|said|notes?|noted|describes?|denies|is\ concerned|is\ worried|brings?
          |brought|gives|gave|present|at\ (?:the\ )?bedside|is\ here|is\ present|helps)\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_FAMILY_HEADING = re.compile(r"\bfamily\s+(?:medical\s+)?(?:history|hx)\b|^fhx?\b", re.IGNORECASE)


def denied(sentences: Iterable[Sentence], *, section: tuple[str, ...]) -> frozenset[int]:
    """The numbers of the sentences that are no findings of this patient."""
    if any(_FAMILY_HEADING.search(heading) for heading in section):
        return frozenset(sentence.number for sentence in sentences)
    return frozenset(sentence.number for sentence in sentences if is_denied(sentence.text))


def is_denied(sentence: str) -> bool:
    """Whether this sentence denies what it names, or says it of a relative."""
    text = " ".join(sentence.replace("’", "'").split())
    if _DENIES.search(_NO_DENIAL.sub(" ", text)):
        return True
    return _OF_RELATIVE.search(_RELATIVE_TELLS.sub(" ", text)) is not None
