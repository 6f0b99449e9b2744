"""The table pages: any worker answers for all, from committed values only."""

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from aiohttp import web

from streams.partitions import partition_of
from streams.web import cards
from streams.web.answers import answer, now_text, refusal
from streams.web.cards import LIMIT, LIMIT_MAX, Window
from streams.web.gathered import gather
from streams.web.holdings import Holdings
from streams.web.peers import ASKED_BY, Peers, Silent

STOCK = "stock"
TABLES_PATH = "/table/"
STOCK_PATH = "/table/stock/"
_LIMIT_TEXT = re.compile(r"[0-9]{1,4}")


class TablePages:
    """Handlers of `/table/` and below."""

    def __init__(self, holdings: Holdings, peers: Peers) -> None:
        self._holdings = holdings
        self._peers = peers

    async def tables(self, request: web.Request) -> web.Response:
        """Show which tables there are, and who owns which partition of them."""
        refused = self._refused()
        if refused is not None:
            return refused
        own = self._own_counts()
        if ASKED_BY in request.headers:
            return answer(own)
        gathered = await gather(self._holdings, self._peers, TABLES_PATH, own)
        counts = sorted(gathered.of("counts"), key=lambda count: count["partition"])
        stock = {
            "name": STOCK,
            "page": STOCK_PATH,
            "cards": sum(count["cards"] for count in counts),
            "partitions": counts,
            "lacks": gathered.lacks,
        }
        return answer({"as_of": now_text(), "tables": [stock]}, gathered.status)

    async def stock(self, request: web.Request) -> web.Response:
        """Show cards in the order of their SKUs, a page at a time."""
        refused = self._refused()
        if refused is not None:
            return refused
        window = _window(request)
        if window is None:
            return refusal(400, f"limit is a whole number from 1 to {LIMIT_MAX}")
        own = self._own_rows(window)
        if ASKED_BY in request.headers:
            return answer(own)
        gathered = await gather(self._holdings, self._peers, window.path, own)
        found = sorted(gathered.of("cards"), key=lambda row: row["sku"])
        shown = found[: window.limit]
        more = len(found) > window.limit or any(part.get("more") for _, part in gathered.parts)
        following = Window(shown[-1]["sku"], window.limit).path if more and shown else None
        page = {"table": STOCK, "as_of": now_text(), "next": following, "lacks": gathered.lacks}
        return answer({**page, "cards": shown}, gathered.status)

    async def card(self, request: web.Request) -> web.Response:
        """Show one card, from this worker or from its owner."""
        refused = self._refused()
        if refused is not None:
            return refused
        key = _key(request)
        partition = partition_of(key, self._holdings.partitions)
        values = self._holdings.here().get(partition)
        if values is None:
            return await self._card_of_owner(request, key, partition)
        value = values.get(key)
        if value is None:
            return refusal(
                404, f"no card for {cards.sku_text(key)!r}", as_of=now_text(), partition=partition
            )
        return answer(cards.row(key, value, partition, self._holdings.worker))

    async def _card_of_owner(
        self, request: web.Request, key: bytes, partition: int
    ) -> web.Response:
        owner = self._holdings.owners().get(partition)
        known = {"sku": cards.sku_text(key), "partition": partition, "owner": owner}
        if owner in (None, self._holdings.worker) or ASKED_BY in request.headers:
            return refusal(503, "no worker has the card's partition now: it is moving", **known)
        reply = await self._peers.ask(owner, request.rel_url.raw_path)
        if isinstance(reply, Silent):
            return refusal(503, f"the worker that owns the card: {reply.reason}", **known)
        return answer(reply.facts, reply.status)

    def _refused(self) -> web.Response | None:
        reason = self._holdings.not_ready_because()
        return refusal(503, reason, worker=self._holdings.worker) if reason else None

    def _own_counts(self) -> dict[str, Any]:
        here, worker = self._holdings.here(), self._holdings.worker
        counts = [
            {"partition": partition, "worker": worker, "cards": len(values)}
            for partition, values in here.items()
        ]
        return {"as_of": now_text(), "partitions": list(here), "counts": counts}

    def _own_rows(self, window: Window) -> dict[str, Any]:
        here = self._holdings.here()
        shown, more = cards.rows(here, window, self._holdings.worker)
        return {"as_of": now_text(), "partitions": list(here), "more": more, "cards": shown}


def _window(request: web.Request) -> Window | None:
    query = request.rel_url.query
    limit = query.get("limit", str(LIMIT))
    if not _LIMIT_TEXT.fullmatch(limit) or not 1 <= int(limit) <= LIMIT_MAX:
        return None
    return Window(query.get("after", ""), int(limit))


def _key(request: web.Request) -> bytes:
    """Return all that stands after `/table/stock/`, decoded once, less one slash at its end.

    Read from the path as it was sent: there `A%2F` is the SKU `A/`, and `A/` is the SKU `A`.
    """
    sent = request.rel_url.raw_path.split("/", 3)[3].removesuffix("/")
    return unquote_to_bytes(sent.encode("utf-8", "surrogateescape"))
