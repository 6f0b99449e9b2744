"""The Faust agents: each takes lists of records and decides nothing."""

from typing import Any

from streams.engine.host import EngineApp
from streams.topics import KEEP_STOCK, TRANSLATE


def register(app: EngineApp) -> None:
    """Attach both agents; what they do with a list is their lane's fold."""

    @app.agent(app.channels[TRANSLATE], name=TRANSLATE)
    async def translate(lists: Any) -> None:
        async for taken in lists:
            await app.take(taken)

    @app.agent(app.channels[KEEP_STOCK], name=KEEP_STOCK)
    async def keep_stock(lists: Any) -> None:
        async for taken in lists:
            await app.take(taken)
