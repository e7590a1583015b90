"""The machine: versions, permissions, disk, memory, clock, and where the service may connect to."""

import ipaddress
import os
import platform
import sqlite3
import stat
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import func, select

from api.doctor.finding import Finding, bad, good, look
from api.room import ROOM_NEEDED
from api.services import Services
from cds.audit.tables import entries
from cds.language_model.catalogue import default_model

# Secrets in the data folder: nobody but the service's own user reads them.
_SECRETS = ("database.key", "backup.key", "signing.key", "demo-sign-ins.json")
_COMFORT = 20 * ROOM_NEEDED  # weeks of a busy clinic, and the next index beside the one in use
_GIB = 1 << 30
# The service without a model, and what the system itself wants beside it.
_WITHOUT_MODEL = 1.5 * _GIB
_DAY_S = 86_400


def versions(services: Services) -> Iterator[Finding]:
    """Python, SQLite and the libraries that answers depend on."""
    import sqlcipher3.dbapi2 as sqlcipher

    parts = ", ".join(f"{name} {version(name)}" for name in ("faiss-cpu", "sentence-transformers", "torch"))
    yield good(f"Version {services.software} on Python {platform.python_version()}; {parts}.")
    if sqlcipher.sqlite_version_info < (3, 51, 3):
        yield bad(
            f"SQLite {sqlcipher.sqlite_version} can corrupt its write-ahead log.",
            "Install sqlcipher3 0.6.4 or newer.",
            code="sqlite_too_old",
        )
    else:
        yield good(f"Encrypted SQLite {sqlcipher.sqlite_version} (the system's {sqlite3.sqlite_version} is not used).")


def permissions(services: Services) -> Iterator[Finding]:
    """The data folder and its secrets are the service's own."""
    folder = services.settings.data
    if not folder.is_dir():
        yield bad(
            f"There is no data folder {folder}.",
            "Load something: `cds demo` for the samples, `cds ingest guidelines FOLDER --publish` for your own; or "
            "set CDS_DATA to the folder that is meant.",
            code="no_data_folder",
        )
        return
    open_ones = [path for path in (folder, *_secrets(services)) if _others_may_read(path)]
    for path in open_ones:
        yield bad(
            f"{path} can be read by other users of this machine.",
            f"chmod {'700' if path.is_dir() else '600'} {path}",
            code="readable_by_others",
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        yield bad(f"{folder} cannot be written by this user.", f"chown it to {_me()}.", code="not_writable")
    elif not open_ones:
        yield good(f"{folder} and the keys in it are this user's alone.")


def disk(services: Services) -> Iterator[Finding]:
    """Room to record what is shown."""
    free = services.free_bytes()
    told = f"{free / _GIB:.1f} GB are free where the data folder is"
    if free < ROOM_NEEDED:
        yield bad(f"{told}: nothing is answered any more.", "Make room, or move CDS_DATA.", code="no_disk_space")
    elif free < _COMFORT:
        yield look(f"{told}; below {ROOM_NEEDED >> 20} MB nothing is answered.", "Make room.", code="disk_low")
    else:
        yield good(f"{told}.")


def memory(services: Services) -> Iterator[Finding]:
    """Memory for the service and a model in this process."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    wanted = _WITHOUT_MODEL + (default_model().memory(4) if services.settings.model in ("auto", "") else 0)
    told = f"{whole / _GIB:.1f} GB of memory, {os.cpu_count()} cores"
    if whole < wanted:
        yield look(
            f"{told}; {wanted / _GIB:.1f} GB are wanted.",
            "Set CDS_MODEL=none to quote without a model, or a model server's address.",
            code="memory_low",
        )
    else:
        yield good(f"{told}.")


def clock(services: Services) -> Iterator[Finding]:
    """The clock goes forward: what is in force, ages and sign-ins depend on it."""
    now = services.clock.now()
    with services.db.reading() as tx:
        newest = tx.execute(select(func.max(entries.c.seq))).scalar()
        at = tx.execute(select(entries.c.at).where(entries.c.seq == newest)).scalar() if newest else None
    last = datetime.fromisoformat(at).astimezone(UTC) if at else None
    if last is not None and (last - now).total_seconds() > 60:
        yield bad(
            f"It is {now:%Y-%m-%d %H:%M} UTC here, but the last entry of the log is of {last:%Y-%m-%d %H:%M}.",
            "Set the machine's clock, and let it be kept by NTP.",
            code="clock_behind",
        )
    elif last is not None and (now - last).total_seconds() > 365 * _DAY_S:
        yield look(
            f"The last entry of the log is more than a year old ({last:%Y-%m-%d}).",
            "If the service was in use since, the clock is wrong.",
            code="clock_ahead",
        )
    else:
        yield good(f"It is {now:%Y-%m-%d %H:%M} UTC, after the last entry of the log.")


def egress(services: Services, environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Every address the settings let the service connect to; nothing is tried."""
    named = list(configured_hosts(services))
    for setting, host in named:
        if is_of_the_house(host):
            yield good(f"{setting} lets the service connect to {host}.")
        else:
            yield look(
                f"{setting} lets the service connect to {host}, which is not an address of a private network.",
                "Make sure that it is a machine of the house: what is sent there holds patients' facts.",
                code="host_outside",
            )
    if not named:
        yield good("No setting names another host: nothing leaves this machine.")
    proxies = sorted(name for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY") if environ.get(name))
    if proxies:
        yield look(
            f"{', '.join(proxies)} is set: what is sent to those hosts may pass through a proxy.",
            "Unset it for the service.",
            code="proxy_set",
        )


def configured_hosts(services: Services) -> Iterator[tuple[str, str]]:
    """Settings that name hosts, and the hosts."""
    for name, value in services.settings.model_dump().items():
        if not isinstance(value, str):
            continue
        if name == "fhir_hosts":
            yield from (("CDS_FHIR_HOSTS", one.strip().rpartition(":")[0] or one) for one in value.split(",") if one)
        elif "://" in value and (host := urlsplit(value).hostname):
            yield f"CDS_{name.upper()}", host


def is_of_the_house(host: str) -> bool:
    """Whether this is a name without a public domain or an address of a private network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.rpartition(".")[2] in ("local", "internal", "lan", "home", "localhost")
    return address.is_private or address.is_loopback


def _secrets(services: Services) -> list[Path]:
    here = [services.settings.data / name for name in _SECRETS]
    given = [services.settings.database_key_file, services.settings.model_key_file]
    return [path for path in (*here, *given) if path is not None and path.exists()]


def _others_may_read(path: Path) -> bool:
    return sys.platform != "win32" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _me() -> str:
    import getpass

    return getpass.getuser()
