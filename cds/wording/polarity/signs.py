"""What of one clause is said and what is denied."""

from cds.wording.polarity.cues import (
    ACTIVE,
    AUXILIARY,
    DETERMINERS,
    DOING_AWAY,
    ELLIPTIC,
    ENDINGS,
    FINITE,
    PREPOSITIONS,
    RELATIVE,
    SAME,
    WHEN,
)
from cds.wording.polarity.reach import idiom, local_denial, reach_of, single_denial
from cds.wording.polarity.turning import turns_clause


def signs_of(
    words: list[str], first: int, last: int, used: frozenset[int]
) -> tuple[int, frozenset[int], frozenset[int]]:
    """The sign of a clause, the tokens turned by a word beside them, and those turned by a verb before them."""
    sign = 1
    turned: set[int] = set()
    following: set[int] = set()
    relative = first < len(words) and words[first] in RELATIVE | WHEN
    if relative and words[first] == "unless":
        turned = set(range(first, last + 1))  # unless X is if not X
    i = first
    while i <= last:
        if i in used:
            i += 1
            continue
        skip = idiom(words, i)
        if skip:
            i += skip
            continue
        single = single_denial(words, i)
        if single is not None:
            turned ^= {single}
            i = single + 1
            continue
        local = local_denial(words, i)
        if local:
            doing = (
                words[i] == "without" and i < last and words[i + 1].endswith("ing")
            )  # "without raising the number of people who ..."
            end = last if doing and "," not in words[i:last] else reach_of(words, i + local, last)
            turned ^= set(range(i + local, end + 1))
            i = max(end + 1, i + local)
            continue
        if _doing_away(words, i, first):  # "stopping X can cause Y" says of Y what it says
            end = next((k - 1 for k in range(i + 1, min(i + 9, last + 1)) if words[k] in FINITE), min(i + 3, last))
            following ^= set(range(i + 1, end + 1))
            i = end + 1
            continue
        if turns_clause(words, i, first):
            same = next((k for k in range(i + 1, min(last, i + 5) + 1) if words[k] in SAME), None)
            if same is not None:
                i = same + 1  # "no significant difference" says: the same
                continue
            after = words[i + 1] if i + 1 < len(words) else "."
            if after in (",", ".", ";", ")") and words[i] in ELLIPTIC:
                i += 1
                continue  # "6 have a stroke and 94 do not"
            if (
                words[i] == "no"
                and i > first
                and words[i - 1] in ("of", "with", "in", "for", "to", "had", "having", "and")
            ):
                turned ^= set(range(i + 1, reach_of(words, i + 1, last) + 1))  # "in cases of no fever"
            elif words[i] in ACTIVE and after == "and":
                pass  # "advised to stop and offered help": nothing follows that is stopped
            elif words[i] in ACTIVE:
                following ^= set(range(i + 1, last + 1))
            elif relative and words[i] in ("neither", "none", "no", "nothing") and i == first + 1:
                turned ^= set(range(i + 1, last + 1))  # "if neither is suitable"
            elif (
                relative
                or _participle(words, i, first)
                or (
                    words[i] in ("not", "no")
                    and i > first
                    and words[i - 1] in (",", "(")
                    and not _opens(words, i, last)
                )
            ):
                end = reach_of(words, i + 1, last)  # "amoxicillin, not doxycycline"
                turned ^= set(range(i + 1, end + 1))
            else:
                sign = -sign
        i += 1
    return sign, frozenset(turned), frozenset(following)


def _put_in(words: list[str], i: int, first: int, last: int) -> bool:
    """Amoxicillin, not doxycycline: a denial of what stands beside it."""
    return words[i] in ("not", "no") and i > first and words[i - 1] in (",", "(") and not _opens(words, i, last)


def _opens(words: list[str], i: int, last: int) -> bool:
    """Whether this "no" begins a clause of its own: ", no correlation was found"."""
    following = words[i + 1 : min(i + 7, last + 1)]
    verb = next((k for k, word in enumerate(following) if word in FINITE), None)
    return words[i] == "no" and bool(verb) and "," not in following[:verb]


def _doing_away(words: list[str], i: int, first: int) -> bool:
    """Whether stopping or avoiding something is what the clause is about: its subject."""
    noun = words[i] in ENDINGS and words[i + 1 : i + 2] == ["of"]
    if not (noun or words[i] in DOING_AWAY):
        return False
    before = words[i - 1] if i > first else ""
    return (
        i == first
        or before in (*DETERMINERS, ",", ";", "and")
        or (noun and i - first <= 2 and before not in PREPOSITIONS)
    )


def _participle(words: list[str], i: int, first: int) -> bool:
    """CKD not treated by dialysis: a denial of what describes the noun before it."""
    before = words[i - 1] if i > first else ""
    after = words[i + 1] if i + 1 < len(words) else ""
    described = after.endswith(("ed", "en", "ing")) or after in (
        "on",
        "taking",
        "receiving",
        "requiring",
        "using",
        "known",
    )
    return (
        words[i] == "not"
        and described
        and bool(before)
        and before not in AUXILIARY
        and before not in ("be", "been", "being", "but", ",")
    )
