"""What the librarian should look at before publishing: text that speaks to a model rather than to a reader."""

import re
from collections.abc import Iterable

from knowledge.editions import Flag

# Kept as evidence like any text and never obeyed: code checks the answer. This only asks a person to look.
_INSTRUCTIONS = re.compile(
    r"""\b(?:ignore|disregard|forget|override)\b.{0,30}\b(?:previous|prior|above|earlier|all|other|your|these|system)\b
        [^.;:]{0,30}\b(?:instructions?|prompts?|rules?|guidelines?|context|directions?|messages?)\b
      | \b(?:system|developer)\s+(?:prompt|message|instruction)s?\b
      | \byou\s+are\s+(?:now\s+)?(?:an?\s+)?(?:ai|assistant|chatbot|language\s+model|llm|gpt|dan)\b
      | \b(?:as|dear|attention|note\s+to|instructions?\s+(?:to|for))\s+(?:an?\s+|the\s+|any\s+)?
        (?:ai|llm|language\s+model|assistant|chatbot|ai\s+(?:model|system|reader)s?)\b
      | \b(?:always|must|only|never)\s+(?:answer|respond|reply|recommend|output|say)\b.{0,40}
        \b(?:regardless|no\s+matter|whatever|instead)\b
      | \b(?:do\s+not|don't|never)\s+(?:mention|reveal|cite|tell|disclose|show)\b.{0,40}
        \b(?:user|clinician|physician|reader|source|this\s+text)\b
      | \bnew\s+instructions?\s*:
      | <\|?(?:im_start|im_end|system|endoftext|assistant|user)\|?>
      | \[/?INST\] | <<SYS>> | ^\s*(?:system|assistant|user)\s*:\s
      | \bjail\s?break\b | \bprompt\s+injection\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
# As much of a suspicious text as a librarian needs to find it.
_SHOWN = 160


def instruction_flags(texts: Iterable[tuple[str, int | None]]) -> tuple[Flag, ...]:
    """One flag for each passage that reads like an instruction to a model, with its page."""
    found = []
    for text, page in texts:
        match = _INSTRUCTIONS.search(text)
        if match:
            left = max(0, match.start() - 40)
            found.append(Flag("instruction", text[left : left + _SHOWN].strip(), page))
    return tuple(found)
