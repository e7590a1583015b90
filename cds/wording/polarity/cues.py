"""The words that deny, and those that open, join and end clauses."""

# ruff: noqa: E501 lists of words and patterns read better as they are spoken

from cds.wording.text import word_set

# Words that turn the whole clause: "should not be used", "avoid", "is contraindicated", "stop".
CLAUSE = word_set(
    """
    not never cannot no none neither nor avoid avoids avoided avoiding avoidance contraindicated contraindication
    contraindications contraindicate contraindicates refrain stop stops stopped stopping discontinue discontinued
    discontinuing discontinuation discontinues cease ceased ceasing cessation withhold withheld withholding quit
    quitting halt halted unsuitable inappropriate ineffective unsafe inadvisable unnecessary unhelpful fail failed
    fails failing failure unable unlikely lack lacks lacking lacked absent prohibited prohibit forbidden omit
    omitted harmless unrelated unaffected unchanged insufficient inadequate nobody nothing unaccompanied ill-advised
    nonsignificant insignificant insignificantly unassociated unproven uninvolved disproved refuted refute refutes
    disprove disproves dispensable dissuade discourage discouraged  hardly scarcely barely
    pause paused pausing suspend suspended suspending interrupt interrupted interrupting interruption
    precluded precludes preclude unjustified unwarranted unfounded untrue false incorrect myth
    """
)
CUES = CLAUSE

INTRODUCTIONS = word_set(
    """
    if when in for during unless where after before while although because among once with whenever at on until
    following
    """
)
ACTIVE = word_set("lack lacks lacked avoid avoids avoiding stop stops discontinue withhold refrain quit cease omit")
NON = word_set(
    """
    inferior pregnant smoker smokers smoking diabetic significant severe infectious responders responder adherent
    compliant fasting white lactating
    """
)
# Words that are the denial of another: their stem is read without the prefix.
PREFIXED = word_set(
    """
    uncontrolled untreated untrained unexposed unprotected unplanned unresolved unstable unvaccinated nonpregnant noninferior inactive ineffective unsafe intolerant
    nonsmoker nonsmokers asymptomatic afebrile unresponsive uncomplicated
    """
) - frozenset({"uncomplicated", "ineffective", "unsafe"})
NOUN_PHRASE = 6  # words that "without" and its like reach
PREPOSITIONS = word_set(
    """
    between after before when on of by for from upon following since about without while and or with in to
    """
)
BEFORE_FAILURE = word_set(
    """
    heart renal kidney liver hepatic respiratory cardiac treatment organ ventricular virological graft therapeutic
    multiorgan ovarian pump contraceptive
    """
)

# Words that turn only what follows: "in patients without diabetes", "rather than an inhaler".
LOCAL = (
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
    "away from",
    "outside",
    "denied",
    "never had",
    "but not",
    "and not",
    "except",
    "except for",
    "except in",
    "lacking",
)
LOCAL_BY_FIRST: dict[str, list[list[str]]] = {}
for _phrase in LOCAL:
    LOCAL_BY_FIRST.setdefault(_phrase.split()[0], []).append(_phrase.split())
AGAINST = word_set(
    """
    recommend recommended recommends recommending advise advised advises advising recommendation caution cautioned
    warn warned warns guidance decided decide advice evidence
    """
)
NOT_NEGATION = (
    ("not", "only"), ("no", "doubt"), ("or", "not"), ("if", "not"), ("not", "necessarily"), ("not", "just"), ("no", "matter"), ("not", "uncommon"), ("nothing", "but"), ("without", "doubt"),
    ("not", "unusual"), ("without", "delay"), ("not", "infrequently"), ("never", "smokers"), ("not", "insignificant"),
)  # fmt: skip
SAME = word_set("differ differs differed different difference differences")
# A new clause starts at these; "and", "or" and the comma only before a new predicate.
STRONG = word_set(
    """
    ; : . ! ? but however although though whereas while because since unless until if when whenever provided except
    which who whose so then
    """
)
JOIN = frozenset({"and", "or", ",", "nor"})
PREDICATE = word_set(
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


SUBJECTLESS = frozenset({"and", "but", "or", ",", "nor", "so", "then", "however", "though"})
# Clauses that say which or when: a denial in them turns what follows it there, and the rest of them says nothing by itself.
RESUMES = "(resumes)"
EMBEDDED = frozenset({"who", "which", "whose", "when", "if"})
FINITE = word_set(
    "is are was were should must may might can cannot will would do does did has have had isn't aren't shouldn't"
)
RELATIVE = frozenset(
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
OWN_VERB = frozenset({"have", "has", "had", "do", "does", "did", "is", "are", "was", "were"})
SAYING = (
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
ADVERBIAL = RELATIVE | {
    "while",
    "because",
    "since",
    "although",
    "though",
    "as",
}  # what these say is no statement of "it"
ELLIPTIC = ACTIVE | {"not", "no", "never", "none"}  # with nothing behind them they turn nothing
RESUMED = word_set("started restarted resumed reintroduced recommenced")
PLACES = frozenset({"in", "on", "at", "during", "when", "for", "if", "with"})
HALTED = word_set("avoided withheld stopped paused suspended interrupted omitted discontinued")
# Forms that speak of stopping without telling anyone to.
GERUNDS = word_set("stopping discontinuing ceasing withholding quitting halting cessation discontinuation")
DOING_AWAY = word_set("stopping avoiding discontinuing withholding interrupting ceasing omitting pausing suspending")
ENDINGS = word_set("withdrawal discontinuation cessation interruption omission avoidance suspension")
DETERMINERS = frozenset(
    {"the", "a", "an", "its", "this", "these", "those", "their", "his", "her", "that", "all", "any", "some"}
)
AUXILIARY = word_set(
    """
    do does did don't doesn't didn't should shouldn't must mustn't may might can cannot can't will would is are was
    were isn't aren't wasn't weren't has have had not never
    """
)
IMPERATIVE = word_set(
    """
    give use offer start continue prescribe take add increase reduce stop repeat recommend consider switch
    """
)
# What they open says when; a denial inside turns what stands beside it there.
WHEN = frozenset({"after", "before", "once", "until", "while", "although", "since", "as"})
