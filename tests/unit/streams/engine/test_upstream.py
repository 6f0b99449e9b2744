"""What we override of Faust and aiokafka, and what we rely on in them, is as it was read.

A failure here is no fault of the program: an upgrade changed a method. Read the new one against
the note beside it, run the engine's broker tests (`pytest tests/broker -k engine` and the same
with `-m long`), then put the new sum in its place.
"""

import hashlib
import inspect
import textwrap
from typing import Any

import pytest
from aiokafka import client, conn
from aiokafka.consumer import consumer, fetcher, group_coordinator, subscription_state
from aiokafka.producer import message_accumulator, producer, sender, transaction_manager
from faust import channels
from faust.app import base as app
from faust.assignor.partition_assignor import PartitionAssignor
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
    (Thread._fetch_records, "stamped lists; the fetch context", "9e7369fc572d"),
    (
        Thread._create_worker_consumer,
        "isolation and fetch wait are set on its result",
        "c179c0bdb975",
    ),
    (Thread._seek_wait, "seeks before its first await", "98f8aa716db2"),
    (Thread.__post_init__, "called first by ours", "21d9b9cc0d16"),
    (faust_consumer.ConsumerThread.on_partitions_assigned, "heartbeats before it", "972fe557e7f7"),
    (Faust.perform_seek, "lanes' positions instead of committed offsets", "2b4ceebd23de"),
    (Faust._drain_messages, "lists instead of messages", "8f35dd7a1114"),
    (Faust.verify_all_partitions_active, "asks only what is overridden", "b0d2b193d5b7"),
    (Faust.on_stop, "lanes are finished before it", "7accc1bf4f97"),
    (app.App._on_partitions_revoked, "lanes are revoked before it", "c1abd58dcb37"),
    (app.App._on_partitions_assigned, "lanes are recovered before it", "c9c5485eb273"),
    (app.App._new_transport, "our transport instead", "11beddacb9fe"),
    (services.Service.crash, "the process ends instead", "6e0b5672cd83"),
    (services.Service._crash, "the process ends instead", "023e36034cd9"),
    (channels.Channel.__init__, "`_queue` and `maxsize`", "0fc0589f91fd"),
    (channels.Channel.queue.fget, "a queue that is not cleared", "23acdb801478"),
    (tables.Collection._new_store, "our store instead", "0cad007da65f"),
    (stores.SerializedStore.persisted_offset, "how far the changelog is here", "732e51549cb1"),
    (memory.Store.apply_changelog_batch, "never called", "434520d949dc"),
    (memory.Store.on_recovery_completed, "nothing to do", "92833ba38c9e"),
    # Relied on: the order in which Faust resumes, seeks and says it is ready.
    (Faust._wait_next_records, "nothing is fetched while no partition is active", "ba40cd367132"),
    (faust_consumer.Fetcher._fetcher.fun, "ends with its drain", "64ea6297f5a0"),
    (
        driver.ConsumerRebalanceListener.on_partitions_assigned,
        "sets the generation first",
        "f8231db51dd5",
    ),
    (
        driver.ConsumerRebalanceListener.on_partitions_revoked,
        "says `rebalancing` first",
        "cb4aa49e968a",
    ),
    (app.App.on_rebalance_start, "sets `rebalancing`", "34f7e4e29e5d"),
    (app.App.on_rebalance_end, "clears `rebalancing`, after the last resume", "702029e30de7"),
    (
        recovery.Recovery._restart_recovery.fun,
        "no recovery of its own where we are at the end",
        "f93138b040ef",
    ),
    (
        recovery.Recovery.on_recovery_completed,
        "seeks, resumes, then ends the rebalance",
        "895e7c415a4d",
    ),
    (queues.FlowControlQueue.put, "waits while flow is suspended", "b59b086fc1b8"),
    (queues.ThrowableQueue.clear, "cancels putters: why our queue is not cleared", "607d27b20798"),
    # aiokafka: positions, assignments, heartbeats, transactions.
    (
        fetcher.Fetcher.fetched_records,
        "no await between taking records and returning them",
        "e20ce0c8117f",
    ),
    (fetcher.Fetcher.seek_to, "drops what was fetched from elsewhere", "10c45c3c873d"),
    (fetcher.Fetcher._proc_fetch_request, "a position out of range is an error", "ace04969424f"),
    (fetcher.FetchResult.getall, "moves the position with what it returns", "b638929de343"),
    (fetcher.FetchResult.check_assignment, "only records of the present position", "2ffd6c1af9bc"),
    (
        fetcher.PartitionRecords._unpack_records,
        "positions over markers and aborted batches",
        "047f7fc3f005",
    ),
    (consumer.AIOKafkaConsumer.end_offsets, "the last stable offset", "71aa26a0e9ae"),
    (consumer.AIOKafkaConsumer.committed, "asks the broker each time", "9b3a52d5dd9e"),
    (
        subscription_state.SubscriptionState.assign_from_subscribed,
        "ends the old one",
        "f2230356c2d4",
    ),
    (subscription_state.TopicPartitionState.consumed_to, "sets `position`", "916a05acf907"),
    (group_coordinator.GroupCoordinator._start_heartbeat_task, "does so once", "470258f2b256"),
    (
        group_coordinator.GroupCoordinator.ensure_active_group,
        "starts heartbeats last",
        "44c4b92c3714",
    ),
    (
        group_coordinator.GroupCoordinator._perform_assignment,
        "keeps what it dealt from, at once",
        "db2edc93b7b4",
    ),
    (
        group_coordinator.BaseCoordinator._handle_metadata_update,
        "the leader has the group deal anew where that has changed",
        "4d5294cd4ea9",
    ),
    (
        client.AIOKafkaClient._get_conn,
        "every connection comes by here; None where one is refused",
        "1eaeaab22404",
    ),
    (client.AIOKafkaClient.force_metadata_update, "asks in the background", "4b2453f58f83"),
    (PartitionAssignor._get_copartitioned_groups, "leaves out what is not shown", "76de3cb3088e"),
    (PartitionAssignor.on_assignment, "the leader's groups of topics", "63482c10174f"),
    (group_coordinator.GroupCoordinator._on_join_complete, "assigns, then tells", "186788a437c0"),
    (producer.AIOKafkaProducer.begin_transaction, "", "9834b9f64d8a"),
    (producer.AIOKafkaProducer.send_batch, "", "ff8d65b59517"),
    (producer.AIOKafkaProducer.send_offsets_to_transaction, "", "8053778fb7d2"),
    (producer.AIOKafkaProducer.commit_transaction, "", "8f568a6acef9"),
    (
        producer.AIOKafkaProducer.stop,
        "waits for what is under way: hence ours instead",
        "8ee7f0d1b6a5",
    ),
    (
        message_accumulator.BatchBuilder.append,
        "None when full, never for the first",
        "65992902ef83",
    ),
    (sender.Sender._sender_routine, "a fenced producer fails all that waits", "c07b5ec56875"),
    (sender.Sender._send_produce_req, "a task of the sender's own, as its others", "5fbb5b444b0f"),
    (
        message_accumulator.MessageAccumulator.fail_all,
        "what was taken and what was not, and all that comes",
        "408861a4748d",
    ),
    (
        transaction_manager.TransactionManager.add_offsets_to_txn,
        "what is waited for stands last",
        "a177ec82d501",
    ),
    (
        client.AIOKafkaClient.close,
        "ends what asks for metadata, then the connections",
        "ded309a644a5",
    ),
    (conn.AIOKafkaConnection.close, "waits until what is in it is written", "7772fd3aee39"),
    (consumer.AIOKafkaConsumer.stop, "cut short, it is never begun again", "bf02b37ed4aa"),
    (
        sender.SendProduceReqHandler.handle_response,
        "transactional batches never expire",
        "552007acc49e",
    ),
    (
        transaction_manager.TransactionManager.maybe_add_partition_to_txn,
        "a partition is added without a record",
        "db7059aa8846",
    ),
    (
        sender.Sender._maybe_do_transactional_request,
        "partitions are added before the end is asked for",
        "84a1736c0bd8",
    ),
    (sender.Sender._do_add_offsets_to_txn, "the group is added, no offset", "3a95fb5064fa"),
    (client.AIOKafkaClient.coordinator_lookup, "", "38a46a4273ed"),
    (
        transaction_manager.TransactionManager.error_transaction,
        "the transaction's end has the failure",
        "4acd8c0364a2",
    ),
    (transaction_manager.TransactionManager.fatal_error, "as above", "982d69337228"),
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
    """Return a sum of the source: its tree is written otherwise by every version of Python."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(method)))
    return hashlib.sha256(source.encode()).hexdigest()[:12]
