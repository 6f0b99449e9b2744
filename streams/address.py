"""Where this process listens, and by which name others reach it."""

import socket
from ipaddress import ip_address

from yarl import URL

from streams.settings import Settings

EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 (told apart here, never bound to)


def split_bind(bind: str) -> tuple[str, int]:
    """Return host and port of `127.0.0.1:6066`, `localhost:6066` or `[::1]:6066`."""
    host, _, port = bind.rpartition(":")
    return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach `host`; a name may resolve to anything."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def web_url(settings: Settings, port: int) -> URL:
    """Return how other workers reach the web of this one, which listens on `port`.

    Extra workers on one machine take other ports than the bind says; a given STOCK_WEB_URL is
    the first worker's, and moves by as much.
    """
    host, first_port = split_bind(settings.web_bind)
    if settings.web_url is not None:
        given = URL(settings.web_url)
        return given.with_port((given.port or first_port) + port - first_port)
    # A wildcard names no machine: asked under it, every worker would answer itself.
    name = socket.gethostname() if host in EVERYWHERE else host
    return URL.build(scheme="http", host=name, port=port)
