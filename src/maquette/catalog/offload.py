"""How many layers of a model file an accelerator takes beside their KV cache. Pure arithmetic; nothing is asked."""

from collections.abc import Sequence

RESERVED_BYTES = 2**30
"""Left free on each accelerator for compute buffers and other programs: what llama.cpp's own fitting leaves
(``fit_params_target``, 1,024 MiB)."""


def gpu_layers(layer_bytes: Sequence[int], output_bytes: int, kv_bytes: int, free_bytes: Sequence[int]) -> int:
    """The value of llama.cpp's ``n_gpu_layers`` that fits: 0 is none, one more than there are layers the whole model.

    llama.cpp offloads the last layers first and counts the output as one of them (``i_gpu_start`` in
    ``src/llama-model.cpp``); older versions take the output last. The output is set aside in both cases, so that the
    number fits whichever way it is counted.

    Args:
        layer_bytes: Weights of each layer, in order.
        output_bytes: Weights behind the last layer.
        kv_bytes: The cache of all layers at the whole context; each layer takes an equal part, rounded up.
        free_bytes: Free memory of each accelerator; none of them means 0 layers.
    """
    if not layer_bytes:
        return 0
    sizes = [weights + -(-kv_bytes // len(layer_bytes)) for weights in reversed(layer_bytes)]
    room = sum(max(0, free - RESERVED_BYTES) for free in free_bytes) - output_bytes
    # A layer lies on one device whole: each further device may leave room for most of one unused.
    room -= max(sizes) * max(0, len(free_bytes) - 1)
    for number, size in enumerate(sizes):
        room -= size
        if room < 0:
            return number
    return len(sizes) + 1
