"""Where the clauses of a sentence begin."""

from cds.wording.polarity.cues import (
    AGAINST,
    AUXILIARY,
    DETERMINERS,
    EMBEDDED,
    FINITE,
    HALTED,
    IMPERATIVE,
    INTRODUCTIONS,
    JOIN,
    OWN_VERB,
    PLACES,
    PREDICATE,
    RELATIVE,
    RESUMED,
    RESUMES,
    SAYING,
    STRONG,
)

DENYING = frozenset({"do", "does", "did", "is", "are", "was", "were", "has", "have", "should", "must"})
_HOW_OFTEN = frozenset({"a", "an", "daily", "weekly", "monthly", "every", "per", "each", "only", "again", "more"})
_DONE = frozenset({"given", "started", "added", "offered", "used", "taken", "continued", "checked", "measured", "done"})
_CLAUSE_WORDS = 5  # that a subject and a verb take at least


def with_resumed(words: list[str], bounds: list[tuple[int, str]], used: frozenset[int]) -> list[tuple[int, str]]:
    """The bounds with those added where the clause around a "who", "if" or "when" goes on: at its second verb."""
    found = []
    for number, (first, opener) in enumerate(bounds):
        found.append((first, opener))
        last = (bounds[number + 1][0] if number + 1 < len(bounds) else len(words)) - 1
        if opener not in EMBEDDED:
            continue
        verbs = [k for k in range(first + 1, last + 1) if words[k] in FINITE and k not in used]
        own = 1 if opener not in ("who", "which") or (verbs and verbs[0] == first + 1) else 0
        groups = [k for n, k in enumerate(verbs) if not n or k - verbs[n - 1] > 2]
        resumes = next((k for k in groups[own:] if words[k - 1] not in ("and", "or", ",", "not", "to")), None)
        if resumes is not None:
            found.append((resumes, RESUMES))
    return found


def bounds_of(words: list[str], used: frozenset[int]) -> list[tuple[int, str]]:
    """The first token of each clause, with the word that opens it."""
    bounds = [(0, words[0] if words else "")]
    opened_with = words[0] if words else ""
    for i in range(1, len(words)):
        word = words[i]
        if i in used:
            continue
        after = words[i + 1] if i + 1 < len(words) else ""
        if word == "." and after == "":
            continue
        if word == "that" and _denied_of(words, i):
            bounds.append((i, word))  # "eczema that steroids have not controlled"
            continue
        if word == "but" and after == "not":
            continue  # "with A but not B" turns B alone
        if word in STRONG or (word == "once" and _once(words, i)):
            bounds.append((i, word))
        elif word == "," and after in DENYING and words[i + 2 : i + 3] == ["not"] and _first_comma(words, bounds, i):
            bounds.append((i, word))  # "lasts 15 minutes, does not recur"
        elif word == "and" and after.endswith("s") and set(words[i + 2 : i + 3]) & {"no", "nothing", "neither"}:
            bounds.append((i, word))  # "and leaves no weakness"
        elif (
            word == ","
            and len(bounds) == 1
            and opened_with
            in (
                "if",
                "when",
                "in",
                "for",
                "during",
                "unless",
                "where",
                "after",
                "before",
                "while",
                "although",
                "because",
                "among",
                "once",
                "with",
            )
        ):
            bounds.append((i, word))
            opened_with = ""
        elif (
            word == "and"
            and after in DETERMINERS
            and PREDICATE & set(words[bounds[-1][0] : i])
            and AUXILIARY & set(words[i + 2 : i + 6]) - {"not", "never"}
        ):
            bounds.append((i, word))  # "and the dose should be reviewed"
        elif (
            word == "and"
            and after in HALTED
            and set(words[i + 2 : i + 3]) & PLACES
            and FINITE & set(words[bounds[-1][0] : i])
        ):
            bounds.append((i, word))  # "reserved for severe flares and avoided on the face"
        elif (
            word == "and"
            and (HALTED & set(words[bounds[-1][0] : i]) and FINITE & set(words[bounds[-1][0] : i]))
            and any(w in _DONE for w in words[i + 2 : i + 9])
        ):
            bounds.append((i, word))  # "warfarin is stopped and vitamin K given"
        elif word == "and" and after in RESUMED and HALTED & set(words[bounds[-1][0] : i]):
            bounds.append((i, word))  # "withheld during vomiting and started again afterwards"
        elif (
            word == "and"
            and bounds[-1][1] not in RELATIVE
            and "that" not in words[bounds[-1][0] : i]
            and (PREDICATE if words[i - 1] == "," else FINITE) & set(words[bounds[-1][0] : i])
            and _new_clause(words, i + 1)
        ):
            bounds.append((i, word))  # ", and more patients had complications"
        elif word in JOIN and after in PREDICATE and i + 2 < len(words):
            if (after in ("no", "not") and word in (",", "and")) or (after == "never" and word == ","):
                continue
            if word == "," and after in AUXILIARY:
                continue  # the clause goes on after something put in between
            if (
                after in ("use", "stop", "start", "check", "review", "measure", "treat", "monitor")
                and word == "or"
                and words[i - 1] in ("not", "to")
            ):
                continue
            if word == "," and _listed_after_not(words, bounds[-1][0], i):
                continue
            if word == "or" and bounds and _imperative_after_not(words, bounds[-1][0], i):
                continue  # "do not start or continue X"
            bounds.append((i, word))
    return bounds


def _denied_of(words: list[str], at: int) -> bool:
    """Whether this "that" opens a clause that says of the noun before it what is not so."""
    if words[at - 1] in AGAINST or words[at - 1].startswith(SAYING):
        return False
    for k in range(at + 1, min(at + 7, len(words) - 1)):
        if words[k] in (",", ";", ".", "and", "or"):
            return False
        if words[k] in FINITE:
            return words[k] in OWN_VERB and words[k + 1] == "not" and (k == at + 1 or not words[at + 1].endswith("s"))
    return False


def _new_clause(words: list[str], start: int) -> bool:
    """Whether a subject and its verb stand here: "azithromycin 1 g is given"."""
    for k in range(start, min(start + 7, len(words))):
        if words[k] in FINITE:
            return k > start
        if words[k] in (",", "and", "or", "who", "which", "that", "when", "if", "than", ";"):
            return False
    return False


def _imperative_after_not(words: list[str], first: int, i: int) -> bool:
    denied = any(words[k] in ("not", "never", "avoid", "no") for k in range(first, i))
    return denied and (words[i + 1] in IMPERATIVE or words[i + 1] not in AUXILIARY)


def _listed_after_not(words: list[str], first: int, i: int) -> bool:
    """Whether this comma stands in "do not cut, suck or apply": the denial goes on."""
    begun = next((k for k in range(max(first, i - 4), i) if words[k] in ("not", "never")), None)
    later = next((k for k in range(i + 2, min(i + 6, len(words))) if words[k] in (",", "and", "or", ";", ".")), None)
    return begun is not None and later is not None and words[later] == "or"


def _once(words: list[str], i: int) -> bool:
    """Whether this "once" opens a clause: "once bleeding has been excluded", not "once daily"."""
    following = words[i + 1 : i + 9]
    return bool(FINITE & set(following)) and following[0] not in _HOW_OFTEN


def _first_comma(words: list[str], bounds: list[tuple[int, str]], i: int) -> bool:
    """Whether what stands before this comma is more than a subject, with nothing put in between commas."""
    start, opener = bounds[-1]
    return i - start >= _CLAUSE_WORDS and "," not in words[start + 1 : i] and opener not in INTRODUCTIONS
