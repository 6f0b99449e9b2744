"""What can go wrong with a fact, and who must act on it.

LedgerError
├── MalformedRecord      the bytes are not what the topic carries: quarantine the record, go on
├── UnreadableState      our own changelog does not read back: stop, `stock rebuild`
└── BrokenInvariant      our own arithmetic is wrong: stop the worker, do not commit, say so
"""


class LedgerError(Exception):
    """Anything this program raises on purpose about a fact."""


class MalformedRecord(LedgerError):
    """Bytes that are not what their topic carries; the message is one sentence for a person."""


class UnreadableState(LedgerError):
    """A card, mark or parked movement of our own that does not read back."""


class BrokenInvariant(LedgerError):
    """Arithmetic of ours that came out wrong; nothing after it may be committed."""
