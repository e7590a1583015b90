"""The reading process: takes files one after the other, answers each with an edition or a refusal."""

import os
import sys
from base64 import b64encode

from ingest.documents.limits import BY_OCR, READING, allow_processor_time, confine
from ingest.documents.wire import Job, as_json, packed, receive_job


def main() -> None:
    """Read until there is nothing more to read."""
    answers = os.dup(1)
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 1)  # what a library prints must not get between the answers
    os.dup2(quiet, 2)
    import ingest.documents.assembly  # before the limits count
    import ingest.documents.reading  # noqa: F401

    ocr = "--ocr" in sys.argv
    limits = BY_OCR if ocr else READING
    confine(limits)
    while (job := receive_job(sys.stdin.buffer)) is not None:
        allow_processor_time(limits)
        answer = packed(_answer(job, ocr=ocr))
        while answer:
            answer = answer[os.write(answers, answer) :]


def _answer(job: Job, *, ocr: bool) -> dict[str, object]:
    from ingest.documents.reading import read_edition
    from ingest.documents.refusals import Refused

    try:
        if job.page is not None:
            from ingest.documents.pdf.pictures import page_picture

            picture = page_picture(job.content, job.page)
            return {"picture": None if picture is None else b64encode(picture).decode()}
        return {"read": as_json(read_edition(job.content, file=job.file, side_car=job.side_car, ocr=ocr))}
    except Refused as refused:
        return {"refused": [refused.code, refused.message]}
    except MemoryError:
        return {"refused": ["too_large", Refused("too_large").message]}
    except Exception:  # whatever a broken file does to a library, it costs this one refusal
        return {"refused": ["unreadable", Refused("unreadable").message]}


if __name__ == "__main__":
    main()
