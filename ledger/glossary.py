"""What every field of the wire means, one sentence each: the words of the published schemas."""

from collections.abc import Mapping
from types import MappingProxyType

# A field means the same in every record; where it cannot, it stands under its record's name.
MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        # who, what, where
        "account": "Code of the company the goods belong to, as Clarus has it.",
        "site": "The warehouse, under this ledger's name for it; none: not about one site.",
        "sku": "The stock keeping unit, as Clarus has it.",
        "batch": "The batch the warehouse named.",
        "order": "The order the movement belongs to, if the body names one.",
        "receipt": "The receipt the movement belongs to, if the body names one.",
        "stock_record": "Clarus's id of the stock record that moved; none: it was not named.",
        "counterpart": "The other account of an account transfer, where it is not ours.",
        # identity
        "movement_id": "Computed from the warehouse's event: a fact told twice has one id.",
        "entry_id": "Computed from what it is the entry of: a movement, or a version of a cost.",
        "exception_id": "Its class, and what makes it one exception; the record's key.",
        "held_id": "Computed from the event that told of the document.",
        "content_hash": "Of the meaning, without when and where it was received; 16 hex digits.",
        "group": "Shared by the movements of one action.",
        "accepts": "The movement kept apart that a person let in by this one.",
        "delivery": "The delivery it was read from: topic/partition/offset; none: an opening.",
        "source": "The record it comes from: topic/partition/offset.",
        # what happened
        "kind": "What the movement does to the level; the sign is in the kind.",
        "quantity": "Decimal text, at most 3 places; never negative but in an opening.",
        "reason": "The reason code, as Clarus sends it.",
        "note": "What staff typed.",
        # when: always UTC
        "occurred_at": "When it happened, by the warehouse's clock.",
        "received_at": "When Kafka took the delivery in.",
        "raised_at": "When the exception was raised, by Kafka's clock; none: not remembered.",
        "cleared_at": "When the exception was cleared; none: it stands.",
        "as_of": "When the last movement in the figures was received; none: there was none.",
        "at": "What occurred at or after this moment, by Clarus's clock, applies.",
        "expected_at": "When the goods are expected to arrive or to leave.",
        "completed_at": "When the document was completed.",
        # control records
        "control": "Which control record of the movements topic this is; no movement has it.",
        "chart": "The whole chart of categories that counts from here on.",
        # products
        "version": "A record with a higher version replaces any other of its SKU.",
        "unit_cost_pence": "Pence for one stock unit, 4 places; none: no cost is known.",
        "saleable": "Whether the ERP offers the SKU; false until the ERP has told of it.",
        # availability
        "basis": "`gross_saleable`: what the ERP has assigned to orders is still in it; "
        "the ERP subtracts that itself.",
        "available": "What may be sold, over all sites; never negative.",
        "sites": "The same by site, with what it was reckoned from.",
        "cause": "The last movement in the figures.",
        "SiteV1.on_hand": "In the building, held and picked goods included; may be negative.",
        "SiteV1.held": "On hold.",
        "SiteV1.available": "On hand less held, for each account not below zero, summed.",
        # entries
        "category": "Why the stock changed, in the chart's words; the record's key.",
        "posting_mode": "Who posts what of it.",
        "EntryV1.quantity": "Signed, as the stock moved; zero for a change of cost.",
        "value_pence": "Signed, as the stock account moved; whole pence.",
        "cost": "What it was valued at; none: it has no value to post.",
        "CostV1.source": "Who said the cost.",
        "CostV1.version": "Which version of the cost.",
        "unit_pence": "Pence for one stock unit, 4 places.",
        "postings": "The legs; their debits equal their credits.",
        "PostingV1.account": "The account of the chart.",
        "debit_pence": "Whole pence; one of the two is zero.",
        "credit_pence": "Whole pence; one of the two is zero.",
        "by": "Who posts the leg; only those by `us` are ever exported for posting.",
        "no_entry_because": "Why there are no postings, where there are none.",
        "rules": "The chart it was made by.",
        "period": "The month of the book it is entered in, local time.",
        "belongs_to": "The month it happened in, local time.",
        "narrative": "One sentence for the ledger's readers.",
        # exceptions
        "class": "The kind of exception; its number is the one people talk in.",
        "state": "`raised`, later `cleared`; the later record of an id replaces the earlier.",
        "owner": "Who acts.",
        "why": "One sentence for the owner.",
        "ExceptionV1.movement_id": "The movement it is about; none: about a SKU.",
        # held documents
        "resource": "The resource of Clarus the event belongs to.",
        "event": "The event that told of the document.",
        "document": "What it is.",
        "document_id": "Clarus's id of the document.",
        "reference": "The document's own reference.",
        "external_references": "What other systems call it.",
        "type": "The kind of order or receipt, in Clarus's word.",
        "status": "Its status, in Clarus's word.",
        "carrier": "The carrier's code.",
        "tracking_numbers": "Of its parcels.",
        "lines": "What it lists; no names, addresses or contacts are kept.",
        "HeldV1.site": "The warehouse, under this ledger's name for it; none: not said.",
        "HeldV1.account": "Code of the company the document belongs to; none: not said.",
        "HeldLineV1.sku": "The stock keeping unit; none: not said.",
        "line_id": "Clarus's id of the line.",
        "line_number": "The line's number in the document.",
        "external_reference": "What another system calls the line.",
        "ordered": "Ordered, as decimal text; none: not said.",
        "allocated": "Allocated, as decimal text; none: not said.",
        "picked": "Picked, as decimal text; none: not said.",
        "dispatched": "Despatched, as decimal text; none: not said.",
        "expected": "Expected, as decimal text; none: not said.",
        "received": "Received, as decimal text; none: not said.",
    }
)


def meaning_of(record: str, name: str) -> str:
    """Return what a field of a record means; raise `KeyError` for one without a meaning."""
    return MEANINGS.get(f"{record}.{name}") or MEANINGS[name]
