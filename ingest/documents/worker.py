"""The reading process: takes files one after the other, answers each with an edition or a refusal."""

import os
import sys

from ingest.documents.limits import allow_processor_time, confine
from ingest.documents.wire import as_json, packed, receive_file


def main() -> None:
    """Read until there is nothing more to read."""
    answers = os.dup(1)
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 1)  # what a library prints must not get between the answers
    os.dup2(quiet, 2)
    import ingest.documents.assembly  # before the limits count
    import ingest.documents.reading  # noqa: F401

    confine()
    while (received := receive_file(sys.stdin.buffer)) is not None:
        allow_processor_time()
        answer = packed(_answer(*received))
        while answer:
            answer = answer[os.write(answers, answer) :]


def _answer(file: str, content: bytes, side_car: bytes | None) -> dict[str, object]:
    from ingest.documents.reading import read_edition
    from ingest.documents.refusals import Refused

    try:
        return {"read": as_json(read_edition(content, file=file, side_car=side_car))}
    except Refused as refused:
        return {"refused": [refused.code, refused.message]}
    except MemoryError:
        return {"refused": ["too_large", Refused("too_large").message]}
    except Exception:  # whatever a broken file does to a library, it costs this one refusal
        return {"refused": ["unreadable", Refused("unreadable").message]}


if __name__ == "__main__":
    main()
