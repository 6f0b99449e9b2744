"""The tenant's words, and every assumption about bodies that the vendor does not document.

Each assumption carries its mark: documented, assumed (names of the vendor's API, borrowed for its
webhooks) or UNKNOWN (nothing public says). A first real tenant changes settings, not code.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from ledger.wire import Code
from streams.clarus.fates import FATES
from streams.section import Section

NoRecord = Literal["held_first", "saleable", "flag"]
IdIs = Literal["transaction", "record"]
Clock = Literal["created_at", "updated_at"]


def _of_clarus(name: str) -> str:
    if tuple(name.split(".")) not in FATES:
        raise ValueError(f"Clarus has no event {name!r}")
    return name


EventName = Annotated[str, AfterValidator(_of_clarus)]  # e.g. "stock.received"

# Where a field stands in a record, e.g. "product.code"; the first place that has it counts.
FieldPath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+([.][A-Za-z0-9_]+)*$")]
Places = tuple[FieldPath, ...]


class FieldNames(Section):
    """Where each field of a body is looked for; an empty list is: nowhere."""

    id: Places = ("id",)  # documented
    created_at: Places = ("created_at",)  # documented for adjustments; else assumed
    updated_at: Places = ("updated_at",)  # assumed
    # Documented: `account`, `product`, `warehouse` exist and the last two carry a code. Assumed:
    # their inner shape. A plain text in their place is taken for the code.
    account: Places = ("account.code", "account_code", "account")
    account_id: Places = ("account.id", "account_id", "account")
    sku: Places = ("product.code", "product_code", "product")
    site: Places = ("warehouse.code", "warehouse_code", "warehouse")
    quantity: Places = ("quantity",)  # documented for adjustments; else assumed
    reason: Places = ("reason_code.code", "reason.code", "reason_code")  # UNKNOWN; a code
    note: Places = ("description", "reason")  # assumed; what staff typed
    stock_record: Places = ("stock_id", "stock.id")  # assumed
    batch: Places = ("string1",)  # assumed: a convention of the vendor's help pages
    order: Places = ("goods_out.reference", "goods_out_reference")  # UNKNOWN
    receipt: Places = ("goods_in.reference", "goods_in_reference")  # UNKNOWN
    receipt_type: Places = ("receipt_type", "goods_in.receipt_type")  # documented for receipts
    source: FieldPath = "transaction_source"  # documented, of an account transfer
    target: FieldPath = "transaction_target"  # documented
    # Of receipts, orders and pick lists. Documented as names of the vendor's API; that webhooks
    # use them is assumed. The arrays' names are UNKNOWN.
    lines: FieldPath = "lines"
    packages: FieldPath = "packages"
    reference: Places = ("reference",)
    external_reference: Places = ("external_system_reference1",)
    external_reference2: Places = ("external_system_reference2",)
    external_reference3: Places = ("external_system_reference3",)
    goods_out_type: Places = ("goods_out_type.code", "goods_out_type")
    status: Places = ("goods_out_status.code", "goods_in_status.code", "status.code", "status")
    carrier: Places = ("carrier.code", "carrier_code")
    tracking_number: Places = ("tracking_number",)
    expected_at: Places = ("expected_date_of_dispatch", "expected_date_of_receipt")
    completed_at: Places = ("actual_date_of_dispatch", "actual_date_of_receipt")
    line_number: Places = ("alt_line_number",)
    ordered: Places = ("order_quantity",)
    allocated: Places = ("allocated_quantity",)
    picked: Places = ("pick_quantity",)
    dispatched: Places = ("dispatch_quantity",)
    expected: Places = ("expected_quantity",)
    received: Places = ("quantity_received",)


class ClarusSettings(Section):
    """The tenant's words, and the readings of what its bodies leave open."""

    tenant: Code = "tenant"  # the subdomain; part of ids
    # Account codes of this company; any other is foreign. None: the worker does not start.
    accounts: tuple[Code, ...] = ()
    # Clarus's ids of accounts -> codes, for bodies that carry an account's id and not its code.
    account_ids: dict[Code, Code] = Field(default_factory=dict)
    sites: dict[Code, Code] = Field(default_factory=dict)  # warehouse code -> site; else itself
    feed: Literal["stock", "headers"] = "stock"  # "headers": no stock.* events can be sent
    # UNKNOWN: where in a body the fields stand. "any": the innermost of the three that has them.
    envelope: Literal["any", "flat", "data", "attributes"] = "any"
    names: FieldNames = FieldNames()
    # UNKNOWN: which clock orders holds. arrival: the delivery's place in the log, so that one told
    # twice or late counts where it arrives; else a time of the body, where holds carry one.
    hold_time: Literal["arrival", "created_at", "updated_at"] = "arrival"
    # Which time of a body is the movement's, by event; else created_at (documented for
    # adjustments, assumed for the rest).
    occurred: dict[EventName, Clock] = Field(default_factory=dict)
    # UNKNOWN: what a time without a zone means. Documented: times sent in carry a zone.
    time_without_zone: Literal["refused", "utc"] = "refused"
    # What goods are taken to be that leave without naming a stock record, by category.
    no_record: dict[str, NoRecord] = Field(
        default_factory=lambda: {"damage": "held_first", "expired": "held_first"}
    )
    # UNKNOWN: whether a body's `id` is a transaction's. "record": the id is a stock record's, and
    # time and quantity are added to it. By event, e.g. {"stock.received": "record"}; assumed:
    # holds and releases carry the record, everything else a transaction.
    id_is: dict[EventName, IdIs] = Field(default_factory=dict)
    # UNKNOWN: the sign of `quantity`. "positive": a negative one is refused; "either": its
    # magnitude counts where the event gives the sign.
    quantity_sign: Literal["positive", "either"] = "positive"
    # UNKNOWN: the value of `receipt_type` that marks a customer's return.
    return_receipts: tuple[str, ...] = ("return",)
    # Receipt types that are plain goods-in; any other type waits for a person.
    standard_receipts: tuple[str, ...] = ("standard", "receipt")
    # UNKNOWN: whether `stock.received` and `stock.unreceived` tell the type of their receipt.
    # "standard": where they do not, it is plain goods-in; "refused": it waits for a person.
    untyped_receipts: Literal["standard", "refused"] = "standard"
    # UNKNOWN: whether codes that differ only in case are one product. "two": they are not.
    sku_case: Literal["two", "one"] = "two"
