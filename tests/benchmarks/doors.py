"""How long a page and the evidence take, over HTTP on the sample library: one table.

cds demo --port 8471 &
python -m tests.benchmarks.doors http://127.0.0.1:8471 PASSWORD-OF-THE-DEMO-PHYSICIAN
"""

import statistics
import sys
import time
from collections.abc import Callable

import httpx

QUESTIONS = (
    "Which antibiotic for low-severity community-acquired pneumonia?",
    "What is the blood pressure target under 80 years?",
    "Should metformin be stopped at an eGFR of 25?",
    "Is ramipril safe in pregnancy?",
    "Who needs anticoagulation in atrial fibrillation?",
    "First-line treatment of a urinary tract infection?",
    "How fast must antibiotics be given in sepsis?",
    "When should a statin be offered?",
    "Which inhaler first in asthma?",
    "How long is anticoagulation after a pulmonary embolism?",
)
ROUNDS = 4
PAGES = ("/consults/new", "/consults", "/patients", "/library", "/account", "/reference")


def main(address: str, password: str) -> None:
    """Sign in, ask, look at pages; print the fiftieth and ninety-fifth of a hundred."""
    with httpx.Client(base_url=address, headers={"origin": address}, timeout=60) as client:
        client.post("/sign-in", data={"name": "physician", "password": password})
        evidence, answers = [], []
        for question in QUESTIONS * ROUNDS:
            first, whole = ask(client, question)
            evidence.append(first)
            answers.append(whole)
        print(f"{'what':<24}{'p50 ms':>9}{'p95 ms':>9}")
        row("evidence on the page", evidence)
        row("answer, quoted", answers)
        for path in PAGES:
            row(path, [timed(lambda path=path: client.get(path).raise_for_status()) for _ in range(30)])  # type: ignore[misc]


def ask(client: httpx.Client, question: str) -> tuple[float, float]:
    """Milliseconds until the evidence has come, and until the recorded answer has."""
    began = time.perf_counter()
    first = 0.0
    with client.stream(
        "POST", "/consults", data={"question": question}, headers={"accept": "text/event-stream"}
    ) as answer:
        for line in answer.iter_lines():
            if line == "event: evidence":
                first = (time.perf_counter() - began) * 1000
    return first, (time.perf_counter() - began) * 1000


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def row(what: str, values: list[float]) -> None:
    cuts = statistics.quantiles(values, n=20)
    print(f"{what:<24}{cuts[9]:>9.0f}{cuts[18]:>9.0f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
