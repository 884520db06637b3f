"""How fast this machine's processors read main memory: a search through more bytes than their caches hold."""

import ctypes
import time
from concurrent.futures import ThreadPoolExecutor
from ctypes import c_char, c_int, c_size_t, c_void_p

_BYTES_A_THREAD = 256 * 2**20
_MOST_BYTES = 2 * 2**30
_ROUNDS = 5


def memory_bytes_per_s(threads: int) -> float | None:
    """Bytes a second that so many threads read together: the best of five rounds; None where it cannot be measured.

    The C library's ``memchr`` looks for a byte that is not there, which reads everything once and writes nothing.
    """
    try:
        search = ctypes.CDLL(None).memchr
    except (OSError, AttributeError, TypeError):  # there is no C library to open by no name on Windows
        return None
    search.argtypes, search.restype = (c_void_p, c_int, c_size_t), c_void_p
    size = min(_BYTES_A_THREAD, _MOST_BYTES // max(1, threads))
    try:
        # Written once, so that every page is real and none is the shared page of zeros.
        buffers = [bytearray(b"\1") * size for _ in range(threads)]
    except MemoryError:
        return None
    places = [ctypes.addressof(c_char.from_buffer(buffer)) for buffer in buffers]
    with ThreadPoolExecutor(threads) as pool:
        best_s = min(_round_s(pool, search, places, size) for _ in range(_ROUNDS))
    return threads * size / best_s


def _round_s(pool: ThreadPoolExecutor, search: object, places: list[int], size: int) -> float:
    started_s = time.perf_counter()
    list(pool.map(lambda place: search(place, 2, size), places))  # type: ignore[operator]  # a C function
    return time.perf_counter() - started_s
