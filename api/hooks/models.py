"""What CDS Hooks sends and is sent, as HL7's specification has it. What is not known here is ignored, as it asks."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Hook = Literal["patient-view", "order-select", "order-sign"]
# The specification says "less than 140 characters".
LONGEST_SUMMARY = 139


class Lenient(BaseModel):
    model_config = ConfigDict(extra="allow")


class FhirAuthorization(Lenient):
    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str
    subject: str


class Context(Lenient):
    userId: str = Field(max_length=200)  # noqa: N815 the specification's name
    patientId: str = Field(max_length=200)  # noqa: N815
    encounterId: str | None = None  # noqa: N815
    selections: list[str] | None = None
    draftOrders: dict[str, Any] | None = None  # noqa: N815


class HookRequest(Lenient):
    hook: str
    hookInstance: UUID  # noqa: N815
    context: Context
    fhirServer: str | None = None  # noqa: N815
    fhirAuthorization: FhirAuthorization | None = None  # noqa: N815
    prefetch: dict[str, Any] | None = None


class Coding(Lenient):
    code: str
    system: str | None = None
    display: str | None = None


class Source(BaseModel):
    label: str
    url: str | None = None
    topic: Coding | None = None


class Link(BaseModel):
    label: str
    url: str
    type: Literal["absolute", "smart"] = "absolute"
    appContext: str | None = None  # noqa: N815


class Action(BaseModel):
    type: Literal["create", "update", "delete"]
    description: str
    resource: dict[str, Any] | None = None
    resourceId: str | None = None  # noqa: N815


class Suggestion(BaseModel):
    label: str
    uuid: str
    isRecommended: bool | None = None  # noqa: N815
    actions: list[Action] | None = None


class Card(BaseModel):
    uuid: str
    summary: str = Field(max_length=LONGEST_SUMMARY)
    indicator: Literal["info", "warning", "critical"]
    source: Source
    detail: str | None = None
    suggestions: list[Suggestion] | None = None
    selectionBehavior: Literal["at-most-one", "any"] | None = None  # noqa: N815
    overrideReasons: list[Coding] | None = None  # noqa: N815
    links: list[Link] | None = None


class Cards(BaseModel):
    cards: list[Card]


class Service(BaseModel):
    """One line of the discovery document."""

    hook: Hook
    title: str
    description: str
    id: str
    prefetch: dict[str, str]
    usageRequirements: str | None = None  # noqa: N815


class Services(BaseModel):
    services: list[Service]


class OverrideReason(Lenient):
    reason: Coding | None = None
    userComment: str | None = Field(default=None, max_length=4000)  # noqa: N815


class AcceptedSuggestion(Lenient):
    id: str


class CardFeedback(Lenient):
    card: str = Field(max_length=64)
    outcome: Literal["accepted", "overridden"]
    acceptedSuggestions: list[AcceptedSuggestion] | None = None  # noqa: N815
    overrideReason: OverrideReason | None = None  # noqa: N815
    outcomeTimestamp: datetime  # noqa: N815


class Feedback(Lenient):
    feedback: list[CardFeedback] = Field(min_length=1, max_length=100)
