"""How the process keeps its memory: what is freed goes back, and garbage is looked for seldom."""

import ctypes
import gc

THRESHOLDS = 20_000, 20, 100
"""Allocations before a look for garbage among the youngest objects, and looks before the next
generations'. A batch's objects end when it does, by themselves: Python's 700 would go through them
again and again until then, a tenth of the CPU of a flood (`docs/performance.md`)."""

M_MMAP_THRESHOLD = -3
MAPPED_BYTES = 131_072
"""From which size on the C library keeps a block apart, which goes back the moment it is freed. It
begins so, but raises the size to that of what was freed: then long texts, a batch's arrays, leave
gaps in the heap that never goes back. Source: mallopt(3) of glibc."""


def settle() -> None:
    """Call it once, when all is imported."""
    # What the imports have made lives as long as the process. Looking through all of it for garbage
    # again and again would keep the event loop from its work for some 70 ms at a time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    # Other C libraries have no such thing, nor this trouble.
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES)
