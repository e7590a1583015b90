"""Whether a word turns the clause it stands in."""

from cds.wording.polarity.cues import ACTIVE, AGAINST, BEFORE_FAILURE, CLAUSE, GERUNDS, PREPOSITIONS


def turns_clause(words: list[str], i: int, first: int) -> bool:
    """Whether the word here turns its clause."""
    word = words[i]
    if word.endswith("n't"):
        return True
    if word == "against":
        return any(words[k] in AGAINST for k in range(max(first, i - 3), i))
    before = words[i - 1] if i else ""
    if word == "wait":
        return words[i + 1 : i + 2] in (["for"], ["until"])
    if word in ("delay", "delaying") or (word == "delayed" and before in ("be", "is", "are", "been")):
        return True
    if word not in CLAUSE:
        return False
    after = words[i + 1] if i + 1 < len(words) else ""
    if after == "-" and word in ACTIVE:
        return False  # a stop-smoking service
    if word in ("failure", "failing"):
        return before not in BEFORE_FAILURE and after == "to"
    if word in ("fail", "fails", "failed"):
        return after == "to" or before in ("has", "have")
    if word == "lack" or word == "lacks" or word == "absent":
        return True
    if word == "neither":
        return True
    if word in GERUNDS and (before in PREPOSITIONS or word in ("cessation", "discontinuation")):
        return False
    if word == "nor":
        return "neither" not in words[first:i] and "not" not in words[first:i]
    return not (word == "no" and after in (".", ")"))
