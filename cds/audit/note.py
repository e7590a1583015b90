"""Signed notes as C2SP writes them: text, a blank line, then one line for each Ed25519 signature."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cds.errors import Integrity, InvalidInput

_ED25519 = b"\x01"
_SIGNATURE_LINE = re.compile(r"— (\S+) ([A-Za-z0-9+/]+={0,2})")
_PRIVATE = "PRIVATE+KEY+"
# What Go's reference implementation accepts; a checkpoint is some 200 bytes.
_MOST_SIGNATURES = 100
LARGEST_NOTE = 1_000_000


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name, written `name+id+key`."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, written: str) -> "VerifierKey":
        """The key as written; a damaged one is refused."""
        name, key_id, encoded = _three_parts(written.strip())
        key = cls(name=name, public=_key_bytes(encoded))
        if key.id.hex() != key_id:
            raise InvalidInput("This public key does not match its own id; copy it again.", code="key_damaged")
        return key


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key with its name, written as Go's note tools write it."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> VerifierKey:
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifierKey(name=self.name, public=public)

    def written(self) -> str:
        """The private key itself: for its file only."""
        key_id = self.verifier.id.hex()
        return f"{_PRIVATE}{self.name}+{key_id}+{base64.b64encode(_ED25519 + self.seed).decode()}"

    @classmethod
    def parse(cls, written: str) -> "SigningKey":
        """The key as written; a damaged one is refused."""
        written = written.strip()
        if not written.startswith(_PRIVATE):
            raise InvalidInput("This is no signing key.", code="key_damaged")
        name, key_id, encoded = _three_parts(written.removeprefix(_PRIVATE))
        key = cls(name=name, seed=_key_bytes(encoded))
        if key.verifier.id.hex() != key_id:
            raise InvalidInput("This signing key does not match its own id.", code="key_damaged")
        return key

    def sign(self, text: str) -> str:
        """The note: the text and this key's signature."""
        if not text.endswith("\n") or _has_control(text):
            raise InvalidInput("A note's text ends with a line and holds no control characters.", code="note_malformed")
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return f"{text}\n— {self.name} {base64.b64encode(self.verifier.id + signature).decode()}\n"


def open_note(note: bytes, *, key: VerifierKey) -> str:
    """The text of a note that this key signed; anything else is an error."""
    if len(note) > LARGEST_NOTE:
        raise Integrity("This note is too large to be one.", code="note_malformed")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise Integrity("This note is no text.", code="note_malformed") from None
    body, blank, lines = whole.rpartition("\n\n")
    text = body + "\n"
    if not blank or not lines.endswith("\n") or _has_control(whole):
        raise Integrity("This is no signed note.", code="note_malformed")
    signatures = [_signature(line) for line in lines[:-1].split("\n")]
    if len(signatures) > _MOST_SIGNATURES:
        raise Integrity("This note has too many signatures.", code="note_malformed")
    mine = [signature for name, key_id, signature in signatures if (name, key_id) == (key.name, key.id)]
    if not mine:
        raise Integrity("This note is not signed by the key given.", code="note_unsigned")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(mine[0], text.encode())
    except (InvalidSignature, ValueError):
        raise Integrity("This note's signature is wrong.", code="note_signature") from None
    return text


def _signature(line: str) -> tuple[str, bytes, bytes]:
    found = _SIGNATURE_LINE.fullmatch(line)
    if found is None:
        raise Integrity("A signature line of this note is malformed.", code="note_malformed")
    try:
        value = base64.b64decode(found[2], validate=True)
    except binascii.Error:
        raise Integrity("A signature line of this note is malformed.", code="note_malformed") from None
    if len(value) < 5 or "+" in found[1]:
        raise Integrity("A signature line of this note is malformed.", code="note_malformed")
    return found[1], value[:4], value[4:]


def _three_parts(written: str) -> tuple[str, str, str]:
    # The key's base64 may hold a plus of its own, so only the first two divide.
    parts = written.split("+", 2)
    if len(parts) != 3 or not parts[0] or re.search(r"\s", parts[0]) or not re.fullmatch(r"[0-9a-f]{8}", parts[1]):
        raise InvalidInput("A key is written `name+id+key`; this is not one.", code="key_damaged")
    return parts[0], parts[1], parts[2]


def _key_bytes(encoded: str) -> bytes:
    try:
        value = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput("This key is damaged; copy it again.", code="key_damaged") from None
    if value[:1] != _ED25519 or len(value) != 33:
        raise InvalidInput("This is no Ed25519 key.", code="key_damaged")
    return value[1:]


def _has_control(text: str) -> bool:
    return any(ord(letter) < 32 and letter != "\n" for letter in text)
