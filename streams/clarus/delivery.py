"""What a record of `clarus.deliveries.v1` carries beside the body: the names of its headers.

The event is learnt from our own address, because no header of Clarus names it (documented). The
five headers of Clarus identify the sender, they do not prove it.
"""

RESOURCE = "clarus_resource"  # e.g. `stock`
EVENT = "clarus_event"  # e.g. `negatively_adjusted`
TENANT = "clarus_tenant"  # the tenant of the door's settings
RECEIVED_AT = "received_at"  # the door's clock, RFC 3339; the record's own timestamp is Kafka's

# Documented names of Clarus's request headers, in lower case; kept as they came.
IDENTIFYING = (
    "x-claruswms-domain",
    "x-claruswms-api-domain",
    "x-claruswms-subdomain",
    "x-claruswms-automation-id",
    "x-claruswms-integration-id",
)

# Of `stock quarantine replay`.
REPLAY_OF = "stock_replay_of"  # topic/partition/offset of the quarantine record
# With --accept the body is a movement of ours, kept apart before; its id is named here.
ACCEPTS = "stock_accepts"
ACCEPTED_BY = "stock_accepted_by"
ACCEPTED_BECAUSE = "stock_accepted_because"
