"""How many false claims the checks block, by kind, and how many true ones with them, for both halves.

Run as `python -m tests.benchmarks.claims`.
"""

from pathlib import Path

from cds.evaluation.claims import evaluate_claims, false_claims, read_claims
from tests.benchmarks.results import keep

SEEDS = Path(__file__).parents[1] / "evaluation" / "cases" / "claims_seed.jsonl"


def main() -> None:
    claims, _ = read_claims(SEEDS)
    figures = {}
    for half in ("development", "held_out"):
        true = [claim for claim in claims if claim.half == half]
        figures[half] = evaluate_claims([*true, *false_claims(true)])
        print(f"{half}: {figures[half]['falsely_blocked']:.1%} of true claims blocked; {figures[half]['ms_per_claim']}")
        for kind, by in figures[half]["blocked"].items():
            print(f"  {kind:12} {by['blocked']:5} of {by['made']:5}  {by['share']:.1%}")
    print(keep("claims", figures))


if __name__ == "__main__":
    main()
