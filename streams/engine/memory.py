"""Memory: the cycle collector kept calm, and what recovery let go given back to the system."""

import ctypes
import gc
import sys

# Objects made beyond those let go before the youngest are looked through. Python's 700 had the
# collector run some ten times a millisecond under load, and take a quarter of the worker's time,
# to find nothing: cards, outputs and records form no cycles.
YOUNG_MAX = 50_000
GENERATION_MAX = 20  # looks at one generation before the next older one is looked at too


def calm_collector() -> None:
    """Look for cycles seldom, and never again through what is there now; call it once started."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, GENERATION_MAX, GENERATION_MAX)


def give_back_memory() -> None:
    """Give freed pages back: after reading a changelog they are as many again as its cards."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc alone
        if trim is not None:
            trim(0)
