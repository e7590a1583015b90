"""Sending checkpoints to a syslog collector, so that the proof is on another machine within the minute."""

import base64
import logging
import os
import re
import socket
from collections.abc import Callable

from cds.clock import Clock

logger = logging.getLogger(__name__)

# Facility 13 is syslog's own "log audit"; a checkpoint is a notice.
_PRIORITY = 13 * 8 + 5
_UDP = re.compile(r"udp://(\[[0-9A-Fa-f:.]+\]|[^:/\s]+):(\d{1,5})")
# A collector that does not answer must not hold up the next checkpoint.
_PATIENCE_S = 5.0
_NOTE = re.compile(rb"\bcheckpoint note=([A-Za-z0-9+/]+={0,2})(?![A-Za-z0-9+/=])")


def syslog_sender(address: str, *, clock: Clock) -> Callable[[str], None]:
    """What sends one signed note as an RFC 5424 message to `udp://host:port` or `unix:/dev/log`.

    A collector that is away is noted and stops nothing: the next checkpoint speaks for all entries before it.
    """

    def send(note: str) -> None:
        try:
            _send(address, syslog_message(note, clock))
        except OSError as error:
            logger.error("a checkpoint could not be sent to syslog: %s", type(error).__name__)

    return send


def notes_in(lines: bytes) -> list[bytes]:
    """The signed notes in a collector's file, whatever stands around them."""
    return [base64.b64decode(found + b"=" * (-len(found) % 4)) for found in _NOTE.findall(lines)]


def syslog_message(note: str, clock: Clock) -> bytes:
    """One signed note as RFC 5424 writes a message."""
    at = clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    host = socket.gethostname() or "-"
    encoded = base64.b64encode(note.encode()).decode()
    return f"<{_PRIORITY}>1 {at} {host} evidence-cds {os.getpid()} checkpoint - checkpoint note={encoded}".encode()


def _send(address: str, message: bytes) -> None:
    udp = _UDP.fullmatch(address)
    if udp is not None:
        host, port = udp[1].strip("[]"), int(udp[2])
        family, kind, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as collector:
            collector.sendto(message, where)
        return
    path = address.removeprefix("unix:")
    for kind, ending in ((socket.SOCK_DGRAM, b""), (socket.SOCK_STREAM, b"\n")):
        with socket.socket(socket.AF_UNIX, kind) as collector:
            collector.settimeout(_PATIENCE_S)
            try:
                collector.connect(path)
            except OSError:
                if kind == socket.SOCK_STREAM:
                    raise
                continue  # a collector that listens for streams refuses datagrams
            collector.sendall(message + ending)
            return
