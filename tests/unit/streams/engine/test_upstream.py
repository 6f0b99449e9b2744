"""What we override of Faust and aiokafka, and what we rely on in them, is as it was read.

A failure here is no fault of the program: an upgrade changed a method. Read the new one against
the note beside it, run the engine's broker tests (`pytest tests/broker -k engine` and the same
with `-m long`), then put the new sum in its place.
"""

import ast
import hashlib
import inspect
import textwrap
from typing import Any

import pytest
from aiokafka.consumer import consumer, fetcher, group_coordinator, subscription_state
from aiokafka.producer import message_accumulator, producer, sender, transaction_manager
from faust import channels
from faust.app import base as app
from faust.stores import base as stores
from faust.stores import memory
from faust.tables import base as tables
from faust.tables import recovery
from faust.transport import consumer as faust_consumer
from faust.transport.drivers import aiokafka as driver
from mode import services
from mode.utils import queues

Thread, Faust = driver.AIOKafkaConsumerThread, faust_consumer.Consumer

# (method, what we count on, the first 12 digits of its sum)
READ: list[tuple[Any, str, str]] = [
    # Overridden: ours must do what theirs does, but for what it is there to change.
    (Thread._fetch_records, "stamped lists; the fetch context", "01e3dc0c5361"),
    (
        Thread._create_worker_consumer,
        "isolation and fetch wait are set on its result",
        "f65f5b363397",
    ),
    (Thread._seek_wait, "seeks before its first await", "c7b05214ff7e"),
    (Thread.__post_init__, "called first by ours", "11f3ba7106d5"),
    (faust_consumer.ConsumerThread.on_partitions_assigned, "heartbeats before it", "2a86ec9f145b"),
    (Faust.perform_seek, "lanes' positions instead of committed offsets", "5d469bd9b458"),
    (Faust._drain_messages, "lists instead of messages", "534d036692b6"),
    (Faust.on_stop, "lanes are finished before it", "1865626b5d75"),
    (app.App._on_partitions_revoked, "lanes are revoked before it", "ea71bb689b78"),
    (app.App._on_partitions_assigned, "lanes are recovered before it", "1d21ff587e62"),
    (app.App._new_transport, "our transport instead", "fa850ae0e84f"),
    (services.Service.crash, "the process ends instead", "faef89319a30"),
    (services.Service._crash, "the process ends instead", "5d177808e556"),
    (channels.Channel.__init__, "`_queue` and `maxsize`", "c7e26b260eca"),
    (channels.Channel.queue.fget, "a queue that is not cleared", "001b4532f7e1"),
    (tables.Collection._new_store, "our store instead", "8128e9135a34"),
    (stores.SerializedStore.persisted_offset, "how far the changelog is here", "ca4274d21581"),
    (memory.Store.apply_changelog_batch, "never called", "f65cb6efbe80"),
    (memory.Store.on_recovery_completed, "nothing to do", "f42627aac79c"),
    # Relied on: the order in which Faust resumes, seeks and says it is ready.
    (Faust._wait_next_records, "nothing is fetched while no partition is active", "76ecab68a00e"),
    (faust_consumer.Fetcher._fetcher.fun, "ends with its drain", "646504c718ac"),
    (
        driver.ConsumerRebalanceListener.on_partitions_assigned,
        "sets the generation first",
        "45495597a41e",
    ),
    (
        driver.ConsumerRebalanceListener.on_partitions_revoked,
        "says `rebalancing` first",
        "4b69827779fb",
    ),
    (app.App.on_rebalance_start, "sets `rebalancing`", "79d8e47c6854"),
    (app.App.on_rebalance_end, "clears `rebalancing`, after the last resume", "e51ff69bc094"),
    (
        recovery.Recovery._restart_recovery.fun,
        "no recovery of its own where we are at the end",
        "f5e61f94e23d",
    ),
    (
        recovery.Recovery.on_recovery_completed,
        "seeks, resumes, then ends the rebalance",
        "290833183b16",
    ),
    (queues.FlowControlQueue.put, "waits while flow is suspended", "0acd376addd8"),
    (queues.ThrowableQueue.clear, "cancels putters: why our queue is not cleared", "929a2a105e7d"),
    # aiokafka: positions, assignments, heartbeats, transactions.
    (
        fetcher.Fetcher.fetched_records,
        "no await between taking records and returning them",
        "ef4a86671698",
    ),
    (fetcher.Fetcher.seek_to, "drops what was fetched from elsewhere", "961ab51afc2d"),
    (fetcher.Fetcher._proc_fetch_request, "a position out of range is an error", "0358258eb105"),
    (fetcher.FetchResult.getall, "moves the position with what it returns", "cfc44f35ec35"),
    (fetcher.FetchResult.check_assignment, "only records of the present position", "652dd2989022"),
    (
        fetcher.PartitionRecords._unpack_records,
        "positions over markers and aborted batches",
        "8bffff0a0e9e",
    ),
    (consumer.AIOKafkaConsumer.end_offsets, "the last stable offset", "10f1349220f9"),
    (consumer.AIOKafkaConsumer.committed, "asks the broker each time", "0a6d2a36e38b"),
    (
        subscription_state.SubscriptionState.assign_from_subscribed,
        "ends the old one",
        "fa6bb366a796",
    ),
    (subscription_state.TopicPartitionState.consumed_to, "sets `position`", "fdd33ceabceb"),
    (group_coordinator.GroupCoordinator._start_heartbeat_task, "does so once", "db8f1733ff03"),
    (
        group_coordinator.GroupCoordinator.ensure_active_group,
        "starts heartbeats last",
        "476f6df24e17",
    ),
    (group_coordinator.GroupCoordinator._on_join_complete, "assigns, then tells", "8fde9a543f6a"),
    (producer.AIOKafkaProducer.begin_transaction, "", "6e0b1d34344c"),
    (producer.AIOKafkaProducer.send_batch, "", "89e2eb3ec233"),
    (producer.AIOKafkaProducer.send_offsets_to_transaction, "", "cd0d41f2da8d"),
    (producer.AIOKafkaProducer.commit_transaction, "", "b888b0875433"),
    (
        producer.AIOKafkaProducer.stop,
        "waits for what is under way: hence our limit",
        "d93539a359fa",
    ),
    (
        message_accumulator.BatchBuilder.append,
        "None when full, never for the first",
        "64057624d6a6",
    ),
    (sender.Sender._sender_routine, "a fenced producer fails all that waits", "b9433d9a101a"),
    (
        sender.SendProduceReqHandler.handle_response,
        "transactional batches never expire",
        "eaab92c502e7",
    ),
    (transaction_manager.TransactionManager.error_transaction, "", "2cc83505292a"),
    (transaction_manager.TransactionManager.fatal_error, "", "5c1ad295cbf4"),
]


@pytest.mark.parametrize(
    ("method", "note", "wanted"), READ, ids=[method.__qualname__ for method, _, _ in READ]
)
def test_what_we_rely_on_is_as_it_was_read(method: Any, note: str, wanted: str) -> None:
    """A changed method must be read again before it is trusted."""
    now = sum_of(method)

    assert now == wanted, (
        f"{method.__module__}.{method.__qualname__} has changed ({note or 'used as it is'}). "
        f"Read it against streams/engine/, run the broker tests, then write {now!r} here."
    )


def sum_of(method: Any) -> str:
    """Return a sum of the code alone: neither comments nor layout count."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(method))))
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:12]
