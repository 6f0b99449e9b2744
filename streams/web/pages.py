"""Our pages on Faust's web server; nothing of Faust's own is served beside them."""

from typing import cast

from aiohttp import web
from aiohttp.typedefs import Handler
from faust.web.base import BlueprintManager
from faust.web.drivers.aiohttp import Web
from prometheus_client import CollectorRegistry

from streams.engine.host import EngineApp
from streams.settings import Settings
from streams.web.answers import errors_as_json
from streams.web.auth import guard, required_token
from streams.web.health import HealthPages
from streams.web.holdings import EngineHoldings, Holdings
from streams.web.metrics import MetricsPage, engine_registry
from streams.web.peers import Peers
from streams.web.tables import TablePages


def register(app: EngineApp, settings: Settings) -> None:
    """Attach the pages to a worker; raise `RefusesToRun` where anybody could read them."""
    token = required_token(settings)
    holdings = EngineHoldings(app, settings.partitions)
    # Faust 0.15.3 always serves an index at `/`, and graphs and statistics by its debug flag.
    faust_web = cast("Web", app.web)
    faust_web.blueprints = BlueprintManager()
    attach(faust_web.web_app, holdings, engine_registry(app, holdings), token)


def attach(
    web_app: web.Application,
    holdings: Holdings,
    registry: CollectorRegistry,
    token: bytes | None,
) -> None:
    """Add every page, and the two gates they are behind, to an aiohttp application."""
    peers = Peers(holdings.worker, token)
    web_app.cleanup_ctx.append(peers.opened)
    web_app.middlewares.extend((errors_as_json, guard(token, holdings.worker)))
    health, tables = HealthPages(holdings), TablePages(holdings, peers)
    pages: dict[str, Handler] = {
        "/livez": health.livez,
        "/readyz": health.readyz,
        "/metrics": MetricsPage(registry).metrics,
        "/table": tables.tables,
        "/table/stock": tables.stock,
    }
    for path, page in pages.items():
        web_app.router.add_get(path, page)
        web_app.router.add_get(path + "/", page)
    web_app.router.add_get("/table/stock/{sku:(?s:.+)}", tables.card)
