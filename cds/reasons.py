"""Why a recommendation was not followed: HL7's non-adherence reason codes, each with a short label of ours."""

from dataclasses import dataclass

SYSTEM = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"


@dataclass(frozen=True, slots=True)
class Reason:
    """One code; `group` is the broader code it stands under, None for a group itself."""

    code: str
    label: str
    group: str | None = None
    short: bool = False  # in HL7's selection for the point of care


_TREE: tuple[tuple[Reason, tuple[Reason, ...]], ...] = (
    (
        Reason("cds-not-applicable", "Does not apply to this patient", short=True),
        (
            Reason("patient-ineligible", "Patient does not meet its criteria"),
            Reason("indication-order-exists", "Already indicated or ordered"),
            Reason("action-completed", "Already done", short=True),
            Reason("action-unsuccessful", "Tried before without success"),
            Reason("action-performed-no-adverse-effect", "What it warns of was done before without harm"),
            Reason("action-not-priority", "Not a priority in this state of health"),
        ),
    ),
    (
        Reason("cds-suboptimal-context", "Wrong moment or wrong person", short=True),
        (
            Reason("limited-time", "No time to deal with it"),
            Reason("wrong-time-workflow", "Wrong point of the visit or of the illness"),
            Reason("inappropriate-recipient", "Not mine to decide"),
            Reason("need-more-info", "More information, a result or a consult is needed first"),
        ),
    ),
    (
        Reason("recipient-disagrees-evidence", "Disagree with the evidence", short=True),
        (
            Reason("does-not-align-latest-evidence", "Not in line with the latest evidence"),
            Reason("expert-contradicts", "A specialist advised otherwise"),
            Reason("policy-contradicts", "A policy or guideline of this house says otherwise"),
            Reason("recipient-does-not-trust", "Do not agree with it or do not trust it"),
        ),
    ),
    (
        Reason("recipient-concerns-outcomes", "Concern about the outcome", short=True),
        (
            Reason("risk-benefit-ratio", "Risks outweigh benefits for this patient"),
            Reason("mitigate-risk-negative-outcome", "Another measure was taken against the risk"),
            Reason("likely-negative-health-outcomes", "Likely to do harm"),
            Reason("patient-contraindication", "Contraindicated in this patient", short=True),
        ),
    ),
    (
        Reason("does-not-align-preferences", "Not what the patient prefers or values", short=True),
        (
            Reason("patient-fears-discomfort", "Patient fears discomfort"),
            Reason("patient-does-not-want-change", "Patient sees no need for a change"),
            Reason("cultural-religious-reason", "Cultural or religious reason"),
            Reason("prefers-alternative", "Patient prefers another treatment"),
            Reason("patient-refuses", "Patient declined, reason not given", short=True),
        ),
    ),
    (
        Reason("not-convenient-feasible", "Not feasible", short=True),
        (
            Reason("inadequate-support", "Too little help at home"),
            Reason("service-not-available", "Treatment or service not available", short=True),
            Reason("implementation-challenges", "Cannot be carried out for technical reasons"),
            Reason("too-costly-uncovered", "Too costly or not covered", short=True),
            Reason("recipient-does-not-understand", "Not understood, or not known how to do", short=True),
            Reason("comorbidity-disability", "Another condition or a disability stands in the way"),
        ),
    ),
)

REASONS: dict[str, Reason] = {
    reason.code: reason
    for group, members in _TREE
    for reason in (group, *(Reason(m.code, m.label, group.code, m.short) for m in members))
}
SHORT_LIST: tuple[Reason, ...] = tuple(reason for reason in REASONS.values() if reason.short)
