"""The two health pages: is the loop turning, and is the worker ready."""

from aiohttp import web

from streams.web.answers import answer, now_text, refusal
from streams.web.holdings import Holdings


class HealthPages:
    """Handlers of `/livez` and `/readyz`; they hold no figures, and need no token."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings

    async def livez(self, _: web.Request) -> web.Response:
        """Answer: that is the proof."""
        return answer({"alive": True})

    async def readyz(self, _: web.Request) -> web.Response:
        """Answer 200 when partitions are assigned and recovered; owning none is ready too."""
        reason = self._holdings.not_ready_because()
        if reason:
            return refusal(503, reason, ready=False)
        partitions = sorted(self._holdings.here())
        return answer({"ready": True, "partitions": partitions, "as_of": now_text()})
