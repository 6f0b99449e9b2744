"""What every test shares: the laws of Hypothesis are judged by what holds, never by how fast."""

import asyncio
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is slow at times: no example fails for it, and no run for drawing slowly.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

# The settings of whoever runs the tests are not the tests' own; where the jars are kept is.
for name in [name for name in os.environ if name.startswith("STOCK_") and name != "STOCK_CACHE"]:
    del os.environ[name]


@pytest.fixture
async def unheard() -> list[dict[str, Any]]:
    """Return what asyncio tells, until the test ends, of failures that nobody waited for."""
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    return told
