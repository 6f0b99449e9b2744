"""The law of completed documents: what moved in all is what the latest statement says."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.movement import MovementKind
from tables.completed import CompletedDocuments, StatedLine, Statement

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
LINES = st.builds(
    StatedLine,
    st.sampled_from(["1", "2", "3"]),
    st.sampled_from([MovementKind.DISPATCHED, MovementKind.RETURNED]),
    st.sampled_from(["LAMP", "SHADE"]),
    st.just("HULL"),
    st.just("FERN"),
)
STATEMENTS = st.builds(
    Statement,
    st.sampled_from(["goods_out:1", "goods_out:2"]),
    st.integers(0, 5).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    st.dictionaries(LINES, st.integers(1, 9_000), max_size=3),
)


@given(told=st.lists(STATEMENTS, max_size=12), restarts=st.sets(st.integers(0, 11)))
@settings(max_examples=80, deadline=None)
def test_what_moved_in_all_is_what_the_latest_statement_says(
    told: list[Statement], restarts: set[int]
) -> None:
    """In any order, with repeats, and across restarts; equal times go by arrival."""
    documents, changelog = CompletedDocuments(), dict[bytes, bytes]()
    moved: dict[str, Counter[StatedLine]] = {}
    latest: dict[str, Statement] = {}
    for number, statement in enumerate(told):
        if number in restarts:
            documents = CompletedDocuments()
            documents.restore(changelog)
        difference = documents.take(statement, NOON)
        changelog.update({key: value for key, value in documents.snapshot() if value is not None})
        for line, change in difference.changes if difference else ():
            moved.setdefault(statement.document, Counter())[line] += change
        known = latest.get(statement.document)
        if known is None or statement.at >= known.at:
            latest[statement.document] = statement

    for document, statement in latest.items():
        assert +moved.get(document, Counter()) == Counter(statement.moved)


@given(told=st.lists(STATEMENTS, max_size=12))
@settings(max_examples=60, deadline=None)
def test_tellings_that_move_something_never_share_a_number(told: list[Statement]) -> None:
    """The number of a telling is part of its movements' ids."""
    documents = CompletedDocuments()
    numbers: list[tuple[str, int]] = []
    for statement in told:
        difference = documents.take(statement, NOON)
        if difference is not None and difference.changes:
            numbers.append((statement.document, difference.telling))

    assert len(numbers) == len(set(numbers))
