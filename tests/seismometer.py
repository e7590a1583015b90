"""Puts Epic's seismometer on this machine, in an environment of its own. To be run before pytest.

Its dependencies want an older numpy than ours, so the two cannot share one. Left out are its profiler and its notebook
server, which opening a table does not need: half of a gigabyte.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SEISMOMETER = "seismometer==0.5.0"
WITH = ("nbformat>=5,<6", "pandas>=2.3,<3", "pyyaml", "jinja2")
WITHOUT = ("ydata-profiling", "jupyterlab", "notebook")
_SETUP = Path(__file__).parents[1] / "setup"


def seismometer_python() -> Path:
    """Its interpreter, kept between runs; there once it was made whole."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "evidence-cds" / f"test-{SEISMOMETER.replace('==', '-')}" / "bin" / "python"


def make_environment() -> Path:
    """The environment, made aside and moved when it is whole."""
    python = seismometer_python()
    folder = python.parents[1]
    if python.exists():
        return python
    sys.path.insert(0, str(_SETUP))
    import install

    install.VENV = Path(sys.prefix)
    configured = install.pip_configuration()
    uv = Path(sys.prefix) / "bin" / "uv"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
        left_out = Path(aside) / "excludes.txt"
        left_out.write_text("\n".join(WITHOUT))
        made = Path(aside) / "environment"
        environment = {**os.environ, **install.uv_environment(configured)}
        subprocess.run([uv, "venv", "--quiet", "--relocatable", made], check=True, env=environment)
        command = [uv, "pip", "install", "--quiet", "--python", made / "bin" / "python", "--excludes", left_out]
        command += [*install.index_options(configured), SEISMOMETER, *WITH]
        subprocess.run(command, check=True, env=environment, stdout=sys.stderr)
        made.rename(folder)
    return python


if __name__ == "__main__":
    print(make_environment())
