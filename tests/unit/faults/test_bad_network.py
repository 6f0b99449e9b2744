"""F8 reads what `tc -s qdisc show` says, in the form of iproute2; not seen on this kernel."""

from tests.faults.f08_bad_network import spoilt

SAID = """qdisc noqueue 0: root refcnt 2
 Sent 9 bytes 9 pkt (dropped 9, overlimits 0 requeues 0)
qdisc netem 8001: dev lo root refcnt 2 limit 1000 loss 30%
 Sent 5220 bytes {passed} pkt (dropped {dropped}, overlimits 0 requeues 0)
 backlog 0b 0p requeues 0
"""


def test_packets_that_went_through_or_were_lost_are_the_bite() -> None:
    """Loss of everything lets none through, and a delay drops none."""
    assert spoilt(SAID.format(passed=52, dropped=22)) == 74
    assert spoilt(SAID.format(passed=0, dropped=3)) == 3
    assert spoilt(SAID.format(passed=0, dropped=0)) == 0
