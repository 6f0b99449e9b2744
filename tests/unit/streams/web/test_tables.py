"""The table pages: any worker answers for all of them, and says what it cannot answer for."""

import asyncio
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from streams.partitions import partition_of
from tests.support.webs import PARTITIONS, card, group

SKUS = [f"SKU-{number:03}" for number in range(25)]
AWKWARD = [
    "A/B",
    "A B",
    "%",
    "%2F",
    "A%20B",
    "a+b",
    "a?b=c&d",
    "a#b",
    ".",
    "..",
    "../x",
    "a/../b",
    "/",
    "//",
    "A//B",
    "A/",
    "é ü 雪 🐘",
    "quote\"'<b>",
    "85123a",
    "85123A",
    "0042",
    "stock",
    "x\ny",
    "\x7f",
]


@pytest.mark.parametrize("sku", AWKWARD)
@pytest.mark.parametrize("worker", [0, 1])
async def test_every_code_has_a_page_on_every_worker(sku: str, worker: int) -> None:
    """Percent-encoded once; the owner may be the worker asked, or another."""
    async with group(AWKWARD, workers=2) as both:
        page = await both.get(f"/table/stock/{quote(sku, safe='')}", worker)

        assert (page.status, page.facts["sku"]) == (200, sku)
        assert page.facts["partition"] == partition_of(sku.encode(), PARTITIONS)


@pytest.mark.parametrize("path", ["/table/stock/A/B", "/table/stock/A%2FB", "/table/stock/A%2fB/"])
async def test_slashes_and_a_last_slash_may_stand_as_they_are(path: str) -> None:
    """A code typed into a browser is found as well; a slash at the end is the path's."""
    async with group(["A/B"]) as one:
        assert (await one.get(path)).facts["sku"] == "A/B"


@pytest.mark.parametrize(
    "sku", ["NOBODY", "a", "\x00mark", "\x00parked:1", "x" * 500, "%FF", "%ED%A0%80"]
)
@pytest.mark.parametrize("worker", [0, 1])
async def test_unknown_code_is_not_found(sku: str, worker: int) -> None:
    """Nor is what a lane keeps for itself; on any worker, with a reason."""
    encoded = sku if sku.startswith("%") else quote(sku, safe="")
    async with group(["A"], workers=2) as both:
        page = await both.get(f"/table/stock/{encoded}", worker)

        assert page.status == 404
        assert page.facts["reason"].startswith("no card for ")


async def test_answer_is_json_that_a_person_can_read() -> None:
    """Indented, with its type, kept by no cache; what nobody can read is left out."""
    async with group(["A"]) as one:
        stand = one.stands[0]
        stand.held[partition_of(b"A", PARTITIONS)][b"A"] = card("A", seen={"chunks": []}, holds={})
        page = await one.get("/table/stock/A")

    assert page.headers["Content-Type"] == "application/json"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.text.startswith('{\n  "sku": "A",\n  "partition": ')
    assert page.text.endswith("}\n")
    assert {"sku", "partition", "worker", "version", "levels", "holds"} == set(page.facts)


@pytest.mark.parametrize("limit", [1, 7, 25, 1_000])
async def test_pages_follow_one_another_and_leave_nothing_out(limit: int) -> None:
    """Following `next` shows each card once, in the order of the codes' bytes."""
    skus = SKUS + AWKWARD
    async with group(skus, workers=2) as both:
        path, shown, pages = f"/table/stock/?limit={limit}", [], 0
        while path:
            page = await both.get(path, worker=pages % 2)
            assert page.status == 200
            assert len(page.facts["cards"]) <= limit
            shown += [row["sku"] for row in page.facts["cards"]]
            path, pages = page.facts["next"], pages + 1

    assert shown == sorted(skus, key=str.encode)
    assert pages == -(-len(skus) // limit)


async def test_page_goes_on_after_any_code() -> None:
    """There need be no card of that code; `holds` are on a card's own page only."""
    async with group(SKUS) as one:
        page = await one.get("/table/stock/?after=SKU-0225&limit=100")

    assert [row["sku"] for row in page.facts["cards"]] == ["SKU-023", "SKU-024"]
    assert "holds" not in page.facts["cards"][0]
    assert (page.facts["next"], page.facts["lacks"]) == (None, [])


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=-1", "limit=x", "limit=%D9%A1"])
async def test_limit_is_bounded(query: str) -> None:
    """Refused, and said."""
    async with group(SKUS) as one:
        page = await one.get(f"/table/stock/?{query}")

    assert page.status == 400
    assert page.facts["reason"] == "limit is a whole number from 1 to 1000"


@pytest.mark.parametrize("after", ["%FF", "%ED%A0%80", "%00", "%", "%zz"])
async def test_any_after_is_answered(after: str) -> None:
    """Bytes that are no text are no reason to fail."""
    async with group(SKUS) as one:
        assert (await one.get(f"/table/stock/?after={after}")).status == 200


async def test_list_of_tables_counts_the_cards_of_all_workers() -> None:
    """Each partition from its owner."""
    async with group(SKUS, workers=2) as both:
        page = await both.get("/table/", worker=1)

    (stock,) = page.facts["tables"]
    assert (page.status, stock["name"], stock["cards"]) == (200, "stock", len(SKUS))
    assert [count["partition"] for count in stock["partitions"]] == list(range(PARTITIONS))
    assert {count["worker"] for count in stock["partitions"]} == {s.worker for s in both.stands}
    assert stock["lacks"] == []


class Uncounted(dict[bytes, bytes]):
    """A million cards: nobody walks them on the worker's loop to say how many."""

    def __iter__(self) -> Iterator[bytes]:
        raise AssertionError("every card was looked at")


async def test_cards_are_counted_without_a_look_at_each() -> None:
    """The loop that answers a page is the one that folds."""
    async with group() as one:
        one.stands[0].held[0] = Uncounted({b"A": card("A"), b"B": card("B")})
        page = await one.get("/table/")

    assert page.facts["tables"][0]["cards"] == 2


@pytest.mark.parametrize("path", ["/table/", "/table", "/table/stock/", "/table/stock"])
async def test_part_of_the_answer_says_which_part_it_lacks(path: str) -> None:
    """206, with each partition that is missing, its owner and the reason."""
    async with group(SKUS, workers=2) as both:
        both.stands[1].reason = "the tables are not recovered yet"
        page = await both.get(path)

    facts = page.facts["tables"][0] if "tables" in page.facts else page.facts
    reason = {"worker": both.stands[1].worker, "reason": "the tables are not recovered yet"}
    assert page.status == 206
    assert facts["lacks"] == [{"partition": 1, **reason}, {"partition": 3, **reason}]


async def test_dead_owner_is_named() -> None:
    """What nobody answers for is lacking, and a single card of it is 503, not 404."""
    async with group(SKUS, workers=2) as both:
        gone = "http://127.0.0.1:1"
        for partition in (1, 3):
            both.stands[0].believed[partition] = gone
        page = await both.get("/table/stock/")
        missing = next(s for s in SKUS if partition_of(s.encode(), PARTITIONS) in (1, 3))
        single = await both.get(f"/table/stock/{missing}")

    assert page.status == 206
    assert {row["partition"] for row in page.facts["cards"]} <= {0, 2}
    assert [lack["worker"] for lack in page.facts["lacks"]] == [gone, gone]
    assert page.facts["lacks"][0]["reason"] == "no answer: ClientConnectorError"
    assert (single.status, single.facts["owner"]) == (503, gone)


async def test_moving_partition_is_lacking() -> None:
    """Between two owners nobody has it; two that both claim it are not counted twice."""
    async with group(SKUS, workers=2) as both:
        del both.stands[0].believed[1]
        both.stands[1].held[0] = dict(both.stands[0].held[0])
        page = await both.get("/table/stock/?limit=1000")
        skus = [row["sku"] for row in page.facts["cards"]]

    assert len(skus) == len(set(skus))
    assert page.status in {200, 206}


async def test_owner_that_moved_on_does_not_pass_a_question_on() -> None:
    """Two workers that each take the other for the owner answer, and do not ask in a circle."""
    async with group(["A"], workers=2) as both:
        partition = partition_of(b"A", PARTITIONS)
        for stand, other in zip(both.stands, reversed(both.stands), strict=True):
            stand.held.pop(partition, None)
            stand.believed[partition] = other.worker
        page = await both.get("/table/stock/A")

    assert page.status == 503
    assert "it is moving" in page.facts["reason"]


@pytest.mark.parametrize("path", ["/table/", "/table/stock/", "/table/stock/A", "/readyz"])
async def test_nothing_is_shown_before_the_worker_is_ready(path: str) -> None:
    """503 and why; the loop turns all the same."""
    async with group(["A"]) as one:
        one.stands[0].reason = "partitions are moving between workers"
        page, alive = await one.get(path), await one.get("/livez")

    assert (page.status, alive.status) == (503, 200)
    assert page.facts["reason"] == "partitions are moving between workers"


async def test_worker_without_partitions_is_ready_and_answers_for_the_others() -> None:
    """A third worker of a group of two partitions' worth is a member like any other."""
    async with group(SKUS, workers=2) as both:
        idle = both.stands[1]
        both.stands[0].held.update(idle.held)
        for stand in both.stands:
            stand.believed = dict.fromkeys(range(PARTITIONS), both.stands[0].worker)
        idle.held.clear()
        ready = await both.get("/readyz", worker=1)
        page = await both.get("/table/stock/?limit=1000", worker=1)

    assert (ready.status, ready.facts["partitions"]) == (200, [])
    assert (page.status, len(page.facts["cards"])) == (200, len(SKUS))


async def test_many_readers_at_once_are_answered() -> None:
    """Gathering asks workers, who do not gather in their turn."""
    async with group(SKUS, workers=3) as three:
        pages = await asyncio.gather(*(three.get("/table/stock/", n % 3) for n in range(12)))

    assert {page.status for page in pages} == {200}
