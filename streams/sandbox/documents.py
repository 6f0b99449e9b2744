"""Orders, pick lists and receipts: what Clarus tells of them, names and addresses included."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from streams.sandbox.records import StockRecord
from streams.sandbox.webhooks import (
    Body,
    Webhook,
    location,
    owner,
    product,
    rfc3339,
    units,
    warehouse,
)


@dataclass(slots=True)
class OrderLine:
    """One line of an order, and how far it has come; thousandths."""

    line_id: int
    sku: str
    account: str
    ordered_milli: int
    picked: list[StockRecord] = field(default_factory=list[StockRecord])  # waiting in the bay
    picked_milli: int = 0
    dispatched_milli: int = 0
    is_cancelled: bool = False


@dataclass(slots=True)
class Order:
    """An order in one warehouse; its lines may be of another account's stock (linked accounts)."""

    order_id: int
    reference: str
    account: str
    warehouse: str
    customer: str
    lines: list[OrderLine]
    parts: int = 1  # how many times goods leave for it
    is_picked: bool = False
    is_done: bool = False


@dataclass(slots=True)
class ReceiptLine:
    """One line of a receipt, and how much of it is in the building; thousandths."""

    line_id: int
    sku: str
    expected_milli: int
    received_milli: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """Goods that came in, or a customer's goods that came back."""

    receipt_id: int
    reference: str | None  # none: nobody had announced it
    receipt_type: str
    account: str
    warehouse: str
    lines: tuple[ReceiptLine, ...] = ()

    @property
    def named(self) -> Body:
        """Return the receipt as its transactions name it."""
        return {
            "id": self.receipt_id,
            "reference": self.reference,
            "receipt_type": self.receipt_type,
        }


def order_webhook(event: str, order: Order, at: datetime, status: str) -> Webhook:
    """Return what is told of an order."""
    body = {
        "id": order.order_id,
        "reference": order.reference,
        "goods_out_type": "sales_order",
        "goods_out_status": {"code": status, "name": status.capitalize()},
        "external_system_reference1": f"KC-SO-{order.reference}",
        "created_at": rfc3339(at),
        "actual_date_of_dispatch": rfc3339(at) if event == "completed" else None,
        "account": owner(order.account),
        "warehouse": warehouse(order.warehouse),
        # Invented, so that it can be seen that what is personal goes nowhere.
        "customer": {"name": f"Customer {order.customer}", "phone": "+44 1632 960000"},
        "address": {"address_1": "1 Example Street", "postcode": "ZZ1 1ZZ", "country": "GB"},
        "lines": [_order_line(line) for line in order.lines],
        "packages": [],
    }
    return Webhook("goods_out", event, order.order_id, at, body, accounts=(order.account,))


def pick_list_webhook(event: str, order: Order, at: datetime) -> Webhook:
    """Return what is told of an order's pick list."""
    body = {
        "id": order.order_id + 500_000,
        "created_at": rfc3339(at),
        "account": owner(order.account),
        "warehouse": warehouse(order.warehouse),
        "goods_outs": [{"id": order.order_id, "reference": order.reference}],
    }
    return Webhook(
        "goods_out_pick_list", event, order.order_id + 500_000, at, body, accounts=(order.account,)
    )


def receipt_webhook(event: str, receipt: Receipt, at: datetime) -> Webhook:
    """Return what is told of a receipt."""
    body = {
        "id": receipt.receipt_id,
        "reference": receipt.reference,
        "status": event,
        "receipt_type": receipt.receipt_type,
        "created_at": rfc3339(at),
        "expected_date_of_receipt": rfc3339(at),
        "actual_date_of_receipt": rfc3339(at) if event == "completed" else None,
        "account": owner(receipt.account),
        "warehouse": warehouse(receipt.warehouse),
        "lines": [_receipt_line(line) for line in receipt.lines],
    }
    return Webhook("goods_in", event, receipt.receipt_id, at, body, accounts=(receipt.account,))


def putaway_webhook(task_id: int, record: StockRecord, at: datetime) -> Webhook:
    """Return what is told of goods that got their place."""
    shelf = record.shelf
    body = {
        "id": task_id,
        "created_at": rfc3339(at),
        "account": owner(shelf.account),
        "product": product(shelf.sku),
        "warehouse": warehouse(shelf.warehouse),
        "confirmed_quantity": units(record.quantity_milli),
        "location_to": location(record.location),
    }
    return Webhook(
        "putaway_task", "completed", task_id, at, body, shelf.sku, accounts=(shelf.account,)
    )


def _order_line(line: OrderLine) -> dict[str, Any]:
    is_short = line.dispatched_milli < line.ordered_milli
    return {
        "id": line.line_id,
        "product": product(line.sku),
        "order_quantity": units(line.ordered_milli),
        "allocated_quantity": units(line.picked_milli),
        "pick_quantity": units(line.picked_milli),
        "dispatch_quantity": units(line.dispatched_milli),
        "short_status": "SHORT" if is_short else None,
    }


def _receipt_line(line: ReceiptLine) -> dict[str, Any]:
    return {
        "id": line.line_id,
        "product": product(line.sku),
        "expected_quantity": units(line.expected_milli),
        "quantity_received": units(line.received_milli),
        "stock_configuration": "unit",
    }
