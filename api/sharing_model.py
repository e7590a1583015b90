"""The local model at work for shared sessions: one thing a session at a time, behind the consults, told by an event."""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from fastapi import FastAPI

from api.services import Services
from api.sharing_access import grid_passages
from api.sharing_hub import hub_of
from cds.actors import Actor
from cds.clock import today
from cds.drafting import InvalidDraft
from cds.errors import CdsError, Conflict, Unavailable
from cds.language_model import LanguageModel
from cds.offer import offer
from cds.prompts import Prompt
from cds.sharing.asking import Asking
from cds.sharing.composing import compose
from cds.sharing.drafting import PASSAGES
from cds.sharing.grid import to_json
from cds.sharing.public import public_texts
from cds.sharing.rewording import Suggested, easier, hard_lines, translated
from cds.sharing.sessions import Hand, Session

# Nobody waits for it, so it may take longer than an answer.
_SECONDS = 180.0
# A consult goes first; the work begins again when it is done.
_AGAIN, _PAUSE_S = 5, 0.5
Work = Callable[[Asking], Iterable[tuple[str, dict[str, Any]]]]


class SharedModel:
    """Lets the model work on sessions, one after another."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="shared-model")
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._at_work: set[tuple[str, str]] = set()

    def doing(self, session: str) -> tuple[str, ...]:
        """What it is doing, or is to do, for this session."""
        with self._lock:
            return tuple(sorted(doing for known, doing in self._at_work if known == session))

    def begin(self, session: Session, actor: Actor, doing: str, work: Work) -> None:
        """Take this up; nothing happens where no model is fit for it."""
        model = usable_model(self._app.state.services)
        if model is None:
            return
        with self._lock:
            if (session.id, doing) in self._at_work:
                raise Conflict("The model is at work on this already; it comes up by itself.", code="model_at_work")
            self._at_work.add((session.id, doing))
        self._pool.submit(self._run, session, actor, doing, work, model)

    def close(self) -> None:
        """Let go at once; what was found so far is kept."""
        self._stopped.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, session: Session, actor: Actor, doing: str, work: Work, model: LanguageModel) -> None:
        try:
            because = self._until_done(session, actor, work, model)
            if because and not self._stopped.is_set():
                self._tell(session, actor, _KINDS[doing], {**_NOTHING[doing], **_by(model, (), because)})
        finally:
            with self._lock:
                self._at_work.discard((session.id, doing))
        hub_of(self._app).wake(session.id)

    def _until_done(self, session: Session, actor: Actor, work: Work, model: LanguageModel) -> str:
        """Work, as often as a consult interrupts it; why it came to nothing, or nothing."""
        because = "cancelled"
        try:
            for _ in range(_AGAIN):
                because = self._try(session, actor, work, model)
                if because != "cancelled" or self._stopped.is_set():
                    break
                while self._app.state.live.running and not self._stopped.is_set():
                    time.sleep(_PAUSE_S)
        except CdsError as error:  # the session has ended meanwhile, or the database is away
            because = error.code
        return because

    def _try(self, session: Session, actor: Actor, work: Work, model: LanguageModel) -> str:
        def give_way() -> bool:
            return self._stopped.is_set() or self._app.state.live.running > 0

        try:
            for kind, body in work(Asking(model, _SECONDS, give_way)):
                self._tell(session, actor, kind, body)
        except (Unavailable, InvalidDraft) as error:
            return error.code
        return ""

    def _tell(self, session: Session, actor: Actor, kind: str, body: dict[str, Any]) -> None:
        services: Services = self._app.state.services
        try:
            with services.db.transaction() as tx:
                model = {"model": body["model"], "because": body["because"]}
                Hand(tx, session, actor, services.log).add(kind, body=body, details=model)
        except Conflict:
            return  # ended while the model worked
        hub_of(self._app).wake(session.id)


_KINDS = {"grid": "composed", "easier": "reworded", "language": "translated"}
_NOTHING: dict[str, dict[str, Any]] = {
    "grid": {"options": [], "refused": []},
    "easier": {"texts": []},
    "language": {"language": "", "texts": []},
}


def shared_model(app: FastAPI) -> SharedModel:
    """The one of this application, made when first needed."""
    if not hasattr(app.state, "shared_model"):
        app.state.shared_model = SharedModel(app)
    made: SharedModel = app.state.shared_model
    return made


def usable_model(services: Services) -> LanguageModel | None:
    """A model that was found fit for something."""
    model = services.consult_parts().model
    return model if model is not None and model.identity.skill != "none" else None


def fill_grid(services: Services, session: Session, actor: Actor, question: str) -> Work:
    """Options and lines from the passages that bear on the decision."""

    def work(asking: Asking) -> Iterable[tuple[str, dict[str, Any]]]:
        with services.db.reading() as tx:
            grid = Hand(tx, session, actor, services.log).state().grid
        parts = services.consult_parts()
        names = "; ".join(option.name for option in grid.options)
        hits = parts.retriever.search(f"{question} {names}", limit=PASSAGES).hits
        offered = offer(f"{question} {names}", hits, similarity=parts.similarity)
        made = compose(asking, question=question, grid=grid, offered=offered, on=today(services.clock))
        body = {
            "options": [to_json(option) for option in made.options],
            "refused": [asdict(one) for one in made.refused],
            **_by(asking.model, made.prompts, None),
        }
        yield "composed", body

    return work


def reword(services: Services, session: Session, actor: Actor) -> Work:
    """Easier words for the lines that read above the target."""

    def work(asking: Asking) -> Iterable[tuple[str, dict[str, Any]]]:
        with services.db.reading() as tx:
            hand = Hand(tx, session, actor, services.log)
            state = hand.state()
            passages = grid_passages(services, hand, state)
        hard = [line for line in hard_lines(state.grid.lines) if line.text not in state.easier]
        for found in easier(asking, hard, passages):
            yield "reworded", _texts(asking.model, asking.prompt("reword"), found)

    return work


def translate(services: Services, session: Session, actor: Actor, language: str) -> Work:
    """Everything the patient might read, in their language."""

    def work(asking: Asking) -> Iterable[tuple[str, dict[str, Any]]]:
        with services.db.reading() as tx:
            state = Hand(tx, session, actor, services.log).state()
        known = state.translations.get(language, {})
        texts = [text for text in public_texts(state.grid) if text not in known]
        answers = [item for item in state.released.values() if item["kind"] == "answer"]
        texts += [line["text"] for item in answers for line in item["lines"] if line["text"] not in known]
        for found in translated(asking, texts, language):
            yield "translated", {"language": language, **_texts(asking.model, asking.prompt("translate"), found)}

    return work


def _texts(model: LanguageModel, prompt: Prompt, found: tuple[Suggested, ...]) -> dict[str, Any]:
    return {"texts": [asdict(one) for one in found], **_by(model, (prompt,), None)}


def _by(model: LanguageModel, prompts: tuple[Prompt, ...], because: str | None) -> dict[str, Any]:
    return {
        "model": model.identity.name,
        "digest": model.identity.digest,
        "prompts": [{"name": prompt.name, "sha256": prompt.sha256} for prompt in prompts],
        "because": because,
    }
