"""Who may read the pages: this machine, or whoever bears the token."""

from hmac import compare_digest

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from yarl import URL

from streams.address import is_loopback, split_bind
from streams.engine.errors import RefusesToRun
from streams.settings import Settings
from streams.web.answers import answer, refusal

TOKEN_BYTES_MIN = 32
OPEN_PATHS = frozenset({"/livez", "/livez/", "/readyz", "/readyz/"})
_SCHEME = "Bearer "


def required_token(settings: Settings) -> bytes | None:
    """Return the token that readers must bear; None: this machine reads without one.

    Raises `RefusesToRun` where others could read without one.
    """
    host, _ = split_bind(settings.web_bind)
    token = token_of(settings)
    if token is None and not is_loopback(host):
        raise RefusesToRun(
            f"STOCK_WEB_BIND={settings.web_bind} is reached from beyond this machine: set "
            f"STOCK_WEB_TOKEN or STOCK_WEB_TOKEN_FILE ({TOKEN_BYTES_MIN} bytes or more), "
            "the same for all workers"
        )
    return token


def token_of(settings: Settings) -> bytes | None:
    """Return the token that is set, None where none is; raise `RefusesToRun` for a short one."""
    if settings.web_token is None:
        return None
    token = settings.web_token.get_secret_value().encode()
    if len(token) < TOKEN_BYTES_MIN:
        raise RefusesToRun(
            f"STOCK_WEB_TOKEN is shorter than {TOKEN_BYTES_MIN} bytes: set it, or "
            "STOCK_WEB_TOKEN_FILE, to something random, the same for all workers"
        )
    return token


def bearing(token: bytes | None) -> dict[str, str]:
    """Return the headers by which one worker asks another."""
    return {"Authorization": _SCHEME + token.decode()} if token else {}


def guard(token: bytes | None, worker: str) -> Middleware:
    """Return the middleware that lets in who may read; health is open to all."""
    own_name = URL(worker).host

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in OPEN_PATHS:
            return await handler(request)
        if token is None and not names_this_machine(request.host, own_name):
            return refusal(403, "these pages are for this machine: ask for 127.0.0.1 or localhost")
        if token is not None and not bears(request, token):
            return answer(
                {"reason": "a token is needed: Authorization: Bearer <STOCK_WEB_TOKEN>"},
                401,
                {"WWW-Authenticate": 'Bearer realm="stock"'},
            )
        return await handler(request)

    return check


def bears(request: web.BaseRequest, token: bytes) -> bool:
    """Say whether a request bears the token; compared in constant time."""
    given = request.headers.get("Authorization", "")
    scheme, shown = given[: len(_SCHEME)], given[len(_SCHEME) :]
    return scheme.lower() == _SCHEME.lower() and compare_digest(
        shown.encode("utf-8", "surrogateescape"), token
    )


def names_this_machine(host: str, own_name: str | None = None) -> bool:
    """Say whether a request's Host is this machine's own name for itself, or loopback.

    A page elsewhere may point a name of its own at 127.0.0.1 and read us through the browser of
    somebody on this machine; it cannot make the browser say another name.
    """
    try:
        name = URL(f"http://{host}").host
    except ValueError:
        return False
    return name is not None and (name == own_name or is_loopback(name))
