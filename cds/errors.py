"""The one error family: a stable code for programs, a sentence that says what to do next for people."""


class CdsError(Exception):
    """Something the caller should hear about, with a stable `code`."""

    code = "failed"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return self.message


class InvalidSetting(CdsError):
    """A setting has a value the service cannot start with."""

    code = "invalid_setting"


class InvalidInput(CdsError):
    """What was asked cannot be done as asked."""

    code = "invalid_input"


class NotFound(CdsError):
    """Absent, or not for this actor: from outside the two are the same."""

    code = "not_found"


class Denied(CdsError):
    """This actor may not do this (used only where that something exists is no secret)."""

    code = "denied"


class Conflict(CdsError):
    """The state has moved on; look again before doing this."""

    code = "conflict"


class Busy(CdsError):
    """Too much is asked at once; try again later."""

    code = "busy"


class Unavailable(CdsError):
    """A part the request needs is not working now."""

    code = "unavailable"


class Integrity(CdsError):
    """Stored bytes are not what was recorded of them."""

    code = "integrity"
