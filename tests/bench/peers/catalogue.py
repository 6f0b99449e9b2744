"""The peers, ours first."""

import sys

from tests.bench.peers.java_classes import kafka_streams
from tests.bench.peers.peer import Command, Peer, Workshop
from tests.bench.peers.quix_venv import QUIX, quix_streams

# Faust 0.15.3 makes them as it starts; where Kafka is slow to show them, it joins without, and then
# acknowledges every event unprocessed.
FAUST_CHANGELOGS = ("seen-changelog", "levels-changelog")
AT_LEAST_ONCE, EXACTLY_ONCE = "at least once", "exactly once"


async def _worker(_: Workshop) -> Command:
    return (sys.executable, "-m", "streams", "worker", "--once")


async def _bare(_: Workshop) -> Command:
    return (sys.executable, "-m", "streams.bench.bare")


async def _faust_agent(_: Workshop) -> Command:
    return (sys.executable, "-m", "tests.bench.peers.faust_agent")


async def _faust_take(_: Workshop) -> Command:
    return (sys.executable, "-m", "tests.bench.peers.faust_take")


OURS = Peer("ours", "ours, `stock worker`", EXACTLY_ONCE, _worker, has_own_topics=False)
BARE = Peer(
    "bare_loop",
    "our fold in a bare aiokafka loop",
    "exactly once, until it is restarted",
    _bare,
    has_own_topics=False,
    recovers=False,
)
PEERS = (
    OURS,
    BARE,
    Peer("kafka_streams", "Kafka Streams, Java, `exactly_once_v2`", EXACTLY_ONCE, kafka_streams),
    Peer("quix_streams", QUIX, EXACTLY_ONCE, quix_streams, is_slow=True),
    Peer(
        "faust_take",
        "Faust, `noack_take`",
        AT_LEAST_ONCE,
        _faust_take,
        is_slow=True,
        changelogs=FAUST_CHANGELOGS,
    ),
    Peer(
        "faust_agent",
        "Faust, an agent over events",
        AT_LEAST_ONCE,
        _faust_agent,
        is_slow=True,
        changelogs=FAUST_CHANGELOGS,
    ),
)
