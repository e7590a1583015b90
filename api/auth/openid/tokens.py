"""An identity token held against what OpenID Connect asks of it; the signature is joserfc's work."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.auth.openid.errors import refused

# Signatures with a published key only: never `none`, never one made with a shared secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
_KINDS = ("RSA", "EC", "OKP")
# Clocks of two machines in one house differ by less; an identity token lives minutes.
SKEW_S = 60.0

Keys = Callable[[bool], list[dict[str, Any]]]  # the provider's keys; True: fetched anew


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say."""

    issuer: str
    audience: str
    nonce: str


def verified_claims(token: str, *, keys: Keys, expected: Expected, at: datetime) -> dict[str, Any]:
    """The claims of a token that is rightly signed, for us, about this sign-in, and in its time."""
    claims = _signed_claims(token, keys)
    if claims.get("iss") != expected.issuer:
        raise refused("wrong_issuer")
    meant_for = claims.get("aud")
    audiences = meant_for if isinstance(meant_for, list) else [meant_for]
    party = claims.get("azp")
    if expected.audience not in audiences or (len(audiences) > 1 and party is None):
        raise refused("wrong_audience")
    if party is not None and party != expected.audience:
        raise refused("wrong_audience")
    _in_its_time(claims, at)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise refused("wrong_nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= 200:
        raise refused("no_subject")
    return claims


def _in_its_time(claims: dict[str, Any], at: datetime) -> None:
    now = at.timestamp()
    ends, issued, starts = claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)
    if not all(isinstance(one, (int, float)) for one in (ends, issued, starts)):
        raise refused("token_expired")
    assert isinstance(ends, (int, float)) and isinstance(issued, (int, float))
    if ends + SKEW_S <= now:
        raise refused("token_expired")
    if max(issued, starts) - SKEW_S > now:
        raise refused("token_too_early")


def _signed_claims(token: str, keys: Keys) -> dict[str, Any]:
    from joserfc import jws, jwt
    from joserfc.errors import BadSignatureError, JoseError
    from joserfc.jwk import KeySet

    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, AttributeError):
        raise refused("token_unreadable") from None
    if header.get("alg") not in ALGORITHMS:
        raise refused("token_algorithm")
    usable = _usable(keys(False), header.get("kid"))
    if not usable:  # the provider may have changed its keys since they were read
        usable = _usable(keys(True), header.get("kid"))
    if not usable:
        raise refused("unknown_key")
    try:
        decoded = jwt.decode(token, KeySet.import_key_set({"keys": usable}), algorithms=list(ALGORITHMS))
    except BadSignatureError:
        raise refused("wrong_signature") from None
    except (JoseError, ValueError, TypeError):
        raise refused("token_unreadable") from None
    return dict(decoded.claims)


def _usable(keys: list[dict[str, Any]], kid: object) -> list[dict[str, Any]]:
    signing = [key for key in keys if key.get("kty") in _KINDS and key.get("use", "sig") == "sig"]
    if kid is None:
        return signing if len(signing) == 1 else []
    return [key for key in signing if key.get("kid") == kid]
