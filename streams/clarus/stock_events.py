"""The `stock.*` events: one change of one stock record, or of one owner, to movements."""

from datetime import datetime

from ledger.immutable import immutable
from ledger.movement import HOLDS, Movement, MovementKind
from ledger.quantity import render_quantity
from ledger.wire import hashed
from streams.clarus.arrival import Arrival, Foreign, Moved
from streams.clarus.fields import Fields
from streams.clarus.receipts import RECEIPTS, told_kind
from streams.clarus.records import Unreadable
from streams.clarus.words import Account
from streams.headers import rfc3339

BATCH_MAX = 60  # a longer one is cut off: the batch is for people, nothing is reckoned by it


def moved(kind: MovementKind, fields: Fields, arrival: Arrival) -> Moved | Foreign:
    """Return the one movement of a stock event."""
    account = fields.account()
    if not account.is_ours:
        return Foreign()
    if kind in RECEIPTS:
        kind = told_kind(kind, fields)
    may_be_nothing = kind is MovementKind.RELEASED  # all of the record may have left by then
    milli = _magnitude(fields, negative=False, zero=may_be_nothing)
    told = _hold(fields, arrival) if kind in HOLDS else _change(fields, arrival, milli)
    movement = _movement(kind, fields, arrival, told, account=account.code, milli=milli)
    return Moved((movement,))


def owner_changed(fields: Fields, arrival: Arrival) -> Moved | Foreign:
    """Return what left one account and came to another; a foreign leg is not ours to write."""
    source, target = _leg(fields, "source"), _leg(fields, "target")
    owners = source.account(), target.account()
    if not (owners[0].is_ours or owners[1].is_ours):
        return Foreign()
    milli = _magnitude(source, negative=True, zero=False)
    if _magnitude(target, negative=False, zero=False) != milli:
        raise Unreadable("the two transactions of the transfer differ in quantity")
    occurred_at = _occurred_at(arrival, fields, source)
    own_id = fields.code_or_none("id") or source.code("id")
    is_record = fields.words.id_is(arrival.event) == "record"
    if is_record:
        own_id = _of_record(own_id, occurred_at, milli)
    legs = (
        (MovementKind.ACCOUNT_OUT, source, owners[0], owners[1], ":out"),
        (MovementKind.ACCOUNT_IN, target, owners[1], owners[0], ":in"),
    )
    return Moved(
        tuple(
            _movement(
                kind,
                leg,
                arrival,
                _Told(own_id, occurred_at, _record(leg, fields, is_record), end, other, fields),
                account=owner.code,
                milli=milli,
            )
            for kind, leg, owner, other, end in legs
            if owner.is_ours
        )
    )


def _record(leg: Fields, whole: Fields, is_record: bool) -> str | None:
    """Return the stock record of a leg: the one it names, or the id where that is a record's."""
    named = leg.code_or_none("stock_record")
    if named or not is_record:
        return named
    return whole.code_or_none("id") or leg.code_or_none("id")


@immutable
class _Told:
    """Which fact it is: its id, its time, the stock record it names."""

    own_id: str
    occurred_at: datetime
    stock_record: str | None
    leg: str = ""  # of an account transfer
    counterpart: Account | None = None
    whole: Fields | None = None  # the body around a leg


def _movement(
    kind: MovementKind,
    fields: Fields,
    arrival: Arrival,
    told: _Told,
    *,
    account: str,
    milli: int,
) -> Movement:
    movement_id = f"{arrival.id}:{told.own_id}"
    other, around = told.counterpart, told.whole
    movement = Movement(
        movement_id=movement_id + told.leg,
        kind=kind,
        sku=fields.sku(),
        site=fields.site(),
        account=account,
        quantity_milli=milli,
        occurred_at=told.occurred_at,
        received_at=arrival.received_at,
        content_hash="",
        reason=fields.code_or_none("reason") or (around and around.code_or_none("reason")),
        note=fields.text_or_none("note") or (around and around.text_or_none("note")),
        stock_record=told.stock_record,
        batch=fields.text_or_none("batch", BATCH_MAX),
        order=fields.code_or_none("order"),
        receipt=fields.code_or_none("receipt"),
        group=movement_id if told.leg else None,
        counterpart=None if other is None or other.is_ours else other.code,
        delivery=arrival.delivery,
    )
    return hashed(movement)


def _change(fields: Fields, arrival: Arrival, milli: int) -> _Told:
    """Return the identity of what happened once; it may be told many times."""
    own_id = fields.code("id")
    occurred_at = _occurred_at(arrival, fields)
    if fields.words.id_is(arrival.event) == "transaction":
        return _Told(own_id, occurred_at, fields.code_or_none("stock_record"))
    return _Told(_of_record(own_id, occurred_at, milli), occurred_at, own_id)


def _of_record(stock_record: str, occurred_at: datetime, milli: int) -> str:
    """Return the identity of what happened once to a stock record, of which much may happen."""
    return f"{stock_record}:{rfc3339(occurred_at).decode()}:{render_quantity(milli)}"


def _hold(fields: Fields, arrival: Arrival) -> _Told:
    """Return the identity of a state; the same state may be set again byte for byte."""
    own_id = fields.code("id")
    record = own_id
    if fields.words.id_is(arrival.event) == "transaction":
        record = fields.code("stock_record")
    clock = fields.words.settings.hold_time
    if clock == "arrival":
        # The place in the log tells two holds apart that look alike. The body's time, where it
        # has one, says which side of the opening it belongs to, and nothing else.
        said_at = fields.past_or_none("updated_at", arrival.received_at)
        place = arrival.delivery.partition("/")[2]
        when = f"{rfc3339(arrival.received_at).decode()}:{place}"
        end = f"#{arrival.number}" if arrival.number else ""
        return _Told(f"{own_id}:{when}{end}", said_at or arrival.received_at, record)
    occurred_at = fields.past_or_none(clock, arrival.received_at)
    if occurred_at is None:
        raise Unreadable(f"{clock}: there is none, and clarus.hold_time orders holds by it")
    return _Told(f"{own_id}:{rfc3339(occurred_at).decode()}", occurred_at, record)


def _occurred_at(arrival: Arrival, *places: Fields) -> datetime:
    """Return when it happened, from the first place that says so."""
    clock = places[0].words.clock(arrival.event)
    for fields in places:
        at = fields.past_or_none(clock, arrival.received_at)
        if at is not None:
            return at
    raise Unreadable(f"{places[0].name(clock)}: there is none")


def _leg(fields: Fields, noun: str) -> Fields:
    leg = fields.inner(noun)
    if leg is None:
        raise Unreadable(f"{getattr(fields.words.settings.names, noun)}: there is none")
    return leg


def _magnitude(fields: Fields, *, negative: bool, zero: bool) -> int:
    """Return the quantity without its sign: the event gives the sign, the body may disagree."""
    milli = fields.milli()
    if milli == 0 and not zero:
        raise Unreadable("quantity: zero moves nothing")
    if milli < 0 and not negative and fields.words.settings.quantity_sign == "positive":
        raise Unreadable(
            f"quantity: {render_quantity(milli)} is below zero, and the event already says which "
            'way it goes (clarus.quantity_sign = "either" takes the amount)'
        )
    return abs(milli)
