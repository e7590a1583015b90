"""The service's memory: started, after a quoted answer, and after an answer of the default model.

Run: python -m tests.benchmarks.memory [--data FOLDER] [--keep]   (FOLDER: a demo's data folder with the weights in it)
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from tests.benchmarks.results import keep

CDS = [sys.executable, "-c", "from api.cli import main; main()"]
QUESTION = "When should metformin be stopped in chronic kidney disease?"
PROMISED = {"none": 1.2, "auto": 3.0}  # GiB


def resident(pid: int) -> tuple[float, float]:
    """Now and at most, in GiB."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    now, most = (int(lines[name].split()[0]) / 2**20 for name in ("VmRSS", "VmHWM"))
    return now, most


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def token(environ: dict[str, str]) -> str:
    """An API token of a physician made for the measurement."""
    subprocess.run(
        [*CDS, "users", "add", "measuring", "--role", "physician"],
        env=environ, input="a-long-enough-pass-phrase-1\n", text=True, check=False, capture_output=True,
    )  # fmt: skip
    made = subprocess.run(
        [*CDS, "users", "token", "measuring", "--called", "memory", "--scope", "consult"],
        env=environ, text=True, check=True, capture_output=True,
    )  # fmt: skip
    return made.stdout.split()[-1]


def measure(environ: dict[str, str], secret: str) -> dict[str, float | str]:
    port = free_port()
    service = subprocess.Popen([*CDS, "serve", "--port", str(port)], env=environ, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300) as client:
            for _ in range(240):
                try:
                    if client.get("/readyz").is_success:
                        break
                except httpx.TransportError:
                    pass
                time.sleep(0.5)
            started, _ = resident(service.pid)
            asked = client.post(
                "/api/v1/consults", json={"question": QUESTION}, headers={"Authorization": f"Bearer {secret}"}
            )
            asked.raise_for_status()
            now, most = resident(service.pid)
            return {"status": asked.json()["status"], "started": started, "after": now, "peak": most}
    finally:
        service.send_signal(signal.SIGINT)
        service.wait(30)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, help="a demo's data folder")
    options.add_argument("--keep", action="store_true", help="keep the figures as a file")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        environ = {**os.environ, "CDS_DATA": str(given.data or made)}
        if given.data is None:
            subprocess.run([*CDS, "demo", "--load-only"], env=environ, check=True, capture_output=True)
        secret = token(environ)
        figures = {model: measure({**environ, "CDS_MODEL": model}, secret) for model in PROMISED}
    print(f"{'model':<8}{'status':<12}{'started':>9}{'after':>9}{'peak':>9}{'promised':>10}   GiB")
    for model, row in figures.items():
        print(
            f"{model:<8}{row['status']:<12}{row['started']:>9.2f}{row['after']:>9.2f}{row['peak']:>9.2f}"
            f"{PROMISED[model]:>10.1f}"
        )
    if given.keep:
        print(keep("memory", figures))


if __name__ == "__main__":
    main()
