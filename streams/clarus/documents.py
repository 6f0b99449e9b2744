"""Orders, receipts and pick lists as what is kept of them: a list of fields, nothing else."""

from ledger.held import Held, HeldLine
from streams.clarus.arrival import Arrival, Foreign, HeldBack
from streams.clarus.fates import Document
from streams.clarus.fields import Fields

_EXTERNAL = ("external_reference", "external_reference2", "external_reference3")
_TYPE_OF = {Document.ORDER: "goods_out_type", Document.RECEIPT: "receipt_type"}


def held(document: Document, fields: Fields, arrival: Arrival) -> HeldBack | Foreign:
    """Return what is kept of a document; of a foreign one nothing is."""
    account = None
    # No public page says whether a pick list names an owner; one may be for several orders.
    if document is not Document.PICK_LIST or fields.names_an_account():
        owner = fields.account()
        if not owner.is_ours:
            return Foreign()
        account = owner.code
    return kept(document, fields, arrival, account)


def kept(document: Document, fields: Fields, arrival: Arrival, account: str | None) -> HeldBack:
    """Return what is kept of a document of an account."""
    document_id = fields.code("id")
    resource, event = arrival.event
    type_noun = _TYPE_OF.get(document)
    external = (fields.code_or_none(noun) for noun in _EXTERNAL)
    tracking = (package.code_or_none("tracking_number") for package in fields.inners("packages"))
    return HeldBack(
        Held(
            held_id=f"{arrival.id}:{document_id}",
            resource=resource,
            event=event,
            document=document.value,
            document_id=document_id,
            reference=fields.code_or_none("reference"),
            account=account,
            site=fields.site() if fields.has("site") else None,
            type=fields.code_or_none(type_noun) if type_noun else None,
            status=fields.code_or_none("status"),
            external_references=tuple(reference for reference in external if reference),
            carrier=fields.code_or_none("carrier"),
            tracking_numbers=tuple(number for number in tracking if number),
            expected_at=fields.time_or_none("expected_at"),
            completed_at=fields.past_or_none("completed_at", arrival.received_at),
            lines=tuple(_line(line) for line in fields.inners("lines")),
            received_at=arrival.received_at,
            delivery=arrival.delivery,
        )
    )


def _line(line: Fields) -> HeldLine:
    return HeldLine(
        line_id=line.code_or_none("id"),
        sku=line.sku() if line.has("sku") else None,
        line_number=line.code_or_none("line_number"),
        external_reference=line.code_or_none("external_reference"),
        ordered_milli=line.milli_or_none("ordered"),
        allocated_milli=line.milli_or_none("allocated"),
        picked_milli=line.milli_or_none("picked"),
        dispatched_milli=line.milli_or_none("dispatched"),
        expected_milli=line.milli_or_none("expected"),
        received_milli=line.milli_or_none("received"),
    )
