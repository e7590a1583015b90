"""How large a machine must be, from what one passage, one patient and one consult were measured to cost."""

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

# Beyond this many passages token vectors are not kept: see knowledge.late_interaction.
from knowledge.late_interaction import KEPT_UP_TO

_FILE = Path(__file__).with_name("plan.yaml")
_HOURS_A_YEAR = 250 * 10
# Where questions come by chance, a slot that is busy more than half of the time lets people wait.
_BUSY = 0.5
# One process holds an index of this many passages within 3 GiB and answers within a few times its embedding.
_ONE_MACHINE = 1_000_000
# One process answers as many questions at once as it has cores; a second process needs a database both can use.
_CORES = 2


@dataclass(frozen=True, slots=True)
class Move:
    """A part that one small machine no longer carries, and where it goes."""

    part: str
    to: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is needed, in bytes and places."""

    memory: int
    disk: int
    disk_a_year: int
    model_slots: int  # questions the model reads at once; on 2 cores each
    moves: tuple[Move, ...]


@cache
def costs() -> dict[str, float]:
    """What one unit costs, by name."""
    content = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {name: float(one["value"]) for name, one in content.items()}


def plan(*, passages: int, patients: int, consults_per_hour: float) -> Plan:
    """Memory, disk and model slots for a site of this size, and when to move which part to what."""
    one = costs()
    of_index = one["passage_index_bytes" if passages <= KEPT_UP_TO else "passage_plain_index_bytes"]
    index = passages * of_index
    a_year = consults_per_hour * _HOURS_A_YEAR * one["consult_bytes"]
    slots = max(1, math.ceil(consults_per_hour * one["answer_seconds"] / 3600 / _BUSY))
    database = passages * one["passage_database_bytes"] + patients * one["patient_bytes"] + a_year
    kept = one["environment_bytes"] + one["model_bytes"] + index * one["generations_on_disk"]
    return Plan(
        memory=round(one["service_memory"] + index + slots * one["model_memory"]),
        disk=round(kept + database),
        disk_a_year=round(a_year),
        model_slots=slots,
        moves=tuple(_moves(passages, consults_per_hour, slots)),
    )


def _moves(passages: int, consults_per_hour: float, slots: int) -> list[Move]:
    one = costs()
    found = []
    if slots > 1:
        found.append(
            Move(
                "the model",
                "a model server on a GPU host (CDS_MODEL=http://…/v1)",
                f"{consults_per_hour:g} questions an hour keep {slots} pairs of cores busy half of the time",
            )
        )
    if consults_per_hour * one["quoted_seconds"] / 3600 > _CORES * _BUSY:
        found.append(
            Move(
                "the database",
                "PostgreSQL, with several service processes (CDS_DATABASE=postgresql://…)",
                "searching and checking alone keep two cores busy half of the time",
            )
        )
    if passages > _ONE_MACHINE:
        found.append(
            Move(
                "the vectors",
                "Milvus (CDS_ENGINE=milvus)",
                f"{passages:,} passages are more than one process holds within 3 GiB",
            )
        )
    return found
