"""What stands between a user and AWS before a request is looked at: configuration, credentials, region and proxy."""

from __future__ import annotations

from difflib import get_close_matches

from durablectl.backend.failures import Attempt, Failure
from durablectl.errors import ConfigError, CredentialsError, DurablectlError, Unreachable

_MOST_NAMED = 8


_LOGIN_CODES = frozenset({"LoginError", "LoginRefreshRequired", "LoginTokenLoadError"})
_KEY_CODES = frozenset({"ExpiredTokenException", "ExpiredToken"})


_WRONG_SECRET_CODES = frozenset({"InvalidSignatureException", "SignatureDoesNotMatch"})
_UNKNOWN_KEY_CODES = frozenset({"UnrecognizedClientException", "InvalidClientTokenId"})


def credentials_refused(failure: Failure, attempt: Attempt) -> DurablectlError:
    """The credentials are wrong or unknown."""
    who = "AWS" if attempt.source.backend == "aws" else "the server"
    message, remedy = f"{who} does not accept the credentials", "correct or renew them there"
    if failure.code in _WRONG_SECRET_CODES:
        message = f"{who} refuses the signature: the secret key does not belong to the access key"
    elif failure.code in _UNKNOWN_KEY_CODES:
        message = f"{who} does not know the access key"
        remedy = "it may be deleted, belong to another partition or need another session token"
    origin = f"the keys came from {failure.keys_from}" if failure.keys_from else "no AWS credentials were found"
    if failure.keys_from is None:
        remedy = "sign in, or choose a --profile"
    return CredentialsError(message, hint=[f"{_said(attempt)} {failure.quote}", f"{origin}; {remedy}"])


def clock_is_wrong(failure: Failure, attempt: Attempt) -> DurablectlError:
    """A signature of another time than the service's."""
    return CredentialsError(
        "AWS refuses the signature because this machine's clock is wrong",
        hint=[f"AWS said: {failure.quote}", "set the clock by the network; how far it is off: durablectl doctor"],
    )


def sign_in_expired(failure: Failure, attempt: Attempt) -> DurablectlError:
    """The credentials were good once."""
    profile = attempt.profile
    command = "aws login" if failure.code in _LOGIN_CODES else "aws sso login"
    sign_in = f"run: {command} --profile {profile}" if profile else f"run: {command}"
    if failure.code in _KEY_CODES:
        # Keys of a session expire too, and nothing tells where they came from.
        origin = f"the keys came from {failure.keys_from}" if failure.keys_from else "keys of a session have ended"
        sign_in = f"{origin}; renew them there, or with single sign-on {sign_in}"
    whose = f"the sign-in for profile {profile}" if profile else "the sign-in"
    return CredentialsError(f"{whose} has expired", hint=[f"AWS said: {failure.quote}", sign_in])


def not_signed_in(failure: Failure, attempt: Attempt) -> DurablectlError:
    """There never was a sign-in, or its token is gone or cannot be read."""
    if "does not exist" not in failure.message:
        return sign_in_expired(failure, attempt)
    whose, option = (
        (f" for profile {attempt.profile}", f" --profile {attempt.profile}") if attempt.profile else ("", "")
    )
    return CredentialsError(f"nobody is signed in{whose}", hint=f"run: aws sso login{option}")


def nobody_to_ask(failure: Failure, attempt: Attempt) -> DurablectlError:
    """A role wants the code of a device, and nobody can type it."""
    whose = f"profile {attempt.profile}" if attempt.profile else "the AWS configuration"
    option = f" --profile {attempt.profile}" if attempt.profile else ""
    return CredentialsError(
        f"{whose} asks for the code of a device, and there is no terminal to type it at",
        hint=[
            f"get keys of a session where there is one: aws configure export-credentials{option} --format env",
            "and set what that prints; or choose a --profile that needs no code",
        ],
    )


def no_way_through_proxy(failure: Failure, attempt: Attempt) -> DurablectlError:
    """The proxy of the environment does not answer, or does not let the request through."""
    hint = [failure.line, "HTTPS_PROXY names it; NO_PROXY=.amazonaws.com goes without it"]
    details = {"endpoint_url": attempt.source.endpoint_url}
    return Unreachable(f"cannot reach {attempt.endpoint} through the proxy", hint=hint, details=details)


def no_profile(failure: Failure, attempt: Attempt) -> DurablectlError:
    """The AWS configuration has no such profile."""
    close = get_close_matches(attempt.profile or "", failure.known, n=3)
    hint = [f"did you mean: {', '.join(close)}"] if close else []
    hint.append(f"known profiles: {', '.join(failure.known[:_MOST_NAMED]) or 'none'}")
    return ConfigError(f'the AWS configuration has no profile "{attempt.profile}"', hint=hint)


def no_such_region(failure: Failure, attempt: Attempt) -> DurablectlError:
    """AWS has no such region, as far as the client library knows."""
    region = attempt.source.region or ""
    close = get_close_matches(region, failure.known, n=3)
    hint = [failure.line, *([f"did you mean: {', '.join(close)}"] if close else [])]
    return ConfigError(
        f'nothing answers in "{region}", which is no AWS Region that the client library knows', hint=hint
    )


def no_credentials(failure: Failure, attempt: Attempt) -> DurablectlError:
    """There are no credentials, or no way to get them."""
    return CredentialsError(
        "no usable AWS credentials found",
        hint=[failure.line, "sign in, choose a --profile, or use the local service: -c local"],
    )


def no_region(failure: Failure, attempt: Attempt) -> DurablectlError:
    """Nothing says which region to ask."""
    return ConfigError(
        "no region is configured", hint=["add --region, or set AWS_REGION", "for the local service: -c local"]
    )


def bad_configuration(failure: Failure, attempt: Attempt) -> DurablectlError:
    """The client library cannot use the AWS configuration."""
    hint = [failure.line, "correct it in ~/.aws/config, or in the file that AWS_CONFIG_FILE names"]
    return ConfigError(
        "the AWS configuration cannot be used", hint=hint if failure.code != "InvalidEndpoint" else hint[:1]
    )


def _said(attempt: Attempt) -> str:
    """Whose words follow."""
    return "AWS said:" if attempt.source.backend == "aws" else "it said:"
