"""The JSON of what keep_stock says: availability, entries of the journal, exceptions.

Written in one go from values that cannot be wrong; the models are the readers' contract.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ledger.availability import BASIS, Availability
from ledger.chart import PostingMode
from ledger.exceptions import ExceptionClass, Notice
from ledger.journal import Cost, Entry, Posting
from ledger.json_bytes import json_bytes
from ledger.quantity import render_quantity
from ledger.wire import TIMES, Code, Id, Milli, Text, UnitCost, Utc

Month = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}$")]
Pence = Annotated[int, Field(ge=0)]
# An id of ours is a movement's with a word before it.
OwnId = Annotated[str, StringConstraints(min_length=1, max_length=400)]
_FROZEN = ConfigDict(frozen=True)


class SiteV1(BaseModel):
    """One site over all accounts; `available` is clamped at zero for each account, then summed."""

    model_config = _FROZEN
    on_hand: Milli
    held: Milli
    available: Milli


class AvailabilityV1(BaseModel):
    """`stock.availability.v1`: what may be sold of a SKU before the ERP's own deductions.

    Absolute; a record with a higher version replaces any other. `gross_saleable` means: what the
    ERP has assigned to orders itself is still in it, the ERP subtracts that.
    """

    model_config = _FROZEN
    sku: Code
    version: Annotated[int, Field(ge=0)]
    as_of: Utc | None  # when the last movement in it was received
    basis: Literal["gross_saleable"]
    available: Milli
    sites: dict[Code, SiteV1]
    saleable: bool  # false as long as the ERP has not told of the SKU
    cause: Id | None  # the last movement in it


class CostV1(BaseModel):
    """The cost an entry was valued at: whose, its version, pence for one stock unit."""

    model_config = _FROZEN
    source: Literal["khaos"]
    version: Annotated[int, Field(ge=1)]
    unit_pence: UnitCost


class PostingV1(BaseModel):
    """One leg; only those by `us` are ever exported for posting."""

    model_config = _FROZEN
    account: Code
    debit_pence: Pence
    credit_pence: Pence
    by: Literal["khaos", "us"]


class EntryV1(BaseModel):
    """`stock.journal.v1`: the one entry of a movement, or of a change of cost.

    Debits equal credits. Without postings, `no_entry_because` states why.
    """

    model_config = _FROZEN
    entry_id: OwnId
    movement_id: Id | None
    category: Code
    posting_mode: PostingMode
    sku: Code
    site: Code | None
    quantity: Milli  # signed, as the stock moved
    value_pence: int  # signed, as the stock account moved
    cost: CostV1 | None
    postings: tuple[PostingV1, ...]
    no_entry_because: Text | None
    source: Id  # topic/partition/offset of the record it comes from
    rules: Id  # the chart it was made by
    occurred_at: Utc
    period: Month  # of the book, local time
    belongs_to: Month
    narrative: str


class ExceptionV1(BaseModel):
    """`stock.exceptions.v1`: something a person must look at, raised and later cleared."""

    model_config = _FROZEN
    exception_id: OwnId
    class_: Annotated[ExceptionClass, Field(alias="class")]
    state: Literal["raised", "cleared"]
    owner: Code
    sku: Code
    movement_id: Id | None
    why: Text
    raised_at: Utc | None
    cleared_at: Utc | None
    source: Id


def render_availability(availability: Availability) -> bytes:
    """Return the record of `stock.availability.v1`."""
    return json_bytes(
        {
            "sku": availability.sku,
            "version": availability.version,
            "as_of": availability.as_of,
            "basis": BASIS,
            "available": render_quantity(availability.available_milli),
            "sites": {
                name: {
                    "on_hand": render_quantity(site.on_hand_milli),
                    "held": render_quantity(site.held_milli),
                    "available": render_quantity(site.available_milli),
                }
                for name, site in availability.sites
            },
            "saleable": availability.saleable,
            "cause": availability.cause,
        },
        option=TIMES,
    )


def render_entry(entry: Entry) -> bytes:
    """Return the record of `stock.journal.v1`."""
    # Spelled out: orjson takes half as long again for a slotted dataclass.
    return json_bytes(
        {
            "entry_id": entry.entry_id,
            "movement_id": entry.movement_id,
            "category": entry.category,
            "posting_mode": entry.posting_mode,
            "sku": entry.sku,
            "site": entry.site,
            "quantity": entry.quantity,
            "value_pence": entry.value_pence,
            "cost": None if entry.cost is None else _cost_fields(entry.cost),
            "postings": [_posting_fields(posting) for posting in entry.postings],
            "no_entry_because": entry.no_entry_because,
            "source": entry.source,
            "rules": entry.rules,
            "occurred_at": entry.occurred_at,
            "period": entry.period,
            "belongs_to": entry.belongs_to,
            "narrative": entry.narrative,
        },
        option=TIMES,
    )


def _cost_fields(cost: Cost) -> dict[str, object]:
    return {"source": cost.source, "version": cost.version, "unit_pence": cost.unit_pence}


def _posting_fields(posting: Posting) -> dict[str, object]:
    return {
        "account": posting.account,
        "debit_pence": posting.debit_pence,
        "credit_pence": posting.credit_pence,
        "by": posting.by,
    }


def render_notice(notice: Notice) -> bytes:
    """Return the record of `stock.exceptions.v1`."""
    return json_bytes(
        {
            "exception_id": notice.exception_id,
            "class": notice.of.value,
            "state": notice.state,
            "owner": notice.of.owner,
            "sku": notice.sku,
            "movement_id": notice.movement_id,
            "why": notice.why,
            "raised_at": notice.raised_at,
            "cleared_at": None if notice.state == "raised" else notice.at,
            "source": notice.source,
        },
        option=TIMES,
    )
