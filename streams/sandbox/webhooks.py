"""One thing Clarus would tell: its body as values, and what it means for the stock on hand."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from streams.sandbox.records import Shelf, StockRecord
from streams.sandbox.stock_room import Transaction
from streams.sandbox.tenant import ACCOUNT_IDS, FOREIGN, SITES, WAREHOUSE_IDS, ReasonCode
from streams.sandbox.truth import StockPlace

Body = dict[str, Any]
Moves = tuple[tuple[StockPlace, int], ...]

MINUTE = timedelta(minutes=1)
HOLD, RELEASE = "placed_on_hold", "released_from_hold"
# `stock.*` events that a ledger has to follow; all others close, count or announce.
MOVING = frozenset(
    {
        "received",
        "unreceived",
        "dispatched",
        "undispatched",
        "positively_adjusted",
        "negatively_adjusted",
        "account_transferred",
        HOLD,
        RELEASE,
    }
)
DOCUMENTS = ("goods_in", "goods_out", "goods_out_pick_list")


@dataclass(frozen=True, slots=True)
class Webhook:
    """What one automation sends, before anything goes wrong on the way.

    `moves` are the changes of the stock on hand of this company's accounts, by places.
    """

    resource: str
    event: str
    subject: int  # the body's id
    at: datetime  # when it happened, by Clarus's clock
    body: Body
    sku: str | None = None
    accounts: tuple[str, ...] = ()  # whose stock it is of
    moves: Moves = ()
    in_order: bool = False  # must not be overtaken: of a record that is held at some time
    late: bool = field(default=False)  # told long after it happened, as some things are

    @property
    def name(self) -> str:
        """Return `resource.event:id`, for people."""
        return f"{self.resource}.{self.event}:{self.subject}"

    @property
    def is_movement(self) -> bool:
        """Return whether a ledger has to follow it, whoever's stock it is."""
        return self.resource == "stock" and self.event in MOVING

    @property
    def is_foreign(self) -> bool:
        """Return whether it is only of stock that is not this company's."""
        return bool(self.accounts) and all(account == FOREIGN for account in self.accounts)


def place_of(shelf: Shelf) -> StockPlace:
    """Return a shelf in the company's words."""
    return StockPlace(shelf.account, SITES[shelf.warehouse], shelf.sku)


def stock_webhook(
    transaction: Transaction, *, in_order: bool = False, late: bool = False, **more: Any
) -> Webhook:
    """Return what one transaction tells; `more` are fields of its kind."""
    shelf = transaction.shelf
    return Webhook(
        "stock",
        transaction.action,
        transaction.transaction_id,
        transaction.at,
        transaction_body(transaction) | more,
        shelf.sku,
        (shelf.account,),
        _moves(transaction),
        in_order,
        late,
    )


def hold_webhook(
    event: str, record: StockRecord, at: datetime, reason: ReasonCode, note: str
) -> Webhook:
    """Return what is told of a hold or a release: the record, in its new state."""
    body = {
        "id": record.record_id,
        "quantity": units(record.quantity_milli),
        "status": record.status.value,
        **_parts(record.shelf),
        "location": location(record.location),
        "reason_code": reason_body(reason),
        "description": note,
        "created_at": rfc3339(at),
        "updated_at": rfc3339(at),
    }
    shelf = record.shelf
    return Webhook(
        "stock", event, record.record_id, at, body, shelf.sku, (shelf.account,), in_order=True
    )


def transfer_webhook(given: Transaction, taken: Transaction) -> Webhook:
    """Return what is told of goods that change their owner in place: one body, two accounts."""
    body = {
        "id": given.transaction_id,
        "created_at": rfc3339(given.at),
        "transaction_source": transaction_body(given),
        "transaction_target": transaction_body(taken),
    }
    return Webhook(
        "stock",
        "account_transferred",
        given.transaction_id,
        given.at,
        body,
        given.shelf.sku,
        (given.shelf.account, taken.shelf.account),
        (*_moves(given), *_moves(taken)),
    )


def transaction_body(transaction: Transaction) -> Body:
    """Return the fields every transaction has."""
    record = transaction.record
    return {
        "id": transaction.transaction_id,
        "created_at": rfc3339(transaction.at),
        **_parts(transaction.shelf),
        "quantity": units(transaction.quantity_milli),
        "new_quantity": units(record.quantity_milli),
        "location": location(record.location),
        "stock_id": record.record_id,
        "string1": record.batch,
        "integer1": None,
        "datetime1": None,
        "boolean1": None,
    }


def reason_body(reason: ReasonCode) -> Body:
    """Return a reason code as a transaction shows it."""
    return {"id": reason.id, "code": reason.code, "name": reason.name}


def owner(account: str) -> Body:
    """Return an account as bodies show it."""
    return {"id": ACCOUNT_IDS[account], "code": account}


def product(sku: str) -> Body:
    """Return a product as bodies show it."""
    return {"id": _number_of(sku), "code": sku, "external_system_reference1": f"KC-{sku}"}


def warehouse(code: str) -> Body:
    """Return a warehouse as bodies show it."""
    return {"id": WAREHOUSE_IDS[code], "code": code}


def location(code: str) -> Body:
    """Return a location as bodies show it."""
    return {"id": _number_of(code), "code": code}


def units(milli: int) -> float:
    """Return a quantity as Clarus's examples print it: 6.0, 2.5; exact for three places."""
    return milli / 1000


def rfc3339(at: datetime) -> str:
    """Return a time as Clarus's examples print it: UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parts(shelf: Shelf) -> Body:
    return {
        "account": owner(shelf.account),
        "product": product(shelf.sku),
        "warehouse": warehouse(shelf.warehouse),
    }


def _moves(transaction: Transaction) -> Moves:
    if not transaction.change_milli or transaction.shelf.account == FOREIGN:
        return ()
    return ((place_of(transaction.shelf), transaction.change_milli),)


def _number_of(code: str) -> int:
    return 5_000 + crc32(code.encode()) % 90_000
