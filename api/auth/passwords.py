"""Passwords: Argon2id in a pool of bounded size, so that a flood of sign-ins cannot take the machine's memory."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cds.errors import Busy, InvalidInput

SHORTEST = 12  # NIST SP 800-63B asks for 8 beside another factor and 15 without; 12 with back-off and no common ones
_LONGEST = 256
_SLOTS = 2  # each takes 64 MiB while it runs (RFC 9106, second choice)
_WAITING = 8  # more than these at once is a flood
_COMMON = ("password", "123456", "qwerty", "letmein", "welcome")


class Passwords:
    """Makes and checks password hashes, a few at a time."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._slots = threading.BoundedSemaphore(_SLOTS)
        self._queue = threading.BoundedSemaphore(_SLOTS + _WAITING)
        self._nobody: str | None = None

    def hash(self, password: str) -> str:
        with self._turn():
            return self._hasher.hash(password)

    def matches(self, stored: str | None, password: str) -> bool:
        """Takes as long for an account that does not exist as for one that does."""
        with self._turn():
            if self._nobody is None:
                self._nobody = self._hasher.hash("nobody has this one")
            try:
                return self._hasher.verify(stored or self._nobody, password) and stored is not None
            except (VerificationError, InvalidHashError):
                return False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._queue.acquire(blocking=False):
            raise Busy("Too many people sign in at this moment. Try again in a few seconds.")
        try:
            with self._slots:
                yield
        finally:
            self._queue.release()


def acceptable(password: str, *, name: str) -> str:
    """The password, if it is long enough and does not give itself away."""
    if not SHORTEST <= len(password) <= _LONGEST:
        raise InvalidInput(f"A password has {SHORTEST} to {_LONGEST} characters.", code="weak_password")
    lowered = password.lower()
    if name.lower() in lowered or any(lowered.startswith(word) for word in _COMMON) or len(set(password)) < 5:
        raise InvalidInput("This password is too easy to guess. Choose a longer phrase.", code="weak_password")
    return password
