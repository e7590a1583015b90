from cds.language_model.catalogue import default_model
from cds.policy import Policy, Threshold, shipped_policy
from cds.prompts import load_prompt
from knowledge.embedding import open_embedder

CHOSEN = Threshold(0.5, 0.1, 0.1, 100, "e", "m", "p", "cases")


def test_a_threshold_holds_for_exactly_its_parts_and_with_others_the_strictest_counts() -> None:
    policy = Policy((CHOSEN,), otherwise=0.65)
    assert policy.threshold(embedder="e", model="m", prompt="p") == (0.5, True)
    for other in ({"embedder": "x"}, {"model": "x"}, {"prompt": "x"}):
        parts = {"embedder": "e", "model": "m", "prompt": "p", **other}
        assert policy.threshold(**parts) == (0.65, False)


def test_the_sample_library_ships_a_threshold_for_the_packaged_embedder_with_and_without_the_default_model() -> None:
    embedder, model = open_embedder("default").digest, default_model()
    assert model.weights is not None
    assert shipped_policy().threshold(embedder=embedder, model=None, prompt=None)[1]
    prompt = load_prompt(model.skill).sha256
    assert shipped_policy().threshold(embedder=embedder, model=model.weights.sha256, prompt=prompt)[1]


def test_the_cautious_default_is_stricter_than_what_was_chosen() -> None:
    policy = shipped_policy()
    assert all(one.relevance < policy.otherwise for one in policy.thresholds)
