"""The routes, one noun a file, and how a page is made.

A page is three things:

1. A handler in `api/routes/<noun>.py`, on that file's `router = APIRouter()`. It names its policy and its connection:

       @router.get("/library")
       def library(request: Request, actor: Annotated[Actor, allow(Role.LIBRARIAN)], tx: ReadTx) -> HTMLResponse:
           return page(request, "library.html", documents=Library(...).documents(tx))

   `allow(Role.X, …)` lets a browser's sign-in in; with `scope=Scope.Y` an API token of that scope too. `everyone()` is
   any role, `anyone()` no sign-in. A route without a policy fails the suite. `ReadTx` is one snapshot, `WriteTx` one
   transaction that is committed before the answer is sent. Plain `def` handlers run in worker threads: block there.
   `Parts` gives the services. Raise a `CdsError`: `api/errors.py` answers as a page or as problem+json.

2. A template `api/templates/<noun>.html` that extends `base.html` and fills `title` and `main`. Everything is escaped;
   `|safe`, inline scripts, inline styles and `style=` are not used (the content policy refuses them). Links are written
   `{{ path('/library') }}` and files `{{ asset('library.js') }}`, so that a path prefix works. Dates: `{{ d|day }}`,
   moments: `{{ t|moment }}`.

3. A line in ROUTERS here, and one in NAVIGATION if it has a place in the bar.

What changes something is a POST (a form, then `return go_to(request, "/library")`) or an API method, never a GET. The
guard refuses it when another site sent it (Fetch Metadata, else Origin), so forms need no hidden token. Addresses carry
opaque ids only: no names, no question texts, also not after a question mark.

API routes are under `/api/v1/<noun>`, in the same file, return pydantic models or frozen dataclasses, and take a scope.
"""

from dataclasses import dataclass

from cds.actors import Role

# Modules under api/routes, each with a `router`.
ROUTERS: tuple[str, ...] = (
    "health",
    "static",
    "home",
    "account",
    "sign_in",
    "openid",
    "reference",
    "consults",
    "consult_pages",
    "gaps",
    "passages",
    "library",
    "cds_hooks",
    "chat_completions",
    "mcp",
    "patients",
    "emergencies",
    "audit",
    "review",
    "review_trace",
    "statistics",
    "governance",
    "sharing",
    "sharing_grid",
    "sharing_talk",
    "sharing_api",
    "sharing_member",
)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the bar on top of every page."""

    path: str
    label: str
    roles: frozenset[Role]


NAVIGATION: tuple[Place, ...] = (
    Place("/consults/new", "Ask", frozenset({Role.PHYSICIAN})),
    Place("/consults", "My consults", frozenset({Role.PHYSICIAN})),
    Place("/sessions", "Shared decisions", frozenset({Role.PHYSICIAN})),
    Place("/patients", "Patients", frozenset({Role.PHYSICIAN})),
    Place("/review", "Review", frozenset({Role.AUDITOR})),
    Place("/statistics", "Statistics", frozenset({Role.AUDITOR})),
    Place("/governance", "Governance", frozenset({Role.AUDITOR, Role.ADMINISTRATOR})),
    Place("/emergencies", "Emergencies", frozenset({Role.AUDITOR})),
    Place("/audit", "Audit log", frozenset({Role.AUDITOR, Role.ADMINISTRATOR})),
    Place("/library", "Library", frozenset(Role)),
    Place("/gaps", "Gaps", frozenset({Role.LIBRARIAN})),
)
