"""The engine inside one Faust app: lists to agents, agents to lanes, a failure ends it all."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import faust
from faust.types import TP
from mode.utils.queues import ThrowableQueue
from yarl import URL

from streams.address import split_bind, web_url
from streams.engine.assignor import WholeAssignor
from streams.engine.credentials import faust_credentials
from streams.engine.end import end_process
from streams.engine.faust_batches import BatchApp, BatchConsumer
from streams.engine.lane import RecordList
from streams.engine.pace import Pace
from streams.engine.runner import DRAIN_TIMEOUT_S, Agent, Lanes
from streams.engine.starting import RECOVER_WITHIN_S
from streams.engine.table import LaneStore, LaneTable
from streams.engine.take_over import ENDED_WITHIN_S
from streams.engine.transaction import STOP_TIMEOUT_S
from streams.engine.watch import Watch
from streams.kafka import bootstrap, connection
from streams.settings import Settings

FAUST_FOLDER = "faust"  # Faust makes folders there, and keeps nothing in them
MAX_POLL_INTERVAL_S = 10 * 365 * 86_400.0  # for ever
# Folded at a stretch, some 5 ms: transactions need the loop some thirty times each, and Kafka
# aborts one that takes longer than its timeout.
PIECE_RECORDS = 200
# A member that has not come back by then is dropped from the group. Reading back is given up at
# once when the group deals anew; taking over is not, nor giving back. Meanwhile the others wait,
# and so they do for the dead: Kafka 4.4 has been seen to forget a dead member's session as it
# started, and kept everybody waiting for as long as this.
REBALANCE_WITHIN_S = ENDED_WITHIN_S + DRAIN_TIMEOUT_S + STOP_TIMEOUT_S + 10.0
LISTS_MAX = 4  # lists waiting for one agent; the fetching thread waits beyond that
REQUEST_TIMEOUT_S = 20.0


class EngineApp(BatchApp):
    """A Faust app with lanes; the sink of its own consumer."""

    lanes: Lanes
    channels: Mapping[str, Any]
    watch: Watch

    def wants(self, topic: str, partition: int) -> bool:
        """Say whether records of this partition may be fetched now: not before all is resumed."""
        return not self.rebalancing and self.lanes.wants(topic, partition)

    def position(self, topic: str, partition: int) -> int | None:
        """Return where the partition's lane stands."""
        lane = self.lanes.lane_of(topic, partition)
        return lane.next_offset[topic] if lane else None

    async def deliver(self, taken: RecordList) -> None:
        """Queue a list for its agent; waits while the agent is busy."""
        await self.channels[self.lanes.agent_of(taken.topic)].send(value=taken)

    async def take(self, taken: RecordList) -> None:
        """Fold one list; what was fetched before a rebalance is dropped and read again."""
        for piece in taken.pieces(PIECE_RECORDS):
            if piece.generation != self.consumer_generation_id:
                return
            back_to = self.lanes.take(piece)
            if back_to is not None:
                consumer = cast("BatchConsumer", self.consumer)
                await consumer.seek_back(TP(piece.topic, piece.partition), back_to)
                return
            await asyncio.sleep(0)  # the transactions on their way have their turn

    async def on_start(self) -> None:
        """Watch from the beginning: Faust begins an app's tasks once its tables are recovered."""
        await super().on_start()
        self.add_future(self.watch.run())

    def on_rebalance_end(self) -> None:
        """Go on: Faust has resumed all that was recovered."""
        super().on_rebalance_end()
        self.lanes.resumed()

    @property
    def is_ready(self) -> bool:
        """Lanes recovered and Faust's own tables and group agree; no partitions is ready too.

        Not so where nobody was dealt any.
        """
        return (
            self.lanes.ready
            and self.tables.actives_ready
            and not self.rebalancing
            and not self.dealt_nothing
        )

    @property
    def dealt_nothing(self) -> bool:
        """Say whether every member of the group stands without partitions."""
        return cast("WholeAssignor", self.assignor).dealt_nothing


def host(settings: Settings, app_id: str, agents: Sequence[Agent], *, web_port: int) -> EngineApp:
    """Return the app with its lanes; agents and tables are registered by the caller."""
    (settings.home / FAUST_FOLDER).mkdir(parents=True, exist_ok=True)
    app = EngineApp(app_id, **_faust_settings(settings, web_port))
    app.sink = app
    app.fail = end_process
    app.lanes = Lanes(
        agents,
        group=app_id,
        partitions=settings.partitions,
        pace=Pace.of(settings.engine),
        connection=connection(settings),
        fail=end_process,
    )
    app.channels = {agent.name: ListChannel(app, maxsize=LISTS_MAX) for agent in agents}
    app.before_revoked = app.lanes.revoke

    async def before_assigned(assigned: Iterable[TP]) -> bool:
        return await app.lanes.assign((tp.topic, tp.partition) for tp in assigned)

    app.before_assigned = before_assigned
    app.give_up = app.lanes.give_up
    for agent in agents:
        for topic in agent.sources:
            app.read(topic, settings.partitions)
    app.watch = Watch(
        app,
        stall_s=settings.engine.stall_s,
        begins_within_s=RECOVER_WITHIN_S + REBALANCE_WITHIN_S,
        session_s=settings.engine.session_timeout_ms / 1000,
    )
    return app


class ListChannel(faust.Channel[RecordList]):
    """A channel that keeps what is in it over a rebalance; its lane drops what is then stale.

    Faust 0.15.3 clears its queues there, and cancels whoever waits for room in one: that is the
    task that drains the consumer, which then stops for good without a word.
    """

    @property
    def queue(self) -> ThrowableQueue:
        """Return this subscriber's queue."""
        if self._queue is None:
            self._queue = self.app.FlowControlQueue(maxsize=self.maxsize, clear_on_resume=False)
        return self._queue


def add_table(app: EngineApp, name: str, agent: str, partitions: int) -> LaneTable:
    """Show an agent's committed values as a Faust table of this name."""
    table = LaneTable(app, name=name, key_type=bytes, value_type=bytes, partitions=partitions)
    app.tables.add(table)
    store = cast("LaneStore", table.data)
    store.attach(
        lambda: [lane.fold.committed_values() for lane in app.lanes.lanes() if lane.agent == agent],
        lambda tp: app.lanes.recovered_to(agent, tp.partition),
    )
    return table


def _faust_settings(settings: Settings, web_port: int) -> dict[str, Any]:
    session_s = settings.engine.session_timeout_ms / 1000
    host_name, _ = split_bind(settings.web_bind)
    return {
        "broker": [URL(f"kafka://{server}") for server in bootstrap(settings).split(",")],
        "broker_credentials": faust_credentials(settings.kafka_client),
        "broker_session_timeout": session_s,
        "broker_heartbeat_interval": session_s / 6,
        # Faust takes no session that is longer than a request may be.
        "broker_request_timeout": max(REQUEST_TIMEOUT_S, session_s),
        "broker_rebalance_timeout": REBALANCE_WITHIN_S,
        "broker_max_poll_records": settings.engine.poll_records_max,
        # Lanes say where to read; a position that is gone ends the worker, which then says why.
        "consumer_auto_offset_reset": "none",
        # A member without partitions fetches nothing, and aiokafka 0.14 would have it leave for
        # good. `Watch` looks after those that have some.
        "broker_max_poll_interval": MAX_POLL_INTERVAL_S,
        "agent_supervisor": "mode.CrashingSupervisor",
        "PartitionAssignor": WholeAssignor,
        "store": "memory://",
        "table_standby_replicas": 0,
        "topic_allow_declare": False,  # topics are made by `stock topics create`
        "topic_disable_leader": True,
        "topic_partitions": settings.partitions,
        "stream_wait_empty": False,  # the lanes drain themselves
        "stream_recovery_delay": 0.0,
        "worker_redirect_stdouts": False,
        "web_bind": host_name,
        "web_port": web_port,
        "canonical_url": web_url(settings, web_port),
        "web_tables_enabled": False,  # ours are in streams/web
        "web_router_enabled": False,
        "datadir": settings.home / FAUST_FOLDER / str(web_port),
        "env_prefix": "STOCK_FAUST_",  # else a stray WEB_PORT would win over ours
    }
