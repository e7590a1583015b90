"""The whole wiring: what the service is made of, built from settings, each part when it is first needed."""

import getpass
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from api.configuration import note_model
from api.room import check_room, free_bytes
from cds.actors import Actor, local_operator
from cds.audit import AuditLog
from cds.clock import Clock, SystemClock
from cds.consult import ConsultParts
from cds.db import Database, open_database
from cds.drafting import warm_up
from cds.errors import Unavailable
from cds.language_model import LanguageModel
from cds.language_model.source import ModelSource
from cds.policy import Policy, read_policy, shipped_policy
from cds.prompts import load_prompt
from cds.settings import Settings, load_settings
from knowledge.builds import Builder
from knowledge.embedding import Embedder, open_embedder
from knowledge.engines import Engine, InFiles
from knowledge.guidelines import Library
from knowledge.left_out import LeftOut
from knowledge.nearness import Nearness
from knowledge.records import Records
from knowledge.reranking import open_reranker
from knowledge.search import KnowledgeBase
from knowledge.vocabulary import in_full

if TYPE_CHECKING:
    from api.auth.openid.provider import Provider


class Services:
    """The parts of one running service, each built when it is first asked for; embedder and model load late."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.software = version("evidence-cds")
        self._noted_model: str | None = ""  # the digest of the model that the log knows to be in use

    @cached_property
    def db(self) -> Database:
        import api.tables  # noqa: F401 every table is known before one is used
        from api.migrations import upgrade

        db = open_database(self.settings.database, data=self.settings.data, key_file=self.settings.database_key_file)
        upgrade(db)
        return db

    @cached_property
    def log(self) -> AuditLog:
        return AuditLog(clock=self.clock)

    @cached_property
    def library(self) -> Library:
        return Library(self.db, log=self.log, clock=self.clock)

    @cached_property
    def embedder(self) -> Embedder:
        return open_embedder(self.settings.embedder)

    @cached_property
    def engine(self) -> Engine:
        if self.settings.engine == "faiss":
            return InFiles()
        from knowledge.milvus import open_milvus

        return open_milvus(self.settings.milvus, key_file=self.settings.milvus_key_file)

    @cached_property
    def builder(self) -> Builder:
        folder = self.settings.data / "generations"
        return Builder(
            self.db, folder, embedder=lambda: self.embedder, log=self.log, clock=self.clock, engine=self.engine
        )

    @cached_property
    def records(self) -> Records:
        return Records(self.db, embed=lambda: self.embedder, clock=self.clock)

    @cached_property
    def knowledge(self) -> KnowledgeBase:
        return KnowledgeBase(
            self.db,
            library=self.library,
            builder=self.builder,
            embedder=lambda: self.embedder,
            records=self.records,
            clock=self.clock,
            repair=self.builder.rebuild_in_background,
            reranker=open_reranker(self.settings.reranker),
        )

    @cached_property
    def policy(self) -> Policy:
        own = self.settings.data / "policy.yaml"
        return read_policy([own]) if own.exists() else shipped_policy()

    @cached_property
    def model_source(self) -> ModelSource:
        return ModelSource(self.settings)

    @property
    def model(self) -> LanguageModel | None:
        return self.model_source.current()

    def warm_model(self) -> None:
        """Load the model, if there is one, and let it read its instructions."""
        if self.model is not None:
            warm_up(self.model, seconds=self.settings.answer_seconds)

    @cached_property
    def nearness(self) -> Nearness:
        return Nearness(lambda: self.embedder)

    def free_bytes(self) -> int:
        """Room on the disk of the data folder."""
        return free_bytes(self.settings.data)

    @cached_property
    def left_out(self) -> LeftOut:
        return LeftOut(self.db, self.library)

    @property
    def threshold(self) -> str:
        """Whether the threshold in force was chosen for the parts in use: chosen, expired, none, or not known yet."""
        if not self.policy.thresholds:
            return "none"
        if "embedder" not in self.__dict__:
            return "unknown"  # asking would load it
        model = self.model
        identity = model.identity if model is not None and model.identity.skill != "none" else None
        _, fits = self.policy.threshold(
            embedder=self.embedder.digest,
            model=identity.digest if identity is not None else None,
            prompt=load_prompt(identity.skill).sha256 if identity is not None else None,
        )
        return "chosen" if fits else "expired"

    def consult_parts(self) -> ConsultParts:
        """What a consult is made from; that another model answers from now on is recorded first."""
        model = self.model
        self._note_model(model)
        return ConsultParts(
            db=self.db,
            retriever=self.knowledge,
            records=self.records,
            log=self.log,
            clock=self.clock,
            policy=self.policy,
            software=self.software,
            model=model,
            similarity=self.nearness,
            in_full=in_full,
            left_out=self.left_out,
            answer_seconds=self.settings.answer_seconds,
            may_begin=lambda: check_room(self.free_bytes()),
        )

    def _note_model(self, model: LanguageModel | None) -> None:
        digest = model.identity.digest if model is not None else None
        if digest != self._noted_model:
            with suppress(Unavailable):  # nothing can be recorded now, the consult neither: noted with the next
                note_model(self.db, self.log, model)
                self._noted_model = digest

    @cached_property
    def openid(self) -> "Provider | None":
        from api.auth.openid.provider import Provider

        return Provider(self.settings, clock=self.clock) if self.settings.openid_issuer else None

    def close(self) -> None:
        """Let go of what was opened."""
        if "model_source" in self.__dict__:
            self.model_source.close()
        if "engine" in self.__dict__:
            self.engine.close()
        if "db" in self.__dict__:
            self.db.close()


def build_services(settings: Settings, *, clock: Clock | None = None) -> Services:
    """Everything, wired, from settings alone."""
    return Services(settings, clock=clock)


def services_from_environment(environ: Mapping[str, str] | None = None, **overrides: Any) -> Services:
    """The services a command works with."""
    return build_services(load_settings(os.environ if environ is None else environ, **overrides))


def operator() -> Actor:
    """Whoever runs a command on this machine."""
    return local_operator(getpass.getuser())
