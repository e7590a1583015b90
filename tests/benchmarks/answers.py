"""The 30 questions of the walk with the model in use, no connection elsewhere: `python -m tests.benchmarks.answers`."""

import argparse
import ipaddress
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[1] / "evaluation" / "cases"
RESULTS = Path(__file__).parent / "results"
JUDGED = RESULTS / "answers-judged.jsonl"
WALK = ("walk_answerable.jsonl", "walk_unanswerable.jsonl")


def refuse_other_hosts(event: str, arguments: tuple[Any, ...]) -> None:
    """Ends the run at the first connection that leaves this machine."""
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return  # a unix socket has a path, not an address
    host = str(arguments[1][0])
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        raise SystemExit(f"A connection to {host} was tried. Nothing may leave this machine.")


def print_judged() -> None:
    """The judgement of each statement of the seeded sample, and of what it was held against."""
    lines = [json.loads(line) for line in JUDGED.read_text(encoding="utf-8").splitlines()]
    for key, label in (("supported", "supported by its citation"), ("answers", "answers the very question")):
        print(f"{label:28} {sum(line[key] for line in lines) / len(lines):.1%} of {len(lines)}")
    for line in lines:
        if not line["supported"]:
            print(f"  {line['question']}: {line['statement']} ({line['why']})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="the held-out half of the 319 labelled questions instead")
    parser.add_argument("--judged", action="store_true", help="only print what a strict reader said of 200 statements")
    wanted = parser.parse_args()
    if wanted.judged:
        print_judged()
        return
    sys.addaudithook(refuse_other_hosts)
    from api.cli import main as cds

    head = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(head, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
    files = ["answers.jsonl"] if wanted.all else WALK
    RESULTS.mkdir(exist_ok=True)
    name = RESULTS / f"answers-{'held-out' if wanted.all else 'walk'}-{commit}"
    chosen = [argument for file in files for argument in ("--cases", str(CASES / file))]
    half = ["--half", "held_out"] if wanted.all else []
    kept = ["--rows", f"{name}.jsonl", "--html", f"{name}.html"]
    cds(["evaluate", "answers", *chosen, *half, *kept])


if __name__ == "__main__":
    main()
