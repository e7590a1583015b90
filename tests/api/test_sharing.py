"""A shared session through both doors: what each may do, and that the patient's side holds only what was released."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import orjson
import pytest
from fastapi.testclient import TestClient

from api.auth.accounts import Account
from api.sharing_model import shared_model
from cds.actors import Role
from cds.errors import Unavailable
from cds.language_model import Draft
from cds.sharing.events import read_events
from cds.sharing.joining import ADDRESS_TRIES, CODE_LASTS, open_code
from cds.sharing.members import LONGEST
from cds.sharing.sessions import sessions_by
from cds.sharing.state import Shared, fold
from tests.api.conftest import TestedServices
from tests.cds.fakes import Scripted, Shelf, document, passage

Clients = Callable[[Role | None], TestClient]
AF = document("atrial-fibrillation", "Atrial fibrillation")
CHOICE = passage(
    "af-choice",
    "No anticoagulant, with regular review: of 100 people with a score of 4, about 5 have a stroke in one year. "
    "Of 100 people who take no anticoagulant, about 1 has a major bleed in one year. "
    "It can be reviewed at any time.\n\n"
    "Warfarin: of 100 people with a score of 4 who take warfarin, about 2 have a stroke in one year. "
    "Of 100 people who take warfarin, about 3 have a major bleed in one year. "
    "Warfarin needs regular INR tests, and food, alcohol and many medicines change its effect.\n\n"
    "The certainty of these figures is moderate.",
    of=AF,
    section=("Shared decision",),
)
MORE = passage(
    "af-more",
    "Bruising is seen in 20 of 100 people who take warfarin. Apixaban causes nausea in 5 of 100 people. "
    "Offer warfarin to people with a mechanical valve. Headaches are seen in 7 of 100 people who take warfarin.",
    of=AF,
    section=("Unwanted effects of warfarin",),
)
QUESTION = "Should a person with atrial fibrillation and a score of 4 take warfarin?"
PAGE = {"accept": "text/html"}


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(CHOICE)


class Walk:
    """A session with its physician and, once joined, its patient."""

    def __init__(self, clients: Clients, services: TestedServices, account: Account) -> None:
        self.services, self.account = services, account
        self.physician, self.patient = clients(Role.PHYSICIAN), clients(None)
        asked = self.physician.post("/api/v1/consults", json={"question": QUESTION})
        assert asked.status_code == 201, asked.text
        self.consult = asked.json()["id"]
        answer = self.physician.post("/sessions", data={"consult": self.consult})
        assert answer.status_code == 303, answer.text
        self.at = answer.headers["location"]
        self.id = self.at.rsplit("/", 1)[1]

    def do(self, path: str, **data: object) -> None:
        answer = self.physician.post(f"{self.at}{path}", data=data)
        assert answer.status_code == 204, answer.text

    def say(self, path: str, **data: object) -> None:
        answer = self.patient.post(f"/shared{path}", data=data)
        assert answer.status_code == 204, answer.text

    def code(self) -> str:
        self.do("/code")
        return self.typed()

    def typed(self) -> str:
        with self.services.db.reading() as tx:
            (session, *_) = sessions_by(tx, self.account.actor)
            code = open_code(tx, session, clock=self.services.clock)
        assert code is not None
        return code[0]

    def enter(self) -> None:
        assert self.patient.post("/join", data={"code": self.code()}).headers["location"] == "/shared"
        self.admit()

    def admit(self, how: str = "yes") -> None:
        found = re.search(r"/members/([0-9a-z]{26})", self.physician.get(f"{self.at}/live").text)
        assert found is not None
        self.do(f"/members/{found[1]}", admit=how)

    @property
    def state(self) -> Shared:
        with self.services.db.reading() as tx:
            return fold(read_events(tx, self.id, audience="physician"))

    @property
    def seen(self) -> str:
        return self.patient.get("/shared/live").text

    def wait(self) -> None:
        """Until the model has done its work for this session."""
        model = shared_model(self.physician.app)  # type: ignore[arg-type]
        while model.doing(self.id):
            time.sleep(0.01)

    def refused(self) -> list[str]:
        """Why somebody was turned away, from the log's entries."""
        from sqlalchemy import select

        from cds.audit.tables import entries

        kinds = ("session.code_refused", "session.place_refused")
        with self.services.db.reading() as tx:
            found = tx.scalars(select(entries.c.entry).where(entries.c.kind.in_(kinds)).order_by(entries.c.seq))
            return [orjson.loads(entry)["details"]["because"] for entry in found]

    def audit(self) -> list[str]:
        from sqlalchemy import select

        from cds.audit.tables import entries

        with self.services.db.reading() as tx:
            return list(
                tx.scalars(select(entries.c.kind).where(entries.c.kind.like("session.%")).order_by(entries.c.seq))
            )


@pytest.fixture
def walk(client_as: Clients, services: TestedServices, account_of: Callable[[Role], Account]) -> Iterator[Walk]:
    return Walk(client_as, services, account_of(Role.PHYSICIAN))


def test_a_decision_from_opening_to_the_page_to_take_home(walk: Walk) -> None:
    page = walk.physician.get(walk.at, headers=PAGE).text
    assert "Warfarin" in page and "No anticoagulant" in page and "Our library does not say." in page
    walk.enter()
    assert "You are in" in walk.seen and "arfarin" not in walk.seen

    warfarin = next(option for option in walk.state.grid.options if "Warfarin" in option.name)
    walk.do("/release", items="topic.decision", reason="The rest follows")
    walk.do("/release", items=f"{warfarin.id}.benefits", reason="The rest follows")
    assert "2 in 100" in walk.seen and "3 in 100" not in walk.seen and "INR" not in walk.seen
    walk.do("/release", items="all", reason="The library has no more")
    assert "3 in 100" in walk.seen and "Atrial fibrillation" in walk.seen

    outcome = re.search(r'name="outcome" value="([0-9a-f]+)"', walk.seen)
    assert outcome is not None
    walk.say("/ratings", outcome=outcome[1], rating=4)
    walk.say("/questions", text="Can I still drink wine?")
    walk.say("/notes", text="My mother bled on this.")
    walk.say("/sure", sure="yes", understand="yes", risk_benefit="no", encouraged="yes")
    heard = walk.physician.get(f"{walk.at}/live").text
    assert "Can I still drink wine?" in heard and "My mother bled" in heard and "Most of all" in heard
    assert "Not yet sure" in heard

    question = walk.state.questions[0].id
    walk.do(f"/questions/{question}", text="A glass with a meal is fine.")
    assert "A glass with a meal" not in walk.seen
    walk.do(f"/questions/{question}/release")
    assert "A glass with a meal is fine." in walk.seen

    walk.do(
        "/agreement",
        choice=warfarin.name,
        physician_leaned=warfarin.name,
        patient_leaned="To decide later",
        declined=["No anticoagulant, with regular review"],
        next_steps="Blood test on Monday",
        review_on="2027-02-01",
        name_on_page="A. Patient",
    )
    assert "Blood test on Monday" in walk.seen
    walk.say("/agreement")
    walk.say("/collaborate", understand=9, listen=8, include=9)
    assert walk.state.agreement is not None and walk.state.agreement.confirmed
    assert walk.state.agreement.recommendations == (walk.consult,)

    for printed in (walk.physician.get(f"{walk.at}/print").text, walk.patient.get("/shared/print").text):
        assert "1 Feb 2027" in printed and "Blood test on Monday" in printed and "3 in 100" in printed
        assert "A. Patient" in printed and "The certainty" not in printed.split("<blockquote>")[0]
    walk.do("/end")
    assert walk.patient.post("/shared/notes", data={"text": "more"}).status_code == 409
    assert "The talk has ended" in walk.seen
    assert {"session.opened", "session.released", "session.agreed", "session.ended"} <= set(walk.audit())


def test_every_step_is_an_entry_of_the_log_which_still_verifies(walk: Walk) -> None:
    from cds.audit.verify import verify

    walk.enter()
    walk.do("/release", items="all", reason="The library has no more")
    with walk.services.db.reading() as tx:
        events = read_events(tx, walk.id, audience="physician")
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert [f"session.{event.kind}" for event in events] == walk.audit()
    with walk.services.db.reading() as tx:
        assert verify(tx).ok


def test_release_without_a_qualifying_item_needs_a_reason(walk: Walk) -> None:
    walk.do("/topics", name="condition", text="")
    refused = walk.physician.post(f"{walk.at}/release", data={"items": "topic.decision"})
    assert refused.status_code == 409 and refused.json()["code"] == "reason_needed"
    assert walk.state.released == {}
    walk.do("/release", items="topic.decision", reason="The patient knows the condition well")
    assert list(walk.state.released) == ["topic.decision"]


def test_a_whole_option_is_shown_and_taken_back_at_once(walk: Walk) -> None:
    walk.enter()
    first, warfarin = walk.state.grid.options
    walk.do("/release", items=f"option.{warfarin.id}", reason="First this one")
    assert [item["option_name"] for item in walk.state.released.values()] == ["Warfarin"] * 4
    assert first.name not in walk.seen
    walk.do("/withdraw", items=f"option.{warfarin.id}")
    assert walk.state.released == {}


def test_an_answer_can_be_taken_back(walk: Walk) -> None:
    walk.enter()
    walk.say("/questions", text="Can I drive?")
    question = walk.state.questions[0].id
    walk.do(f"/questions/{question}", text="Yes, you can drive.")
    walk.do(f"/questions/{question}/release")
    assert "Yes, you can drive." in walk.seen
    walk.do("/withdraw", items=f"answer.{question}")
    assert "Yes, you can drive." not in walk.seen


def test_an_option_the_library_does_not_speak_of_says_so(walk: Walk) -> None:
    walk.do("/options", name="Wait and see")
    page = walk.physician.get(f"{walk.at}/live").text
    assert walk.state.grid.options[-1].nothing and "our library does not speak of this" in page
    walk.do("/release", items=f"option.{walk.state.grid.options[-1].id}", reason="We talked about it")
    walk.enter()
    assert walk.seen.count("Our library does not say.") == 4


def test_the_model_fills_the_grid_and_what_the_checks_refuse_is_shown_as_refused(
    walk: Walk, services: TestedServices
) -> None:
    services.shelf.passages = (CHOICE, MORE)
    wanted = [
        {"sentence": "Bruising", "option": "Warfarin", "place": "harms"},
        {"sentence": "Apixaban", "option": "Warfarin", "place": "harms"},
        {"sentence": "Offer", "option": "Warfarin", "place": "asks"},
        {"sentence": "Headaches", "option": "Warfarin", "place": "benefits"},
    ]
    services.model_ = Placing(wanted)
    walk.do("/model", what="grid")
    walk.wait()
    warfarin = next(option for option in walk.state.grid.options if option.name == "Warfarin")
    added = [line for line in warfarin.lines if line.drafted]
    assert [line.text for line in added] == ["Bruising is seen in 20 of 100 people who take warfarin."]
    assert added[0].by == "library" and added[0].citation is not None and added[0].citation.passage == MORE.id
    assert [one.why for one in walk.state.refused] == [
        "the sentence does not speak of “Warfarin”",
        "it tells the clinician what to do and describes nothing",
        "it speaks of harm",
    ]
    page = walk.physician.get(f"{walk.at}/live").text
    assert "placed by scripted, checked" in page and "the checks refused (3)" in page
    walk.enter()
    assert "Bruising" not in walk.seen, "not before it is released"


def test_easier_words_are_offered_only_when_they_say_the_same(walk: Walk, services: TestedServices) -> None:
    hard = "Warfarin needs regular INR tests, and food, alcohol and many medicines change its effect."
    services.model_ = Rewording({hard: "Warfarin needs regular INR tests. Food, alcohol and many medicines change it."})
    walk.do("/model", what="easier")
    walk.wait()
    assert walk.state.easier[hard].failed is None
    line = next(line for line in walk.state.grid.lines if line.text == hard)
    assert "Use this" in walk.physician.get(f"{walk.at}/live").text
    walk.do("/easier", line=line.id)
    changed = next(one for one in walk.state.grid.lines if one.id == line.id)
    assert changed.text == walk.state.easier[hard].text and changed.by == "library"


def test_easier_words_with_another_number_are_refused(walk: Walk, services: TestedServices) -> None:
    line = next(line for line in walk.state.grid.lines if "about 3 have a major bleed" in line.text)
    services.model_ = Rewording({line.text: "About 30 of 100 people on warfarin bleed a lot."})
    walk.do("/topics", name="updates", text="")
    walk.do("/model", what="easier")
    walk.wait()
    found = walk.state.easier.get(line.text)
    assert found is None or found.failed is not None
    walk.do("/easier", line=line.id)
    assert line in walk.state.grid.lines


def test_a_model_that_fails_leaves_the_quoted_grid_and_says_so(walk: Walk, services: TestedServices) -> None:
    before = walk.state.grid
    services.shelf.passages = (CHOICE, MORE)
    services.model_ = Scripted(Unavailable("away", code="model_too_slow"), skill="select")
    walk.do("/model", what="grid")
    walk.wait()
    assert walk.state.grid == before and walk.state.trouble == "model_too_slow"
    assert "The model could not finish" in walk.physician.get(f"{walk.at}/live").text


def test_a_changed_number_loses_its_source_and_is_flagged(walk: Walk) -> None:
    option = walk.state.grid.options[1]
    line = option.cell("harms").lines[0]
    walk.do(f"/cells/{option.id}/harms", line=line.id, text=line.text.replace("about 3", "about 30"))
    changed = walk.state.grid.options[1].cell("harms").lines[0]
    assert changed.by == "physician" and changed.failed is not None and changed.failed.startswith("number")
    assert "not borne out by the source" in walk.physician.get(f"{walk.at}/live").text
    walk.enter()
    walk.do("/release", items=f"{option.id}.harms", reason="To be talked about")
    assert "Your doctor’s own words" in walk.seen and "<svg" not in walk.seen and "blockquote" not in walk.seen


def test_what_was_edited_after_release_stays_unseen_until_released_again(walk: Walk) -> None:
    walk.enter()
    walk.do("/topics", name="condition", text="Your heart beats out of step.")
    walk.do("/release", items="topic.condition", reason="First the condition")
    walk.do("/topics", name="condition", text="A secret thought.")
    assert "out of step" in walk.seen and "secret" not in walk.seen
    assert "Changed since shown" in walk.physician.get(f"{walk.at}/live").text
    walk.do("/withdraw", items="topic.condition")
    assert "out of step" not in walk.seen


def test_the_waiting_room_shows_and_hears_nothing(walk: Walk) -> None:
    walk.do("/release", items="all", reason="The library has no more")
    walk.patient.post("/join", data={"code": walk.code()})
    assert "Please wait" in walk.seen and "arfarin" not in walk.seen
    assert walk.patient.get("/shared/print").status_code == 404
    assert walk.patient.post("/shared/notes", data={"text": "early"}).status_code == 404


def test_a_patients_place_opens_nothing_else(walk: Walk) -> None:
    walk.enter()
    for path in ("/sessions", walk.at, f"{walk.at}/events", "/consults", f"/consults/{walk.consult}", "/account"):
        assert walk.patient.get(path).status_code == 401, path
    assert walk.patient.post(f"{walk.at}/release", data={"items": "all"}).status_code == 401


def test_another_physicians_session_does_not_exist(
    walk: Walk, client_as: Clients, services: TestedServices, account_of: Callable[[Role], Account]
) -> None:
    from api.auth.accounts import add_account
    from api.auth.identity import LOOPBACK_COOKIE
    from api.auth.sign_in import start_sign_in

    with services.db.transaction() as tx:
        other = add_account(
            tx, name="b.other", display="B", roles={Role.PHYSICIAN}, password=None, at=services.clock.now()
        )
        secret = start_sign_in(tx, other, method="password", at=services.clock.now())
    stranger = client_as(None)
    stranger.cookies.set(LOOPBACK_COOKIE, secret)
    for path in ("", "/live", "/print", "/events"):
        assert stranger.get(f"{walk.at}{path}").status_code == 404
    assert stranger.post(f"{walk.at}/code").status_code == 404


@pytest.mark.parametrize(
    ("spoil", "message", "because"),
    [
        ("reuse", "This code has been used", "code_used"),
        ("second", "Somebody has come in with a code already", "somebody_in"),
        ("expire", "older than ten minutes", "code_expired"),
        ("replace", "A newer code has been made", "code_replaced"),
        ("end", "This talk has ended", "session_ended"),
    ],
)
def test_a_code_that_opens_no_more_says_why_and_is_recorded(
    walk: Walk, client_as: Clients, spoil: str, message: str, because: str
) -> None:
    code = walk.code()
    if spoil == "reuse":
        walk.patient.post("/join", data={"code": code})
        walk.patient.post("/shared/leave")
    elif spoil == "second":
        walk.patient.post("/join", data={"code": code})
    elif spoil == "expire":
        walk.services.clock.at += CODE_LASTS
    elif spoil == "replace":
        walk.do("/code")
    else:
        walk.do("/end")
    second = client_as(None).post("/join", data={"code": code}, headers=PAGE)
    assert second.status_code == 422 and message in second.text
    assert walk.refused() == [because]


def test_leaving_ends_it_for_this_browser_and_a_new_code_is_needed(walk: Walk) -> None:
    walk.enter()
    secret = dict(walk.patient.cookies)
    assert "You have left" in walk.patient.post("/shared/leave", headers=PAGE).text
    for name, value in secret.items():
        walk.patient.cookies.set(name, value)
    assert walk.patient.get("/shared/live").json()["code"] == "you_left"
    again = walk.patient.get("/shared", headers=PAGE)
    assert again.status_code == 404 and "You have left this talk" in again.text
    assert "session.left" in walk.audit()
    assert walk.refused() == ["you_left"], "recorded once, however often a phone asks"
    walk.patient.cookies.clear()
    walk.enter()
    assert "You are in" in walk.seen


@pytest.mark.parametrize(
    ("how", "because", "message"),
    [
        ("no", "not_let_in", "did not let this device in"),
        ("remove", "access_ended", "has closed this page"),
        ("over", "talk_over", "This talk is over"),
    ],
)
def test_a_place_that_opens_no_more_says_why_and_is_recorded(walk: Walk, how: str, because: str, message: str) -> None:
    walk.patient.post("/join", data={"code": walk.code()})
    if how == "over":
        walk.services.clock.at += LONGEST + timedelta(minutes=1)
    else:
        walk.admit(how)
    answer = walk.patient.get("/shared", headers=PAGE)
    assert answer.status_code == 404 and message in answer.text
    assert walk.patient.get("/shared/events").json()["code"] == because
    assert walk.refused() == [because]


def test_nobody_is_let_in_beside_somebody(walk: Walk) -> None:
    walk.enter()
    refused = walk.physician.post(f"{walk.at}/code")
    assert refused.status_code == 409 and refused.json()["code"] == "somebody_in"
    assert walk.refused() == ["somebody_in"]
    assert "another code was asked for" in walk.physician.get(f"{walk.at}/live").text


def test_a_joiner_the_physician_does_not_know_is_refused(walk: Walk) -> None:
    walk.patient.post("/join", data={"code": walk.code()})
    walk.admit("no")
    assert walk.patient.get("/shared/live").status_code == 404
    assert "session.refused" in walk.audit()


def test_five_wrong_tries_near_a_code_make_it_void(walk: Walk, client_as: Clients) -> None:
    code = walk.code()
    wrong = code[:2] + ("BBBBBB" if not code.endswith("BBBBBB") else "CCCCCC")
    answers = [client_as(None).post("/join", data={"code": wrong}, headers=PAGE).text for _ in range(5)]
    assert "not right" in answers[3] and "typed wrongly too often" in answers[4]
    assert walk.patient.post("/join", data={"code": code}).status_code == 422


def test_an_address_that_guesses_is_made_to_wait(walk: Walk, client_as: Clients) -> None:
    guesser = client_as(None)
    statuses = [guesser.post("/join", data={"code": "BCDFGHJA"}).status_code for _ in range(ADDRESS_TRIES + 3)]
    assert statuses == [422] * ADDRESS_TRIES + [429] * 3
    assert walk.refused() == ["code_malformed"] * ADDRESS_TRIES + ["too_many_attempts"], "told once, not each time"
    assert guesser.post("/join", data={"code": walk.code()}).status_code == 429
    walk.services.clock.at += timedelta(minutes=11)
    assert guesser.post("/join", data={"code": walk.code()}).status_code == 303


def test_what_a_phone_sends_twice_is_kept_once(walk: Walk) -> None:
    walk.enter()
    for _ in range(2):
        walk.say("/questions", text="Can I drive?", once="first-1")
    walk.say("/questions", text="Can I drive?", once="first-2")
    assert [asked.text for asked in walk.state.questions] == ["Can I drive?"] * 2


def test_the_patients_question_is_run_by_the_physician_who_sees_the_answer_first(walk: Walk) -> None:
    walk.enter()
    walk.say("/questions", text="Should a person with a score of 4 take warfarin with regular INR tests?")
    question = walk.state.questions[0].id
    walk.do(f"/questions/{question}/run")
    assert walk.state.questions[0].recommendation is not None
    assert "INR" not in walk.seen.split("You asked")[1].split("</strong>")[1]
    walk.do(f"/questions/{question}/release")
    assert "Where this comes from" in walk.seen


def test_texts_of_an_erased_patient_are_gone_from_the_session(
    my_patient: str, client_as: Clients, services: TestedServices, account_of: Callable[[Role], Account]
) -> None:
    from cds.audit.contents import erase_contents

    physician = client_as(Role.PHYSICIAN)
    consult = physician.post("/api/v1/consults", json={"question": QUESTION, "patient": my_patient}).json()["id"]
    at = physician.post("/sessions", data={"consult": consult}).headers["location"]
    physician.post(f"{at}/topics", data={"name": "condition", "text": "Something private."})
    with services.db.transaction() as tx:
        erase_contents(tx, patient=my_patient, log=services.log, actor=None)
    page = physician.get(at, headers=PAGE)
    assert page.status_code == 200 and "private" not in page.text and "was erased" in page.text


class Placing(Scripted):
    """Places the sentences that begin with these words."""

    def __init__(self, wanted: list[dict[str, str]]) -> None:
        super().__init__(skill="select")
        self.wanted = wanted

    def complete(self, **asked: object) -> Draft:
        numbered = {text: at for at, text in re.findall(r"^(\d+)\. (\w+)", str(asked["user"]), re.M)}
        lines = [{**one, "sentence": numbered[one["sentence"]]} for one in self.wanted]
        self.lines.append(orjson.dumps({"lines": lines}).decode())
        return super().complete(**asked)


class Rewording(Scripted):
    """Gives these texts for those, and the same for any other."""

    def __init__(self, known: dict[str, str], *, otherwise: str | None = None) -> None:
        super().__init__(skill="select")
        self.known, self.otherwise = known, otherwise

    def complete(self, **asked: object) -> Draft:
        numbered = re.findall(r"^(\d+)\. (.*)$", str(asked["user"]), re.M)
        given = {at: self.known.get(text, self.otherwise or text) for at, text in numbered}
        self.lines.append(orjson.dumps(given).decode())
        return super().complete(**asked)
