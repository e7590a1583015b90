"""The rules of triage: what must be found in a question, what must not, and what is said then."""

# ruff: noqa: E501 lists of words and patterns read better as they are spoken

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: all of `patterns`, none of `exceptions`."""

    id: str
    kind: Literal["emergency", "out_of_scope"]
    patterns: tuple[re.Pattern[str], ...]
    exceptions: tuple[re.Pattern[str], ...]
    text: str


_CALL = "This may be an emergency. Call the emergency team or the local emergency number now; do not wait for an answer here."
# A question of knowledge ("how is anaphylaxis treated?") goes to the library; an emergency is one that is happening to somebody now.
_NOW = (
    r"\b(?:i am|i'm|i have|i've|i just|my (?:patient|wife|husband|son|daughter|child|baby|mother|father|partner|friend|chest|arm|face|throat)|he is|he's|he has|she is|she's|she has|they are|they have|"
    r"is (?:now|currently|not|un)|right now|just now|just (?:now )?(?:collapsed|stopped|swallowed|took|had|developed|become|became|started)|at this moment|in front of me|has (?:just|suddenly|collapsed|stopped)|"
    r"suddenly|since (?:this morning|an hour|\d+ (?:minutes?|hours?))|for the last \d+ (?:minutes?|hours?)|\d+ (?:minutes?|hours?) ago|help|on the floor|going blue|turning blue|unresponsive|won't wake|cannot wake|can't wake|"
    r"(?:he|she|i|they|baby|patient|(?:the|this|my) (?:patient|baby|child|boy|girl|man|woman|son|daughter|\d+[- ](?:day|week|month|year)[- ]old(?: \w+)?)) "
    r"(?:is|can't|cannot|took|swallowed|drank|inhaled|was (?:hit|stabbed|shot|pulled)|hanged|has been|isn't|won't|fell))\b"
)
_KNOWLEDGE = (
    r"^(?:how (?:is|are|should|do (?:i|we|you) (?:treat|manage|diagnose|prevent|assess))|what (?:is|are|does) (?:the )?(?:first|dose|treatment|management|definition|guideline|evidence|risk|criteria|recommended|symptoms|signs|causes)|"
    r"which |when should|in (?:adults|children|people|patients) with|define |criteria for|is there evidence)"
)
_PAST = r"\b(?:history of|previous|last (?:year|month|week)|years? ago|months? ago|weeks? ago|in the past|used to|after (?:his|her|their|a|an) (?:previous|old)|family history|prevention of|to prevent|risk of|follow-?up)\b"


def _rule(identifier: str, *patterns: str, text: str = _CALL, unless: tuple[str, ...] = (), now: bool = True) -> Rule:
    needed = (*patterns, _NOW) if now else patterns
    excluded = (_KNOWLEDGE, _PAST, *unless) if now else unless
    return Rule(identifier, "emergency", _compiled(needed), _compiled(excluded), text)


def _outside(identifier: str, *patterns: str, text: str, unless: tuple[str, ...] = ()) -> Rule:
    return Rule(identifier, "out_of_scope", _compiled(patterns), _compiled(unless), text)


def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


RULES: tuple[Rule, ...] = (
    _rule("E01-cardiac-arrest", r"\b(?:not breathing|stopped breathing|no pulse|cardiac arrest|pulseless|isn't breathing|heart (?:has )?stopped)\b"),
    _rule("E02-unconscious", r"\b(?:unconscious|unresponsive|won't wake|cannot (?:be )?woken|can't (?:be )?wake|not waking|collapsed)\b"),
    _rule("E03-chest-pain", r"\b(?:crushing|severe|sudden|heavy|tight|central)\b.{0,20}\bchest (?:pain|pressure|tightness)|chest (?:pain|pressure|tightness)\b.{0,60}\b(?:sweat|arm|jaw|breath|faint|collapse|crushing|grey|clammy)|\b(?:st[- ]elevation|stemi)\b|chest (?:pain|pressure|tightness) at rest"),
    _rule("E04-stroke", r"\b(?:face (?:is )?(?:drooping|droops|fallen)|facial droop|slurred speech|can(?:'t|not) (?:speak|lift (?:his|her|their|my|the) arm)|sudden(?:ly)? (?:weak|numb|weakness|numbness|loss of (?:vision|speech))|weakness (?:down|on|of) one side|one side (?:is|has gone) weak)"),
    _rule("E05-anaphylaxis", r"\b(?:anaphyla(?:xis|ctic)|throat (?:is )?(?:closing|swelling)|tongue (?:is )?swell|lips? (?:and tongue )?(?:is |are )?swell|swollen (?:tongue|throat))"),
    _rule("E06-breathing", r"\b(?:can(?:'t|not) breathe|struggling to breathe|gasping|grunting|going blue|turning blue|(?:and|is|gone) blue\b|blue lips|lips (?:are )?(?:turning |going )?blue|choking|can(?:'t|not) (?:finish|complete) (?:a )?sentence)"),
    _rule("E07-bleeding", r"\b(?:bleeding (?:heavily|won't stop|will not stop|and won't)|won't stop bleeding|vomiting (?:up )?(?:fresh |bright )?blood|coughing up (?:a lot of |lots of |large amounts of )?blood|soaking (?:through )?(?:a )?pads?|haemorrhaging|hemorrhaging|massive bleed)"),
    _rule("E08-seizure", r"\b(?:fitting|having a (?:fit|seizure)|seizure (?:has )?(?:lasted|lasting|not stopp|won't stop)|(?:still|been) (?:fitting|seizing|convulsing)|convulsing)\b"),
    _rule("E09-overdose", r"\b(?:overdose|took (?:all|too many|a whole|\d+) .{0,30}(?:tablets|pills|capsules|paracetamol)|took (?:all|\d+) of (?:his|her|their|my)|swallowed (?:\d+|a (?:\w+ )?(?:bottle|battery|magnet)|bleach|all|some of|several|her|his|their|the)|drank (?:bleach|antifreeze|paraquat)|poisoned)\b"),
    _rule(
        "E10-suicide",
        r"\b(?:(?:want|going|plans?|planning|intends?|about) to (?:kill (?:myself|himself|herself|themselves)|die\b|end (?:my|his|her|their) life)|kill myself|end my life|suicidal (?:now|right now|with a plan|and has a plan|(?:thoughts|ideation) (?:and|with) a plan)|(?:has|just) hanged|hanged (?:himself|herself|themselves)|i am suicidal|i'm suicidal)\b",
        text="This may be an emergency. Do not leave the person alone; call the emergency number or the crisis team now, and remove means of harm.",
        now=False,
        unless=(_KNOWLEDGE, r"\b(?:antidepressant|ssri|sertraline|fluoxetine|risk of suicid|patient(?:'s)? previous)\b"),
    ),
    _rule("E11-septic-shock", r"\b(?:mottled|rigors|septic|sepsis|meningitis|non-blanching rash|rash (?:that )?(?:does not|doesn't) (?:fade|blanch)|purple rash)\b.{0,100}\b(?:drowsy|confused|cold hands|unresponsive|collapsed|blood pressure (?:of |is )?[4-8]\d|hypotensive|floppy|hardly breathing|fever)|\b(?:floppy|unresponsive) (?:baby|infant|newborn|child)|\b(?:fever|temperature)\b.{0,60}\b(?:non-blanching|purple rash|stiff neck)"),
    _rule("E12-obstetric", r"\b(?:waters? broke|cord (?:is )?(?:out|prolapse)|baby (?:is )?coming|eclamptic fit|heavy bleeding|bleeding heavily|head is (?:out|crowning)|shoulder dystocia)\b", r"\b(?:pregnan|weeks|labour|labor|birth|baby|deliver|gestation|postpartum|antenatal)"),
    _rule("E13-ketoacidosis", r"\b(?:dka|ketoacidosis|ketones? (?:of |is |are )?(?:[3-9]|\d\d))\b.{0,80}\b(?:vomit|drowsy|confused|breathing fast|deep breath|unwell|collapsed)|\b(?:drowsy|confused|vomiting)\b.{0,80}\b(?:ketoacidosis|ketones? (?:of |is |are )?(?:[3-9]|\d\d))"),
    _rule("E14-hypoglycaemia", r"\b(?:blood (?:glucose|sugar)|glucose|hypo)\b.{0,40}\b(?:[01]\.\d|2\.\d|too low to read|lo\b|(?:[1-4]\d|5[0-3]) ?mg/dl)|\bhypo(?:glycaemic|glycemic)?\b.{0,40}\b(?:unconscious|can(?:'t|not) swallow|fitting|unresponsive)"),
    _rule("E15-ischaemia", r"\b(?:cold|white|pale|numb|pulseless) (?:and \w+ )?(?:leg|foot|limb|arm|hand)\b.{0,40}\b(?:pain|pulse|numb|sudden|white|cold)|\b(?:leg|foot|arm) (?:is |has gone |went )?(?:suddenly )?(?:cold|white)\b|\bsudden(?:ly)? (?:lost|loss of) (?:vision|sight)|worst headache|thunderclap"),
    _rule("E16-hypertensive-emergency", r"\b(?:1[89]\d|2\d\d)\s?/\s?1[1-9]\d\b", r"\b(?:vision|visual|confus|drowsy|fitting|seizure|chest pain|breathless|headache|weakness|papill)"),
    _rule("E17-injury", r"\b(?:electrocuted|electric shock|drown(?:ed|ing)|stabbed|gunshot|shot in|hit by a (?:car|bus|train|truck|lorry)|fell from (?:a |the )?(?:roof|height|ladder|window)|severe(?:ly)? burn(?:s|ed|t)?|burns? (?:to|on) the face|impaled|amputated (?:his|her|their|my))\b"),
    _rule("E18-torsion", r"\b(?:testic\w+|testis|scrot\w+)\b.{0,50}\b(?:sudden\w*|very painful|severe(?:ly)?|agon\w+)|\b(?:sudden\w*|severe)\b.{0,40}\b(?:testic\w+|testis|scrot\w+)"),
    _outside(
        "O01-not-medical",
        r"\b(?:weather|football|recipe|stock (?:price|market)|joke|poem|song|holiday|movie|film|bitcoin|crypto|homework|translate|write (?:me )?(?:a |an )?(?:essay|email|letter|code|program|python)|programming|lottery|horoscope|capital of|president of|who won)\b",
        unless=(r"\b(?:patient|symptom|dose|treat|disease|pain|blood|asthma|pregnan|medicine|drug|weather-?related|pollen|heat ?stroke|chloroform)\b",),
        text="This service answers clinical questions from the guideline library. It cannot help with this.",
    ),
    _outside(
        "O02-harm",
        r"\b(?:how (?:can|do|could) (?:i|one|you) (?:kill|poison|overdose|hurt|harm|drug|sedate) (?:someone|somebody|my|a person|him|her|people|myself)|lethal dose (?:to|for) (?:kill|a person|someone)|undetectable poison|untraceable|make (?:a bomb|methamphetamine|meth\b|fentanyl|heroin)|fake (?:a )?(?:prescription|sick note|certificate))",
        text="This service cannot help with that. If somebody is in danger, call the emergency number now.",
    ),
    _outside(
        "O03-assisted-dying",
        r"\b(?:euthanasia|assisted (?:dying|suicide)|end (?:the|this) patient's life)\b",
        unless=(r"\bpalliative (?:care|sedation)\b",),
        text="This service does not advise on ending life. Speak with the palliative care team and the legal adviser of the hospital.",
    ),
    _outside(
        "O04-legal",
        r"\b(?:sue\b|lawsuit|malpractice|negligence claim|compensation claim|legal advice|testify|court case|solicitor|lawyer)",
        text="This service does not give legal advice. Ask the legal or risk department.",
    ),
    _outside(
        "O05-billing",
        r"\b(?:billing code|icd-?10 code for billing|reimbursement|insurance (?:claim|coverage|cover)|how much (?:does|will) .{0,40}cost|invoice|copay|co-pay|tariff)\b",
        text="This service answers clinical questions, not questions of billing or insurance.",
    ),
    _outside(
        "O06-animals",
        r"\b(?:my|a|the|our) (?:dog|cat|horse|rabbit|puppy|kitten|hamster|cow|sheep|parrot|budgie)\b|\bveterinar",
        unless=(r"\b(?:bite|bitten|bit|scratch|allerg|rabies|tetanus|exposure|licked)",),
        text="This library is about people. Ask a veterinary surgeon.",
    ),
    _outside(
        "O07-other-software",
        r"\b(?:ignore (?:all |your |the |any )?(?:previous |prior |above )?(?:instructions|rules)|system prompt|jailbreak|developer mode|pretend (?:to be|you are)|act as (?:a|an) (?!inhibitor|antagonist|agonist)\w+ (?:without|with no) )",
        text="This service answers clinical questions from the guideline library only.",
    ),
    _outside(
        "O08-doping",
        r"\b(?:bodybuilding|muscle gain|bulking|anabolic cycle|steroid cycle|performance enhanc\w+|doping)\b",
        unless=(r"\b(?:treat|harm|side effect|withdraw|stop|adverse|misuse|dependence|test positive)",),
        text="This service does not advise on medicines for performance or physique.",
    ),
)  # fmt: skip
