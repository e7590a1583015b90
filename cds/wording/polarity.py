"""What a sentence denies: negation, avoidance and contraindication with their reach."""

# ruff: noqa: E501 lists of words and patterns read better as they are spoken

from dataclasses import dataclass, field, replace

from cds.wording.text import Token, word_set

# Words that turn the whole clause: "should not be used", "avoid", "is contraindicated", "stop".
_CLAUSE = word_set(
    """
    not never cannot no none neither nor avoid avoids avoided avoiding avoidance contraindicated contraindication
    contraindications contraindicate contraindicates refrain stop stops stopped stopping discontinue discontinued
    discontinuing discontinuation discontinues cease ceased ceasing cessation withhold withheld withholding quit
    quitting halt halted unsuitable inappropriate ineffective unsafe inadvisable unnecessary unhelpful fail failed
    fails failing failure unable unlikely lack lacks lacking lacked absent prohibited prohibit forbidden omit
    omitted harmless unrelated unaffected unchanged insufficient inadequate nobody nothing unaccompanied ill-advised
    nonsignificant insignificant insignificantly unassociated unproven uninvolved disproved refuted refute refutes
    disprove disproves dispensable dissuade discourage discouraged exclude excluded excludes hardly scarcely barely
    pause paused pausing suspend suspended suspending interrupt interrupted interrupting interruption
    precluded precludes preclude unjustified unwarranted unfounded untrue false incorrect uncommon myth
    """
)
CUES = _CLAUSE
_INTRODUCTIONS = word_set(
    """
    if when in for during unless where after before while although because among once with whenever at on until
    following
    """
)
_ACTIVE = word_set("avoid avoids avoiding stop stops discontinue withhold refrain quit cease omit")
_NON = word_set(
    """
    inferior pregnant smoker smokers smoking diabetic significant severe infectious responders responder adherent
    compliant fasting white lactating
    """
)
# Words that are the denial of another: their stem is read without the prefix.
PREFIXED = word_set(
    """
    uncontrolled untreated unstable unvaccinated nonpregnant noninferior inactive ineffective unsafe intolerant
    nonsmoker nonsmokers asymptomatic afebrile unresponsive uncomplicated
    """
) - frozenset({"uncomplicated", "ineffective", "unsafe"})
_NOUN_PHRASE = 6  # words that "without" and its like reach
_PREPOSITIONS = word_set(
    """
    between after before when on of by for from upon following since about without while and or
    """
)
_BEFORE_FAILURE = word_set(
    """
    heart renal kidney liver hepatic respiratory cardiac treatment organ ventricular virological graft therapeutic
    multiorgan ovarian pump contraceptive
    """
)
# Words that turn only what follows: "in patients without diabetes", "rather than an inhaler".
_LOCAL = (
    "without",
    "rather than",
    "instead of",
    "absence of",
    "free of",
    "free from",
    "negative for",
    "lack of",
    "as opposed to",
    "in place of",
    "no evidence of",
    "no history of",
    "with no",
    "if no",
    "excluding",
    "than no",
    "versus no",
    "vs no",
    "or no",
    "other than",
    "apart from",
    "denies",
    "denied",
    "never had",
    "but not",
    "and not",
    "except",
    "except for",
    "except in",
    "lacking",
)
_LOCAL_BY_FIRST: dict[str, list[list[str]]] = {}
for _phrase in _LOCAL:
    _LOCAL_BY_FIRST.setdefault(_phrase.split()[0], []).append(_phrase.split())
_AGAINST = word_set(
    """
    recommend recommended recommends recommending advise advised advises advising recommendation caution cautioned
    warn warned warns guidance decided decide advice evidence
    """
)
_NOT_NEGATION = (
    ("not", "only"), ("no", "doubt"), ("or", "not"), ("if", "not"), ("not", "necessarily"), ("not", "just"), ("no", "matter"), ("not", "uncommon"), ("nothing", "but"), ("without", "doubt"),
    ("not", "unusual"), ("without", "delay"), ("not", "infrequently"), ("never", "smokers"), ("not", "insignificant"),
)  # fmt: skip
_SAME = word_set("differ differs differed different difference differences")
# A new clause starts at these; "and", "or" and the comma only before a new predicate.
_STRONG = word_set(
    """
    ; : . ! ? but however although though whereas while because since unless until if when whenever provided except
    which who whose so then
    """
)
_JOIN = frozenset({"and", "or", ",", "nor"})
_PREDICATE = word_set(
    """
    do does did don't doesn't should shouldn't must mustn't may might can cannot can't will would is are was were
    isn't aren't wasn't weren't has have had not never avoid stop offer give use consider start refer continue
    monitor check review measure switch add reduce increase prescribe take treat seek advise ask arrange assess
    discuss repeat recommend discontinue withhold it they this these he she we you there no omit neither nor only
    then leave keep warn explain tell encourage aim limit restart restrict combine replace send test screen choose
    prefer make inform record look watch diagnose confirm suspect transfuse vaccinate admit investigate return apply
    increase decrease titrate
    """
)


_SUBJECTLESS = frozenset({"and", "but", "or", ",", "nor", "so", "then", "however", "though"})
# Clauses that say which or when: a denial in them turns what follows it there, and the rest of them says nothing by itself.
_RESUMES = "(resumes)"
_EMBEDDED = frozenset({"who", "which", "whose", "when", "if"})
_FINITE = word_set(
    "is are was were should must may might can cannot will would do does did has have had isn't aren't shouldn't"
)
_RELATIVE = frozenset(
    {
        "who",
        "which",
        "that",
        "whose",
        "if",
        "when",
        "unless",
        "where",
        "whom",
        "whenever",
        "until",
        "provided",
        "because",
    }
)
_OWN_VERB = frozenset({"have", "has", "had", "do", "does", "did", "is", "are", "was", "were"})
_SAYING = (
    "show",
    "suggest",
    "ensur",
    "evidence",
    "find",
    "found",
    "indicat",
    "report",
    "note",
    "know",
    "aware",
    "conclu",
    "so",
    "such",
)
_ADVERBIAL = _RELATIVE | {
    "while",
    "because",
    "since",
    "although",
    "though",
    "as",
}  # what these say is no statement of "it"
_ELLIPTIC = _ACTIVE | {"not", "no", "never", "none"}  # with nothing behind them they turn nothing
_RESUMED = word_set("started restarted resumed reintroduced recommenced")
_PLACES = frozenset({"in", "on", "at", "during", "when", "for", "if", "with"})
_HALTED = word_set("avoided withheld stopped paused suspended interrupted omitted discontinued")
# Forms that speak of stopping without telling anyone to.
_GERUNDS = word_set("stopping discontinuing ceasing withholding quitting halting cessation discontinuation")
_DOING_AWAY = word_set("stopping avoiding discontinuing withholding interrupting ceasing omitting pausing suspending")
_ENDINGS = word_set("withdrawal discontinuation cessation interruption omission avoidance suspension")
_DETERMINERS = frozenset(
    {"the", "a", "an", "its", "this", "these", "those", "their", "his", "her", "that", "all", "any", "some"}
)
_AUXILIARY = word_set(
    """
    do does did don't doesn't didn't should shouldn't must mustn't may might can cannot can't will would is are was
    were isn't aren't wasn't weren't has have had not never
    """
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of tokens with one polarity, and the tokens inside it that are turned by a word of their own."""

    first: int
    last: int
    sign: int
    turned: frozenset[int] = field(default_factory=frozenset)  # by a word beside them: "without diabetes"
    after: frozenset[int] = field(
        default_factory=frozenset
    )  # by a verb before them: "to stop smoking", "avoid alcohol"
    opener: str = ""  # the word that began it: "if", "unless", "but", ...
    introduces: bool = False  # "in pregnancy, ...": says when, not what
    inherits: bool = False  # "... but is not advised in children", "it is stopped": what it is said of stands before

    def sign_at(self, token: int) -> int:
        if token in self.turned:
            return -1  # people "without diabetes" have none, whatever the clause says of them
        return -self.sign if token in self.after else self.sign


def segments(found: tuple[Token, ...], *, used: frozenset[int] = frozenset()) -> tuple[Segment, ...]:
    """The segments of a sentence; tokens in `used` belong to quantities ("no more than 4 g") and deny nothing."""
    words = [token.text for token in found]
    bounds = _resumed(words, _bounds(words, used), used)
    result: list[Segment] = []
    for number, (first, opener) in enumerate(bounds):
        last = (bounds[number + 1][0] if number + 1 < len(bounds) else len(words)) - 1
        sign, turned, following = _signs(words, first, last, used)
        if result and result[-1].opener == "unless" and opener in (("and", "or", ",") if result[-1].first else ("or",)):
            turned, opener = frozenset(range(first, last + 1)), "unless"
        more = number + 1 < len(bounds)
        meanwhile = (
            opener == "while" and first + 1 <= last and (words[first + 1].endswith("ing") or words[first + 1] == "you")
        )
        introduces = meanwhile or (
            opener != _RESUMES and sign > 0 and (opener in _RELATIVE or (opener in _INTRODUCTIONS and more))
        )
        after = words[first + 1] if first + 1 < len(words) else ""
        inherits = (number > 0 and opener in _SUBJECTLESS and after in _AUXILIARY | _RESUMED | _HALTED) or (
            opener not in _ADVERBIAL and _refers(words, first, last)
        )
        result.append(Segment(first, last, sign, turned, following, opener, introduces, inherits))
    for number, segment in enumerate(result):  # "women who ... are not offered": one clause around another
        if segment.opener == _RESUMES and number > 1:
            before = result[number - 2]
            sign = before.sign * segment.sign
            result[number - 2] = replace(before, sign=sign, introduces=False)
            result[number] = replace(segment, sign=sign)
    return tuple(result)


def _refers(words: list[str], first: int, last: int) -> bool:
    """Whether something named before is meant: "it must not be given", "stop it", "they are taken"; not "it is known that"."""
    for k in range(first, last + 1):
        if words[k] in ("they", "them"):
            return True
        if words[k] == "it" and not (
            words[k + 1 : k + 2]
            and words[k + 1] in ("is", "was")
            and {"that", "to", "whether"} & set(words[k + 2 : k + 6])
        ):
            return True
    return False


def _resumed(words: list[str], bounds: list[tuple[int, str]], used: frozenset[int]) -> list[tuple[int, str]]:
    """The bounds with those added where the clause around a "who", "if" or "when" goes on: at its second verb."""
    found = []
    for number, (first, opener) in enumerate(bounds):
        found.append((first, opener))
        last = (bounds[number + 1][0] if number + 1 < len(bounds) else len(words)) - 1
        if opener not in _EMBEDDED:
            continue
        verbs = [k for k in range(first + 1, last + 1) if words[k] in _FINITE and k not in used]
        own = 1 if opener not in ("who", "which") or (verbs and verbs[0] == first + 1) else 0
        groups = [k for n, k in enumerate(verbs) if not n or k - verbs[n - 1] > 2]
        resumes = next((k for k in groups[own:] if words[k - 1] not in ("and", "or", ",", "not", "to")), None)
        if resumes is not None:
            found.append((resumes, _RESUMES))
    return found


def _bounds(words: list[str], used: frozenset[int]) -> list[tuple[int, str]]:
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
        if word in _STRONG:
            bounds.append((i, word))
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
            and after in _DETERMINERS
            and _PREDICATE & set(words[bounds[-1][0] : i])
            and _AUXILIARY & set(words[i + 2 : i + 6]) - {"not", "never"}
        ):
            bounds.append((i, word))  # "and the dose should be reviewed"
        elif (
            word == "and"
            and after in _HALTED
            and set(words[i + 2 : i + 3]) & _PLACES
            and _FINITE & set(words[bounds[-1][0] : i])
        ):
            bounds.append((i, word))  # "reserved for severe flares and avoided on the face"
        elif word == "and" and after in _RESUMED and _HALTED & set(words[bounds[-1][0] : i]):
            bounds.append((i, word))  # "withheld during vomiting and started again afterwards"
        elif (
            word == "and"
            and bounds[-1][1] not in _RELATIVE
            and "that" not in words[bounds[-1][0] : i]
            and (_PREDICATE if words[i - 1] == "," else _FINITE) & set(words[bounds[-1][0] : i])
            and _new_clause(words, i + 1)
        ):
            bounds.append((i, word))  # ", and more patients had complications"
        elif word in _JOIN and after in _PREDICATE and i + 2 < len(words):
            if (after in ("no", "not") and word in (",", "and")) or (after == "never" and word == ","):
                continue
            if word == "," and after in _AUXILIARY:
                continue  # the clause goes on after something put in between
            if (
                after in ("use", "stop", "start", "check", "review", "measure", "treat", "monitor")
                and word == "or"
                and words[i - 1] in ("not", "to")
            ):
                continue
            if word == "or" and bounds and _imperative_after_not(words, bounds[-1][0], i):
                continue  # "do not start or continue X"
            bounds.append((i, word))
    return bounds


def _denied_of(words: list[str], at: int) -> bool:
    """Whether this "that" opens a clause that says of the noun before it what is not so."""
    if words[at - 1] in _AGAINST or words[at - 1].startswith(_SAYING):
        return False
    for k in range(at + 1, min(at + 7, len(words) - 1)):
        if words[k] in (",", ";", ".", "and", "or"):
            return False
        if words[k] in _FINITE:
            return words[k] in _OWN_VERB and words[k + 1] == "not" and (k == at + 1 or not words[at + 1].endswith("s"))
    return False


def _new_clause(words: list[str], start: int) -> bool:
    """Whether a subject and its verb stand here: "azithromycin 1 g is given"."""
    for k in range(start, min(start + 7, len(words))):
        if words[k] in _FINITE:
            return k > start
        if words[k] in (",", "and", "or", "who", "which", "that", "when", "if", "than", ";"):
            return False
    return False


def _imperative_after_not(words: list[str], first: int, i: int) -> bool:
    return any(words[k] in ("not", "never", "avoid", "no") for k in range(first, i)) and words[i + 1] in (
        "give", "use", "offer", "start", "continue", "prescribe", "take", "add", "increase", "reduce", "stop", "repeat", "recommend", "consider", "switch",
    )  # fmt: skip


def _signs(words: list[str], first: int, last: int, used: frozenset[int]) -> tuple[int, frozenset[int], frozenset[int]]:
    sign = 1
    turned: set[int] = set()
    following: set[int] = set()
    relative = first < len(words) and words[first] in _RELATIVE
    if relative and words[first] == "unless":
        turned = set(range(first, last + 1))  # unless X is if not X
    i = first
    while i <= last:
        if i in used:
            i += 1
            continue
        skip = _idiom(words, i)
        if skip:
            i += skip
            continue
        single = _single(words, i)
        if single is not None:
            turned ^= {single}
            i = single + 1
            continue
        local = _local(words, i)
        if local:
            doing = (
                words[i] == "without" and i < last and words[i + 1].endswith("ing")
            )  # "without raising the number of people who ..."
            end = last if doing and "," not in words[i:last] else _reach(words, i + local, last)
            turned ^= set(range(i + local, end + 1))
            i = max(end + 1, i + local)
            continue
        if _doing_away(words, i, first):  # "stopping X can cause Y" says of Y what it says
            end = next((k - 1 for k in range(i + 1, min(i + 9, last + 1)) if words[k] in _FINITE), min(i + 3, last))
            following ^= set(range(i + 1, end + 1))
            i = end + 1
            continue
        if _turns(words, i, first):
            same = next((k for k in range(i + 1, min(last, i + 5) + 1) if words[k] in _SAME), None)
            if same is not None:
                i = same + 1  # "no significant difference" says: the same
                continue
            after = words[i + 1] if i + 1 < len(words) else "."
            if after in (",", ".", ";", ")") and words[i] in _ELLIPTIC:
                i += 1
                continue  # "6 have a stroke and 94 do not"
            if (
                words[i] == "no"
                and i > first
                and words[i - 1] in ("of", "with", "in", "for", "to", "had", "having", "and")
            ):
                turned ^= set(range(i + 1, _reach(words, i + 1, last) + 1))  # "in cases of no fever"
            elif words[i] in _ACTIVE and after == "and":
                pass  # "advised to stop and offered help": nothing follows that is stopped
            elif words[i] in _ACTIVE:
                following ^= set(range(i + 1, last + 1))
            elif relative and words[i] in ("neither", "none", "no", "nothing") and i == first + 1:
                turned ^= set(range(i + 1, last + 1))  # "if neither is suitable"
            elif (
                relative
                or _participle(words, i, first)
                or (words[i] in ("not", "no") and i > first and words[i - 1] in (",", "("))
            ):
                end = _reach(words, i + 1, last)  # "amoxicillin, not doxycycline"
                turned ^= set(range(i + 1, end + 1))
            else:
                sign = -sign
        i += 1
    return sign, frozenset(turned), frozenset(following)


def _doing_away(words: list[str], i: int, first: int) -> bool:
    """Whether stopping or avoiding something is what the clause is about: its subject."""
    noun = words[i] in _ENDINGS and words[i + 1 : i + 2] == ["of"]
    if not (noun or words[i] in _DOING_AWAY):
        return False
    before = words[i - 1] if i > first else ""
    return (
        i == first
        or before in (*_DETERMINERS, ",", ";", "and")
        or (noun and i - first <= 2 and before not in _PREPOSITIONS)
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
        and before not in _AUXILIARY
        and before not in ("be", "been", "being", "but", ",")
    )


def _idiom(words: list[str], i: int) -> int:
    for idiom in _NOT_NEGATION:
        if words[i] == idiom[0] and tuple(words[i : i + len(idiom)]) == idiom:
            return len(idiom)
    return 0


def _local(words: list[str], i: int) -> int:
    for parts in _LOCAL_BY_FIRST.get(words[i], ()):
        if words[i : i + len(parts)] == parts:
            if " ".join(parts) in ("lack of", "absence of") and (
                i == 0 or words[i - 1] not in ("in", "the", "with", "by")
            ):
                return 0
            return len(parts)
    if words[i] == "not" and i + 1 < len(words) and words[i + 1] == "inferior":
        return 1
    return 0


def _single(words: list[str], i: int) -> int | None:
    """Non-pregnant, not inferior, uncontrolled: the one word that is turned."""
    if words[i] == "non" and i + 2 < len(words) and words[i + 1] == "-" and words[i + 2] in _NON:
        return i + 2
    if words[i] == "not" and i + 1 < len(words) and words[i + 1] in ("inferior", "only"):
        return i + 1
    if words[i] in PREFIXED:
        return i
    return None


def _reach(words: list[str], start: int, last: int) -> int:
    """Where a local denial ends: at a comma, a verb that opens a predicate, or the end."""
    while start <= last and words[start] in (
        "have",
        "had",
        "has",
        "be",
        "been",
        "give",
        "offer",
        "is",
        "are",
        "was",
        "were",
    ):
        start += 1  # "who do not have diabetes"
    described = words[start - 1 : start] == ["not"] and start < last and words[start].endswith(("ed", "en"))
    if described and words[start + 1] not in ("by", "for", "with", "in", "on", "to", "as", "at", "or", "and"):
        return start  # "men who are not screened die"
    for k in range(start, min(last, start + _NOUN_PHRASE) + 1):
        if words[k] in (
            ",",
            ")",
            ";",
            "should",
            "must",
            "may",
            "can",
            "is",
            "are",
            "was",
            "were",
            "had",
            "has",
            "have",
            "will",
            "who",
            "offer",
            "give",
            "but",
            "after",
            "before",
            "within",
            "during",
            "at",
            "when",
            "if",
        ) or (words[k] == "the" and k > start):
            return k - 1
    return min(last, start + _NOUN_PHRASE)


def _turns(words: list[str], i: int, first: int) -> bool:
    word = words[i]
    if word.endswith("n't"):
        return True
    if word == "against":
        return any(words[k] in _AGAINST for k in range(max(first, i - 3), i))
    before = words[i - 1] if i else ""
    if word in ("rule", "rules", "ruled"):
        return "out" in words[i + 1 : i + 3]
    if word == "wait":
        return words[i + 1 : i + 2] in (["for"], ["until"])
    if word in ("delay", "delaying") or (word == "delayed" and before in ("be", "is", "are", "been")):
        return True
    if word not in _CLAUSE:
        return False
    after = words[i + 1] if i + 1 < len(words) else ""
    if after == "-" and word in _ACTIVE:
        return False  # a stop-smoking service
    if word in ("failure", "failing"):
        return before not in _BEFORE_FAILURE and after == "to"
    if word in ("fail", "fails", "failed"):
        return after == "to" or before in ("has", "have")
    if word == "lack" or word == "lacks" or word == "absent":
        return True
    if word == "neither":
        return True
    if word in _GERUNDS and (before in _PREPOSITIONS or word in ("cessation", "discontinuation")):
        return False
    if word == "nor":
        return "neither" not in words[first:i] and "not" not in words[first:i]
    return not (word == "no" and after in (".", ")"))
