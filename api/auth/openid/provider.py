"""The identity provider as it is reached over HTTP: where to send people, a code for a token, its keys."""

import base64
import hashlib
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import orjson

from api.auth.openid.errors import ProviderUnavailable, refused
from api.auth.openid.roles import roles_from, roles_table
from api.auth.openid.tokens import Expected, verified_claims
from cds.actors import Role
from cds.clock import Clock
from cds.errors import InvalidSetting
from cds.settings import Settings

_SECONDS = 5.0  # somebody waits at the sign-in page
_LARGEST = 1_000_000
# The provider's addresses and keys are read again after this; a key not yet known is asked for at once.
_KEPT_S = 3600.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Provider:
    """One provider, from settings. Only the host of the configured issuer is ever called."""

    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        self.issuer = settings.openid_issuer
        self.client = settings.openid_client
        self.name = settings.openid_name
        self._scopes = settings.openid_scopes
        self._claim = settings.openid_roles_claim
        self._table = roles_table(settings.openid_roles)
        self._secret = _secret(settings)
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}
        issuer = urlsplit(self.issuer)
        if issuer.scheme != "https" and issuer.hostname not in _LOOPBACK:
            raise InvalidSetting("The setting CDS_OPENID_ISSUER is wrong: it starts with https://.")
        if not self.client or not self._table:
            raise InvalidSetting("With CDS_OPENID_ISSUER, CDS_OPENID_CLIENT and CDS_OPENID_ROLES are needed as well.")

    def sign_in_address(self, *, redirect: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to sign in."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.client,
            "redirect_uri": redirect,
            "scope": self._scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return _with(self._endpoint("authorization_endpoint"), asked)

    def sign_out_address(self, *, back: str) -> str | None:
        """Where the browser goes to end the provider's own sign-in, if it offers that."""
        try:
            at = self._endpoint("end_session_endpoint")
        except ProviderUnavailable:
            return None
        return _with(at, {"client_id": self.client, "post_logout_redirect_uri": back})

    def claims_for(self, code: str, *, redirect: str, nonce: str, verifier: str) -> dict[str, Any]:
        """The verified claims about whoever signed in and came back with this code."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
        by_header = "client_secret_post" not in self._metadata().get("token_endpoint_auth_methods_supported", ())
        basic = (self.client, self._secret) if self._secret and by_header else None
        if basic is None:
            form |= {"client_id": self.client} | ({"client_secret": self._secret} if self._secret else {})
        status, answer = self._call("POST", self._endpoint("token_endpoint"), form=form, basic=basic)
        if status >= 500:
            raise _unreachable()
        if status != 200:
            raise refused("code_refused")
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise refused("token_missing")
        expected = Expected(issuer=self.issuer, audience=self.client, nonce=nonce)
        return verified_claims(token, keys=self._keys, expected=expected, at=self._clock.now())

    def roles(self, claims: Mapping[str, Any]) -> frozenset[Role]:
        """The roles these claims give."""
        return roles_from(claims, claim=self._claim, table=self._table)

    def _keys(self, anew: bool) -> list[dict[str, Any]]:
        found = self._read(self._endpoint("jwks_uri"), anew=anew).get("keys")
        return [key for key in found if isinstance(key, dict)] if isinstance(found, list) else []

    def _endpoint(self, name: str) -> str:
        at = self._metadata().get(name)
        if not isinstance(at, str):
            raise ProviderUnavailable(f"The identity provider names no `{name}`.", code="provider_incomplete")
        here, there = urlsplit(self.issuer), urlsplit(at)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            raise ProviderUnavailable(
                f"The identity provider's `{name}` is on another host than CDS_OPENID_ISSUER, and only that is called.",
                code="provider_elsewhere",
            )
        return at

    def _metadata(self) -> dict[str, Any]:
        found = self._read(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", anew=False)
        if found.get("issuer") != self.issuer:
            raise ProviderUnavailable(
                "The identity provider calls itself by another issuer than CDS_OPENID_ISSUER says.",
                code="provider_other_issuer",
            )
        return found

    def _read(self, address: str, *, anew: bool) -> dict[str, Any]:
        with self._lock:
            kept = self._kept.get(address)
        if kept is not None and not anew and time.monotonic() - kept[0] < _KEPT_S:
            return kept[1]
        status, found = self._call("GET", address)
        if status != 200 or not found:
            raise _unreachable()
        with self._lock:
            self._kept[address] = (time.monotonic(), found)
        return found

    def _call(
        self, method: str, address: str, *, form: dict[str, str] | None = None, basic: tuple[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        # No redirects and no proxy from the environment: either could lead to a host nobody configured.
        # The system's certificates, where a hospital's own authority is.
        try:
            with httpx.Client(
                timeout=_SECONDS, follow_redirects=False, trust_env=False, verify=ssl.create_default_context()
            ) as client:
                answer = client.request(method, address, data=form, auth=basic, headers={"accept": "application/json"})
            found = orjson.loads(answer.content) if len(answer.content) <= _LARGEST else None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise _unreachable() from None
        except orjson.JSONDecodeError:
            return answer.status_code, {}
        return answer.status_code, found if isinstance(found, dict) else {}


def _unreachable() -> ProviderUnavailable:
    return ProviderUnavailable("The identity provider does not answer. Try again, or sign in with a local account.")


def _with(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"


def _secret(settings: Settings) -> str:
    if settings.openid_secret_file is None:
        return ""
    try:
        return settings.openid_secret_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise InvalidSetting("The setting CDS_OPENID_SECRET_FILE is wrong: the file cannot be read.") from None
