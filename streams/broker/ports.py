"""The two ports of the local Kafka: the clients' and, the next one, the controller's."""

import secrets
import socket
from functools import partial

from streams.broker.errors import BrokerError
from streams.broker.waiting import wait_until

LOOPBACK = "127.0.0.1"

# Below the range from which systems draw ports for outgoing connections (32768 on Linux, 49152
# on macOS): a client that tries again and again while the broker is away could draw its port.
_FIRST, _LAST = 20_000, 28_998
_TRIES_MAX = 200
CLOSES_WITHIN_S = 1.0  # the ports of who was just killed close a moment after it


def refuse_taken(port: int) -> None:
    """Raise `BrokerError` where the port or the next one is not free."""
    for number in (port, port + 1):
        if not gets_free(number):
            raise BrokerError(
                f"port {number} on {LOOPBACK} is taken, perhaps by another Kafka or by the local "
                "Kafka of another STOCK_HOME: stop that, or set STOCK_KAFKA_PORT to another port "
                f"(it and the next are used, now {port} and {port + 1})"
            )


def draw_port() -> int:
    """Return a port that is free now, as is the next one."""
    for _ in range(_TRIES_MAX):
        port = _FIRST + secrets.randbelow(_LAST - _FIRST)
        if is_free(port) and is_free(port + 1):
            return port
    raise BrokerError(f"no two free ports in a row found from {_FIRST} to {_LAST}")


def family_of(host: str) -> socket.AddressFamily:
    """Return the family in which a server listens at `host`: IPv6 for its addresses alone."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def gets_free(port: int, host: str = LOOPBACK) -> bool:
    """Say whether the port is free, within the moment that one of a killed process takes."""
    return wait_until(partial(is_free, port, host), CLOSES_WITHIN_S)


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Say whether a server could listen on the port now; False for a host that is not ours."""
    family = family_of(host)
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:  # as servers listen: `::` leaves IPv4 to others
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((host, port))
    except OSError:
        return False
    return True
