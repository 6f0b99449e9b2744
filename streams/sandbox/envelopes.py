"""How a body is written and what goes on the outside: the five headers, and the shapes in doubt."""

from random import Random
from typing import Any

import orjson

from streams.sandbox.scenario import Faults
from streams.sandbox.tenant import INTEGRATION_ID, SUBDOMAIN
from streams.sandbox.webhooks import Body

_FLAT = ("account", "product", "warehouse")
_NUMBERS = ("id", "quantity", "new_quantity", "stock_id")


def headers_of(event: tuple[str, str]) -> dict[str, str]:
    """Return the documented headers; the integration's only where an automation is linked."""
    resource, name = event
    automation = 40 + sum(resource.encode()) % 100 + sum(name.encode()) % 100
    headers = {
        "Content-Type": "application/json",
        "X-ClarusWMS-Domain": f"https://{SUBDOMAIN}.example",
        "X-ClarusWMS-API-Domain": "https://api.example",
        "X-ClarusWMS-Subdomain": SUBDOMAIN,
        "X-ClarusWMS-Automation-ID": str(automation),
    }
    if resource == "goods_out":
        headers["X-ClarusWMS-Integration-ID"] = str(INTEGRATION_ID)
    return headers


def render(body: Body, faults: Faults, chance: Random) -> bytes:
    """Return a body's bytes, in one of the shapes that nobody documents."""
    if chance.random() < faults.flat_share:
        body = _flat(body)
    if chance.random() < faults.numbers_as_text_share:
        body = {name: _as_text(name, value) for name, value in body.items()}
    if chance.random() < faults.enveloped_share:
        inner = {"type": "event", "attributes": body} if chance.random() < 0.5 else body
        body = {"data": inner}
    return orjson.dumps(body)


def _flat(body: Body) -> Body:
    flat: Body = {}
    for name, value in body.items():
        if name in _FLAT and isinstance(value, dict):
            flat |= {f"{name}_id": value["id"], f"{name}_code": value["code"]}
        else:
            flat[name] = value
    return flat


def _as_text(name: str, value: Any) -> Any:
    return str(value) if name in _NUMBERS and isinstance(value, int | float) else value
