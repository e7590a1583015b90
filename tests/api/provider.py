"""An identity provider on a port of this machine: honest unless told how to go wrong."""

import base64
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import orjson
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "cds", "a secret between the two"


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid})


KEY = new_key("k1")


@dataclass
class House:
    """The provider's side: who is signed in there, its keys, and what it does wrong."""

    address: str = ""
    person: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "f2-81",
            "preferred_username": "amara.okafor",
            "name": "Dr. Amara Okafor",
            "groups": ["ward-a", "staff"],
        }
    )
    key: RSAKey = field(default_factory=lambda: KEY)
    published: list[RSAKey] | None = None  # None: the one it signs with
    change: Callable[[dict[str, Any]], None] = lambda claims: None
    algorithm: str = "RS256"
    metadata: dict[str, Any] = field(default_factory=dict)
    answer: Callable[[dict[str, Any]], dict[str, Any]] = lambda answer: answer
    refuses: bool = False
    clock: Callable[[], float] = time.time
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def described(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "end_session_endpoint": f"{self.address}/end",
            **self.metadata,
        }

    def keys(self) -> dict[str, Any]:
        shown = [self.key] if self.published is None else self.published
        return {"keys": [{**key.as_dict(private=False), "use": "sig"} for key in shown]}

    def agree(self, asked: dict[str, str]) -> str:
        """The person signs in and agrees: the address that leads back."""
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        if self.refuses:
            return f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}"
        code = str(uuid4())
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.address}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """A code for a token, if everything about it is right; once."""
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if asked is None or challenge.rstrip(b"=").decode() != asked["code_challenge"] or authorization != basic:
            return 400, {"error": "invalid_grant"}
        if form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(self.clock())
        claims = {
            "iss": self.address,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.person,
        }
        self.change(claims)
        header = {"alg": self.algorithm, "kid": self.key.kid}
        if self.algorithm == "none":
            token = ".".join(_part(one) for one in (header, claims)) + "."
        else:
            token = jwt.encode(header, claims, self.key, algorithms=[self.algorithm])
        return 200, self.answer({"access_token": "opaque", "token_type": "Bearer", "id_token": token})


@contextmanager
def provider_house() -> Iterator[House]:
    """The provider, served until the block ends."""
    house = House()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            at = urlsplit(self.path)
            house.asked.append(at.path)
            if at.path == "/authorize":
                self._send(303, b"", location=house.agree({k: v[0] for k, v in parse_qs(at.query).items()}))
            elif at.path == "/.well-known/openid-configuration":
                self._send(200, orjson.dumps(house.described()))
            elif at.path == "/keys":
                self._send(200, orjson.dumps(house.keys()))
            else:
                self._send(404, b"{}")

        def do_POST(self) -> None:
            house.asked.append(self.path)
            sent = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(sent).items()}
            status, answer = house.exchange(form, self.headers.get("authorization", ""))
            self._send(status, orjson.dumps(answer))

        def _send(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"content-type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class's name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    house.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield house
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()
