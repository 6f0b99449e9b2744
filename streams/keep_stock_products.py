"""What Khaos says of products, as one partition of keep_stock reads it."""

from ledger.errors import MalformedRecord
from ledger.valuation import Product
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
