"""Signed notes, held against the published example of Go's note package, which C2SP's format comes from."""

import pytest

from cds.audit.note import SigningKey, VerifierKey, open_note
from cds.errors import CdsError, Integrity, InvalidInput

VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SIGNER = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
NOTE = f"{TEXT}\n{LINE}"
KEY = VerifierKey.parse(VERIFIER)


def test_the_published_note_opens_with_the_published_key() -> None:
    assert open_note(NOTE.encode(), key=KEY) == TEXT


def test_signing_makes_the_published_bytes() -> None:
    key = SigningKey.parse(SIGNER)
    assert key.sign(TEXT) == NOTE
    assert (str(key.verifier), key.written()) == (VERIFIER, SIGNER)


def test_the_second_published_key_opens_its_note() -> None:
    key = VerifierKey.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    note = (
        "This is an example message.\n\n— example.com/foo "
        "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
    )
    assert open_note(note.encode(), key=key) == "This is an example message.\n"


def test_signatures_of_others_are_passed_over() -> None:
    stranger = SigningKey(name="stranger", seed=b"\x07" * 32)
    line = stranger.sign(TEXT).rpartition("\n\n")[2]
    assert open_note(f"{TEXT}\n{line}{LINE}".encode(), key=KEY) == TEXT


@pytest.mark.parametrize(
    "note",
    [
        NOTE.replace("cryptography", "cryptographY"),
        NOTE.replace("x08go", "x08gp"),
        NOTE.replace("wJnAM", "wJnAA"),
        NOTE[:-1],
        NOTE + "\n",
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("— ", "-- "),
        NOTE.replace("— ", "—"),
        TEXT,
        f"{TEXT}\n",
        f"{TEXT}\n— PeterNeumann AAAA\n",
        f"{TEXT}\n{LINE}garbage\n",
        NOTE.replace("think", "th\x00nk"),
        NOTE.replace("\n", "\r\n"),
        f"{TEXT}\n{SigningKey(name='PeterNeumann', seed=b'1' * 32).sign(TEXT).rpartition(chr(10) * 2)[2]}",
        f"{TEXT}\n" + LINE * 101,
        "x" * 1_000_001,
        "",
    ],
    ids=lambda note: repr(note[-24:]),
)
def test_a_mangled_note_does_not_open(note: str) -> None:
    with pytest.raises(Integrity):
        open_note(note.encode(), key=KEY)


def test_bytes_that_are_no_text_do_not_open() -> None:
    with pytest.raises(Integrity):
        open_note(NOTE.encode().replace(b"think", b"th\xffnk"), key=KEY)


def test_no_part_of_a_key_and_no_changed_letter_is_taken_for_it() -> None:
    mangled = [VERIFIER[:at] for at in range(len(VERIFIER))] + [VERIFIER[at:] for at in range(1, len(VERIFIER))]
    mangled += [VERIFIER[:at] + chr(ord(VERIFIER[at]) + 1) + VERIFIER[at + 1 :] for at in range(len(VERIFIER))]
    for written in mangled:
        with pytest.raises(CdsError):
            VerifierKey.parse(written)
        with pytest.raises(CdsError):
            SigningKey.parse(f"PRIVATE+KEY+{written}")


def test_only_whole_lines_without_control_characters_are_signed() -> None:
    key = SigningKey.parse(SIGNER)
    for text in ("no end of line", "a\tb\n"):
        with pytest.raises(InvalidInput):
            key.sign(text)


def test_a_signing_key_does_not_print_itself() -> None:
    assert "seed" not in repr(SigningKey.parse(SIGNER)) and "AYEK" not in repr(SigningKey.parse(SIGNER))
