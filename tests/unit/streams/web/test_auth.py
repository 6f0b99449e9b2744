"""Who may read the pages, and what is served at all."""

from pathlib import Path

import pytest

from streams.engine.errors import RefusesToRun
from streams.settings import Settings
from streams.web.auth import required_token
from tests.support.webs import group

TOKEN = b"a-token-of-thirty-two-bytes-or-more"
HEALTH = ["/livez", "/livez/", "/readyz", "/readyz/"]
CLOSED = ["/metrics", "/metrics/", "/table", "/table/", "/table/stock/", "/table/stock/A"]
UNKNOWN = ["/", "/graph", "/stats", "/router/", "/table/other/", "/livez/x", "//", "/%2e%2e/etc"]


@pytest.mark.parametrize("path", CLOSED + UNKNOWN)
async def test_only_health_answers_without_the_token(path: str) -> None:
    """401 for everything else, there or not; with the token, what is there."""
    async with group(["A"], token=TOKEN) as one:
        refused = await one.get(path)
        shown = await one.get(path, Authorization=f"Bearer {TOKEN.decode()}")

    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Bearer realm="stock"')
    assert shown.status == (404 if path in UNKNOWN else 200)


@pytest.mark.parametrize("path", HEALTH)
async def test_health_is_open_and_holds_no_figures(path: str) -> None:
    """Whoever watches needs no token, from whatever name it asks."""
    async with group(["A"], token=TOKEN) as one:
        page = await one.get(path, Host="anything.example")

    assert page.status == 200
    assert set(page.facts) <= {"alive", "ready", "partitions", "as_of"}


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN.decode()}x",
        f"Basic {TOKEN.decode()}",
        "Bearer \xff",
    ],
)
async def test_wrong_token_is_none(given: str) -> None:
    """Longer, shorter, another scheme, no text."""
    async with group(["A"], token=TOKEN) as one:
        assert (await one.get("/table/", Authorization=given)).status == 401


async def test_workers_ask_each_other_with_the_token() -> None:
    """Else nobody could answer for all."""
    async with group([f"S{n}" for n in range(20)], workers=2, token=TOKEN) as both:
        page = await both.get("/table/stock/", Authorization=f"bearer {TOKEN.decode()}")

    assert (page.status, len(page.facts["cards"])) == (200, 20)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:6066", 200),
        ("localhost:6066", 200),
        ("[::1]:6066", 200),
        ("127.1.2.3", 200),
        ("evil.example", 403),
        ("evil.example:6066", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example", 403),
        ("", 403),
        ("[", 403),
        ("192.0.2.1", 403),
    ],
)
async def test_page_elsewhere_cannot_read_through_a_browser(host: str, status: int) -> None:
    """Without a token the Host must be this machine's own: a rebound name is another."""
    async with group(["A"]) as one:
        assert (await one.get("/table/stock/A", Host=host)).status == status


@pytest.mark.parametrize("path", UNKNOWN)
async def test_what_is_not_there_is_said_in_json(path: str) -> None:
    """Faust's own pages are not served."""
    async with group(["A"]) as one:
        page = await one.get(path)

    assert page.status == 404
    assert page.headers["Content-Type"] == "application/json"
    assert "reason" in page.facts


async def test_figures_are_in_prometheus_form() -> None:
    """The type says its version."""
    async with group(["A"]) as one:
        page = await one.get("/metrics")

    assert page.headers["Content-Type"].startswith("text/plain; version=")
    assert "stock_cards 0.0\n" in page.text


@pytest.mark.parametrize("bind", ["127.0.0.1:6066", "localhost:6066", "[::1]:6066"])
def test_loopback_needs_no_token(bind: str, tmp_path: Path) -> None:
    """The default."""
    assert required_token(Settings(home=tmp_path, web_bind=bind)) is None


@pytest.mark.parametrize("bind", ["0.0.0.0:6066", "192.0.2.1:6066", "[::]:6066", "stock:6066"])
def test_beyond_loopback_a_token_is_required(bind: str, tmp_path: Path) -> None:
    """Refuses to start, naming what to set; a short one is none."""
    with pytest.raises(RefusesToRun, match="set STOCK_WEB_TOKEN"):
        required_token(Settings(home=tmp_path, web_bind=bind))
    with pytest.raises(RefusesToRun, match="shorter than 32 bytes"):
        required_token(Settings.model_validate({"web_bind": bind, "web_token": "x" * 31}))

    assert (
        required_token(Settings.model_validate({"web_bind": bind, "web_token": "x" * 32}))
        == b"x" * 32
    )
