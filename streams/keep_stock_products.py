"""What Khaos says of products, as one partition of keep_stock reads it."""

from ledger.errors import MalformedRecord
from ledger.valuation import Product, render_unit_cost
from ledger.wire import parse_product
from streams.clarus.words import Words
from streams.partitions import partition_of
from streams.settings import Settings


class Products:
    """Reads records that stand where the movements of their SKU do; others would do nothing."""

    def __init__(self, partition: int, settings: Settings) -> None:
        self._partition, self._partitions = partition, settings.partitions
        self._words = Words(settings.clarus)

    def read(self, value: bytes) -> Product:
        """Return what is said; raise `MalformedRecord` and nothing else."""
        product = parse_product(value)
        sku = self._words.sku(product.sku)
        if sku != product.sku:
            raise MalformedRecord(f"sku: {product.sku} must be {sku}, as clarus.sku_case is 'one'")
        place = partition_of(sku.encode(), self._partitions)
        if place != self._partition:
            raise MalformedRecord(
                f"key: {sku} belongs in partition {place}, by murmur2, Java's default partitioner"
            )
        return product


def supersedes(product: Product, known: Product | None) -> bool:
    """Say whether a product counts from now on; `MalformedRecord` where its version said otherwise.

    A version said again is a repeat, an earlier one comes late: neither changes anything. A version
    with two contents is nobody's to choose between, and the cost in it would be lost in silence.
    """
    if known is None or product.version > known.version:
        return True
    if product.version == known.version and product != known:
        otherwise = _differing(product, known)
        raise MalformedRecord(f"version: {known.version} was said with {otherwise}")
    return False


def _differing(product: Product, known: Product) -> str:
    if product.unit_cost_e4 == known.unit_cost_e4:
        return "saleable the other way"
    said = known.unit_cost_e4
    return "no cost" if said is None else f"another cost, {render_unit_cost(said)} pence"
