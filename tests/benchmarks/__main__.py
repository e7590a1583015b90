"""Every benchmark that wants quiet cores, one after the other: `python -m tests.benchmarks`."""

import subprocess
import sys

# Each prints one table; some take minutes. Run one alone with `python -m tests.benchmarks.NAME --help`.
BENCHMARKS = ("claims", "doors", "memory", "audit", "record_search", "retrieval_latency", "sharing")


def main() -> int:
    """Run them all; the status is that of the first that failed."""
    failed = 0
    for name in BENCHMARKS:
        print(f"\n── {name} ──", flush=True)
        ended = subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"], check=False)
        failed = failed or ended.returncode
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
