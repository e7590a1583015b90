"""What can go wrong between this service and an identity provider, each with its sentence and its code."""

from cds.errors import CdsError, Unavailable


class SignInRefused(CdsError):
    """The identity provider's answer does not let this person in."""

    code = "sign_in_refused"


class ProviderUnavailable(Unavailable):
    """The identity provider cannot be used now, or not as it is set up."""

    code = "provider_unavailable"


# The sentence beside each code; a person reads it on the sign-in page, an administrator looks the code up.
SENTENCES: dict[str, str] = {
    "attempt_unknown": "This sign-in was started elsewhere, was used before, or took too long. Start it again.",
    "provider_refused": "The identity provider did not sign you in. Try again there, or ask the administrator.",
    "code_refused": "The identity provider did not accept the sign-in it began. Start it again.",
    "token_missing": "The identity provider gave no identity token. The administrator has to look at its set-up.",
    "token_unreadable": "What the identity provider sent is no identity token. The administrator has to look at it.",
    "token_algorithm": "The identity token is not signed in a way this service accepts.",
    "unknown_key": "The identity token is signed with a key that the identity provider does not publish.",
    "wrong_signature": "The signature of the identity token is wrong.",
    "wrong_issuer": "The identity token is from another issuer than the one set up here.",
    "wrong_audience": "The identity token was made for another service.",
    "wrong_nonce": "The identity token belongs to another sign-in. Start again.",
    "token_expired": "The identity token has ended already. Start again; if it happens again, the clocks differ.",
    "token_too_early": "The identity token is from the future: the clocks of the two machines differ.",
    "no_subject": "The identity token does not say whom it is about.",
    "no_role": "The identity provider knows you but gives you no role here. Ask the administrator for one.",
    "account_disabled": "Your account here is closed. Ask the administrator.",
}


def refused(code: str) -> SignInRefused:
    """The refusal of this code."""
    return SignInRefused(SENTENCES[code], code=code)
