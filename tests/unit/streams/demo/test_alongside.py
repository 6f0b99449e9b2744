"""Work beside a block: no failure of it goes unheard, whenever it comes."""

import asyncio

import pytest

from streams.demo.alongside import alongside


class Broke(Exception):
    """What the work ends with."""


async def test_a_failure_ends_the_block() -> None:
    """The block would wait for ever; it is told what happened instead."""

    async def work() -> None:
        raise Broke

    with pytest.raises(Broke):
        async with alongside(work()):
            await asyncio.Event().wait()


async def test_a_failure_while_it_ends_is_raised_after_the_block() -> None:
    """What is asked to end has something left to do, and that may fail."""
    stop = asyncio.Event()

    async def work() -> None:
        await stop.wait()
        raise Broke

    with pytest.raises(Broke):
        async with alongside(work(), end=stop.set):
            await asyncio.sleep(0)


async def test_work_without_an_end_is_cancelled() -> None:
    """It goes on for as long as the block, and no longer."""
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with alongside(work()):
        await asyncio.sleep(0)

    assert ended.is_set()
