"""The source attributes of 45 CFR 170.315(b)(11)(iv), and what holds of the software itself."""

from dataclasses import dataclass
from typing import Literal

Family = Literal["evidence", "predictive"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute the rule asks for. `built_in` is what holds wherever this software runs."""

    id: str
    family: Family
    group: str
    text: str
    built_in: str | None = None


_CITED = "Every statement cites the sentences it rests on, with document, version, section and page."
_NOT_USED = "Not used: it is read from no source and given to no model."
_MODEL = "An open language model trained by others is used as it is; this software trains none."
_CHECKS = (
    "Each statement of the model is checked by code against the sentences it cites: numbers, units, negation, "
    "medicines, population and strength. What fails is withheld."
)

_EVIDENCE: tuple[tuple[str, str | None], ...] = (
    ("Citation of the research or guideline", _CITED),
    ("Who developed the intervention", None),
    ("Who paid for the technical implementation", None),
    ("Dates of release and revision of the intervention or its source", _CITED),
    ("Use of race", _NOT_USED),
    ("Use of ethnicity", _NOT_USED),
    ("Use of language", "The patient's language is kept as a cohort in statistics; it changes no answer."),
    ("Use of sexual orientation", _NOT_USED),
    ("Use of gender identity", _NOT_USED),
    ("Use of sex", "Decides whether a recommendation is meant for the patient, and warnings on pregnancy."),
    ("Use of date of birth", "Age decides whether a recommendation is meant for the patient, and warnings by age."),
    ("Use of social determinants of health", _NOT_USED),
    ("Use of health status assessments", _NOT_USED),
)

_PREDICTIVE: tuple[tuple[str, tuple[tuple[str, str | None], ...]], ...] = (
    (
        "Details and output",
        (
            ("Name and contact of the developer", None),
            ("Who paid for the technical implementation", None),
            (
                "What it gives as output",
                "Short statements answering a clinician's question, each citing sentences of the local library; "
                "verbatim quotations where no model can be used; silence where the library does not answer.",
            ),
            ("Kind of output", "Recommendation, with its sources; no score or prediction about a patient."),
        ),
    ),
    (
        "Purpose",
        (
            ("Intended use", "To find and quote what the local guidelines say to a clinician's question in a consult."),
            ("Intended patients", None),
            ("Intended users", "Physicians; patients see only what a physician released to them."),
            ("Role in the decision", "Informs. The clinician decides, and the decision is recorded."),
        ),
    ),
    (
        "Out of scope",
        (
            (
                "Tasks, situations and people it should not be used for",
                "Emergencies, questions the library does not cover, and decisions without a clinician.",
            ),
            (
                "Known risks, settings and limits",
                "A statement may pass every check and still mislead by what it leaves out; a library out of date "
                "answers out of date; facts missing from the record cannot warn.",
            ),
        ),
    ),
    (
        "Development and inputs",
        (
            ("What was included in and excluded from training data", _MODEL),
            (
                "Which of the personal attributes above are inputs",
                "Sex and date of birth (as age), language in statistics.",
            ),
            ("How training data represents people by those attributes", None),
            ("How training data fits this setting", _MODEL),
        ),
    ),
    (
        "Fairness in development",
        (
            ("How its output is kept fair", _CHECKS),
            ("How bias is managed", "Statistics compare cohorts and mark a group outside 0.8 to 1.25 of all others."),
        ),
    ),
    (
        "External validation",
        (
            ("Where validity and fairness were assessed on other data", None),
            ("Who tested it there", None),
            ("How that data represents people", None),
            ("How it was validated there", None),
        ),
    ),
    (
        "Measures of performance",
        (
            ("Validity in data of the training's source", None),
            ("Fairness in data of the training's source", None),
            ("Validity in other data", None),
            ("Fairness in other data", None),
            ("Evaluations of its effect on outcomes", None),
        ),
    ),
    (
        "Upkeep",
        (
            ("How and how often validity is monitored", None),
            ("Validity in local data", None),
            ("How and how often fairness is monitored", None),
            ("Fairness in local data", None),
        ),
    ),
    (
        "Updates",
        (
            ("How and how often it is updated", None),
            ("How often performance is corrected when risks are found", None),
        ),
    ),
)


def _predictive() -> list[Attribute]:
    found: list[Attribute] = []
    for group, attributes in _PREDICTIVE:
        for text, built_in in attributes:
            found.append(Attribute(f"predictive.{len(found) + 1}", "predictive", group, text, built_in))
    return found


ATTRIBUTES: tuple[Attribute, ...] = (
    *(
        Attribute(f"evidence.{number}", "evidence", "Evidence-based support", text, built_in)
        for number, (text, built_in) in enumerate(_EVIDENCE, start=1)
    ),
    *_predictive(),
)
BY_ID = {attribute.id: attribute for attribute in ATTRIBUTES}
