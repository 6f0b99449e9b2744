"""The minimal Khaos: products with their cost, said to `khaos.products.v1`."""

from collections.abc import Iterable

from ledger.valuation import Product
from streams.settings import Settings


async def send_products(settings: Settings, products: Iterable[Product]) -> int:
    """Say each product once; return how many. Saying them again changes nothing."""
    raise NotImplementedError
