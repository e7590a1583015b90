"""How many false claims the checks block, by kind, and how many true ones with them, beside counting words alone.

Run as `python -m tests.benchmarks.claims`, on the project's own claims and paraphrases. With `--texts FOLDER` (files of
text, or of JSON lines with a "text") on sentences of any other texts, said as they are and a little differently.
"""

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cds.evaluation.claims import Claim, evaluate_claims, false_claims, read_claims, words_shared
from cds.evaluation.claims_report import claims_page
from cds.wording.text import sentences
from tests.benchmarks.light_paraphrases import light_paraphrases
from tests.benchmarks.results import FOLDER, commit, keep

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "evaluation" / "cases" / "claims_seed.jsonl"
PARAPHRASES = ROOT / "cds" / "grounding" / "paraphrases.jsonl"
_WORDS = range(8, 46)  # of a sentence that can be judged by itself
_PASSAGE = 12  # sentences of a passage that stand as evidence together


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=Path, help="a folder of other texts")
    parser.add_argument("--sentences", type=int, default=300, help="how many sentences of each file")
    parser.add_argument("--keep", action="store_true", help="keep the figures as files of this commit")
    chosen = parser.parse_args()
    sets = dict(_own())
    if chosen.texts:
        sets |= _others(chosen.texts, chosen.sentences)
    figures = {}
    for name, claims in sets.items():
        figures[name] = {"checks": evaluate_claims(claims), "words": evaluate_claims(claims, judge=words_shared)}
        _show(name, figures[name])
    if chosen.keep:
        print(keep("claims", figures))
        page = FOLDER / f"claims-{commit()}.html"
        page.write_text(claims_page(figures, title="What the checks block"), encoding="utf-8")
        print(page)


def _own() -> Iterator[tuple[str, list[Claim]]]:
    for name, path in (("samples", SEEDS), ("paraphrases", PARAPHRASES)):
        claims, _ = read_claims(path)
        for half in ("development", "held_out"):
            of_half = [claim for claim in claims if claim.half == half]
            true = [claim for claim in of_half if claim.label == "supported"]
            if not of_half:
                continue
            yield f"{name}, {half.replace('_', ' ')}", [*of_half, *false_claims(true)]


def _others(folder: Path, number: int) -> dict[str, list[Claim]]:
    found: dict[str, list[Claim]] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".txt", ".md", ".jsonl"):
            continue
        true = [claim for text in _chosen(list(_texts(path)), number) for claim in _true_of(text)]
        if true:
            found[path.name if path.stem != "corpus" else path.parent.name] = [*true, *_false_of(true)]
    return found


def _texts(path: Path) -> Iterator[list[str]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        for line in text.splitlines():
            yield list(sentences(json.loads(line)["text"]))[:_PASSAGE]
    else:
        found = sentences(text)
        yield from (list(found[i : i + _PASSAGE]) for i in range(0, len(found), _PASSAGE))


def _chosen(texts: list[list[str]], number: int) -> list[tuple[list[str], int]]:
    pick = random.Random(7)
    pick.shuffle(texts)
    found = []
    for passage in texts:
        fit = [i for i, s in enumerate(passage) if len(s.split()) in _WORDS and s[0].isupper() and s.endswith(".")]
        if fit:
            found.append((passage, pick.choice(fit)))
    return found[:number]


def _true_of(chosen: tuple[list[str], int]) -> Iterator[Claim]:
    passage, place = chosen
    for evidence in (passage[place : place + 1], passage):
        yield Claim(passage[place], tuple(evidence), "supported")
        for _, said in light_paraphrases(passage[place]):
            yield Claim(said, tuple(evidence), "supported")


def _false_of(true: list[Claim]) -> Iterator[Claim]:
    for claim in true:
        if claim.claim in claim.evidence:
            yield from (made for made in false_claims([claim]) if made.kind != "id_swap")


def _show(name: str, figures: dict[str, Any]) -> None:
    checks, words = figures["checks"], figures["words"]
    print(f"\n{name}: {checks['claims']} claims; {checks['ms_per_claim']} ms a claim")
    print(f"  {'':14}{'made':>7}{'blocked':>9}{'share':>9}  {'95 % interval':18}{'words alone':>12}{'no check':>10}")
    for kind, by in checks.get("blocked", {}).items():
        _row(kind, by["made"], by["blocked"], by["interval"], words["blocked"][kind]["share"])
    true = sum(checks["confusion"]["supported"].values())
    wrong = true - checks["confusion"]["supported"]["supported"]
    _row("true, blocked", true, wrong, checks["falsely_blocked_interval"], words["falsely_blocked"])
    for label, by in checks["confusion"].items():
        print(f"  {label:14}" + "".join(f"  {verdict} {count}" for verdict, count in by.items()))


def _row(kind: str, made: int, blocked: int, interval: list[float], alone: float) -> None:
    low, high = interval
    share = f"{blocked / made:9.1%}  {low:6.1%} – {high:6.1%}   "
    print(f"  {kind:14}{made:7}{blocked:9}{share}{alone:12.1%}{0:10.1%}")


if __name__ == "__main__":
    main()
