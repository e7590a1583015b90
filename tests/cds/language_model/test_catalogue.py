import pytest

from cds.errors import NotFound
from cds.language_model.catalogue import catalogue, default_model, find_model
from cds.language_model.machine import Machine, this_machine

GIB = 2**30
VILLAGE = Machine(cores=2, memory=8 * GIB)
DISTRICT = Machine(cores=16, memory=64 * GIB, gpu="one card", gpu_memory=24 * GIB)
UNIVERSITY = Machine(cores=64, memory=512 * GIB, gpu="a large card", gpu_memory=80 * GIB)


@pytest.mark.parametrize(
    "name",
    [
        "gemma-7b", "gemma-3-27b", "mistral-7b", "dbrx", "nemotron-4-340b", "llama-3.1-8b", "llama-4-scout",
        "deepseek-v3", "deepseek-r1", "deepseek-r1-distill-qwen-1.5b", "deepseek-r1-distill-llama-70b",
        "minimax-01", "qwen2.5-7b-1m", "qwen3-8b", "gpt-oss-20b", "gpt-oss-120b", "baichuan-m3", "smollm2-135m",
    ],
)  # fmt: skip
def test_the_models_hospitals_deploy_are_listed(name: str) -> None:
    assert find_model(name).licence


def test_names_are_unique() -> None:
    names = [model.name for model in catalogue()]
    assert len(names) == len(set(names))


def test_an_unknown_name_is_refused_with_where_to_look() -> None:
    with pytest.raises(NotFound, match="cds models"):
        find_model("gpt-9")


def test_only_what_was_tried_below_three_billion_weights_may_answer() -> None:
    small = [model for model in catalogue() if model.parameters < 3 and not model.tried]
    assert small
    assert {model.skill for model in small} == {"none"}


def test_more_bits_need_more_memory() -> None:
    for model in catalogue():
        assert model.memory(4) < model.memory(8) < model.memory(16)


def test_the_default_models_memory_is_what_was_measured() -> None:
    assert 1.3 < default_model().memory_gib(4) < 1.9


def test_each_house_can_run_what_is_advised_to_it() -> None:
    advised = {model.begin: model for model in catalogue() if model.begin}
    assert set(advised) == {"village clinic", "district hospital", "university hospital"}
    assert advised["village clinic"].runs_on(VILLAGE).fits
    assert advised["district hospital"].runs_on(DISTRICT).where == "gpu"
    assert advised["university hospital"].runs_on(UNIVERSITY).where == "gpu"
    assert not advised["university hospital"].runs_on(VILLAGE).fits


def test_a_quick_machine_is_not_slower() -> None:
    model = find_model("qwen3-8b")
    slow, quick = model.runs_on(Machine(cores=4, memory=64 * GIB)), model.runs_on(DISTRICT)
    assert slow.seconds is not None and quick.seconds is not None and quick.seconds < slow.seconds


def test_this_machine_has_cores_and_memory() -> None:
    machine = this_machine()
    assert machine.cores >= 1
    assert machine.memory > GIB / 2
