"""Loading guidelines in the background of the service, one load at a time, with its progress to look at."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from api.services import Services
from cds.actors import Actor
from cds.errors import Busy, CdsError, NotFound
from cds.ids import new_id

# Finished loads that can still be looked at.
_REMEMBERED = 20


@dataclass(slots=True)
class Job:
    """One load: what it is doing, or what it did."""

    id: str
    by: str
    folder: Path
    stage: str = "look"
    done: int = 0
    total: int = 0
    running: bool = True
    report: dict[str, Any] | None = None
    error: str | None = None
    stop: bool = field(default=False, repr=False)


class LibraryJobs:
    """The loads of this service since it was started."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()

    def new_folder(self) -> Path:
        """Where the files of the next load are put; named the same each time, for a document is known by its file."""
        folder = self.services.settings.data / "incoming" / new_id() / "upload"
        folder.mkdir(parents=True, mode=0o700)
        return folder

    def start(self, folder: Path, *, publish: bool, actor: Actor) -> Job:
        """Load what is in this folder, and remove it afterwards."""
        with self._lock:
            if any(job.running for job in self._jobs.values()):
                shutil.rmtree(folder.parent, ignore_errors=True)
                raise Busy("Documents are being loaded. Wait until that is done, then send these again.")
            job = Job(id=new_id(), by=actor.id, folder=folder)
            self._jobs = {**dict(list(self._jobs.items())[-_REMEMBERED:]), job.id: job}
        Thread(target=self._run, args=(job, publish, actor), name="library-load", daemon=True).start()
        return job

    def latest(self) -> Job | None:
        """The load that was begun last."""
        with self._lock:
            return next(reversed(self._jobs.values()), None)

    def get(self, job: str) -> Job:
        """A load by its id."""
        with self._lock:
            found = self._jobs.get(job)
        if found is None:
            raise NotFound("There is no such load; the service may have been started anew since.")
        return found

    def _run(self, job: Job, publish: bool, actor: Actor) -> None:
        from ingest.pipeline.guidelines import ingest_guidelines
        from knowledge.originals import Originals

        services = self.services
        try:
            report = ingest_guidelines(
                [job.folder],
                library=services.library,
                builder=services.builder,
                db=services.db,
                log=services.log,
                clock=services.clock,
                actor=actor,
                publish=publish,
                originals=Originals(services.settings.data / "originals"),
                ocr=services.settings.ocr == "on",
                progress=_into(job),
                cancelled=lambda: job.stop,
            )
            job.report = report.as_json()
        except CdsError as error:
            job.error = f"{error.message} [{error.code}]"
        except Exception:
            job.error = "Loading failed; the service's log says more. What was taken in stays as drafts."
            raise
        finally:
            shutil.rmtree(job.folder.parent, ignore_errors=True)
            job.running = False


def _into(job: Job) -> Callable[[str, int, int], None]:
    def show(stage: str, done: int, total: int) -> None:
        job.stage, job.done, job.total = stage, done, total

    return show
