"""The secret in the webhook's path: refused when weak, compared in constant time."""

from hashlib import sha256
from hmac import compare_digest

from streams.engine.errors import RefusesToRun
from streams.settings import Settings

SECRET_BYTES_MIN = 32
DISTINCT_BYTES_MIN = 8  # 32 random characters have more; fewer is a sample or a stuck key
_FIX = (
    "set it, or STOCK_DOOR_SECRET_FILE, to something random, e.g. what "
    "`python -c 'import secrets; print(secrets.token_urlsafe(32))'` prints"
)


class Secret:
    """The door's secret. Invariant: it is never shown, logged or returned."""

    def __init__(self, secret: bytes) -> None:
        self._digest = sha256(secret).digest()

    def __repr__(self) -> str:
        return "Secret(**********)"

    def is_told_by(self, shown: bytes) -> bool:
        """Say whether this is the secret, in the same time whatever is wrong with it."""
        return compare_digest(sha256(shown).digest(), self._digest)


def required_secret(settings: Settings) -> Secret:
    """Return the door's secret; raise `RefusesToRun` where it is missing or weak."""
    if settings.door_secret is None:
        raise RefusesToRun(f"the door needs STOCK_DOOR_SECRET: {_FIX}")
    secret = settings.door_secret.get_secret_value().encode("utf-8", "surrogateescape")
    if len(secret) < SECRET_BYTES_MIN:
        raise RefusesToRun(f"STOCK_DOOR_SECRET is shorter than {SECRET_BYTES_MIN} bytes: {_FIX}")
    if len(set(secret)) < DISTINCT_BYTES_MIN or _repeats_itself(secret):
        raise RefusesToRun(f"STOCK_DOOR_SECRET can be guessed: {_FIX}")
    return Secret(secret)


def _repeats_itself(secret: bytes) -> bool:
    """Say whether a shorter text, written several times, gives the secret."""
    return secret in (secret + secret)[1:-1]
