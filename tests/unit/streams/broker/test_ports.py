"""Ports: free, or clearly said to be taken."""

import socket
from collections.abc import Iterator

import pytest

from streams.broker.errors import BrokerError
from streams.broker.ports import LOOPBACK, draw_port, is_free, refuse_taken


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.fixture
def taken() -> Iterator[int]:
    port = draw_port()
    with socket.create_server((LOOPBACK, port)):
        yield port


def test_drawn_port_and_the_next_are_free() -> None:
    """The controller listens on the next one."""
    port = draw_port()

    assert (is_free(port), is_free(port + 1)) == (True, True)


def test_drawn_port_is_none_that_the_system_gives_to_clients() -> None:
    """A client that tries again while the broker is away must not draw the broker's port."""
    assert 20_000 <= draw_port() < 29_000


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_an_address_of_ipv6_is_free_until_it_is_taken() -> None:
    """The family is the host's; what listens on IPv4 there is another address."""
    port = draw_port()
    with socket.create_server((LOOPBACK, port)):
        beside = is_free(port, "::1")
    with socket.create_server(("::1", port), family=socket.AF_INET6):
        taken = is_free(port, "::1")

    assert (is_free(port, "::1"), beside, taken) == (True, True, False)


@pytest.mark.parametrize("port_below", [0, 1])
def test_taken_port_is_named_with_the_setting_that_changes_it(taken: int, port_below: int) -> None:
    """Either of the two may be the one that is taken."""
    with pytest.raises(BrokerError) as refusal:
        refuse_taken(taken - port_below)
    said = str(refusal.value)

    assert said.startswith(f"port {taken} on 127.0.0.1 is taken")
    assert "STOCK_KAFKA_PORT" in said
    assert "another STOCK_HOME" in said


def test_free_ports_are_not_refused() -> None:
    """Silence is consent."""
    refuse_taken(draw_port())
