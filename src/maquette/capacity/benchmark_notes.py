"""What a reader must know of a benchmark's figures before believing them."""

from collections.abc import Iterator

from maquette.capacity.benchmarking import LevelResult

_OTHER_LENGTH = 0.1
_CACHED = 0.05
_LATE = 0.1
_LATE_S = 0.02


def notes_on(found: LevelResult, *, input_tok: int, output_tok: int) -> Iterator[str]:
    """A sentence for each thing that is not as it was asked for."""
    many = f"{found.level.concurrency} at once"
    if found.failed:
        yield f"{many}: {found.failed} calls failed; the figures are of those that were answered."
    if not found.completed:
        return
    if found.completed + found.failed < found.level.requests:
        yield f"{many}: {found.completed} of {found.level.requests} requests were answered before it ended."
    if found.output_tok is None or found.input_tok is None:
        yield f"{many}: the server tells no numbers of tokens, so there is no TPOT and no throughput."
        return
    if abs(found.input_tok - input_tok) > _OTHER_LENGTH * input_tok:
        yield f"{many}: prompts of {input_tok} tokens were asked for; the server counts {found.input_tok:.0f}."
    if found.output_tok < (1 - _OTHER_LENGTH) * output_tok:
        yield f"{many}: answers end after {found.output_tok:.0f} tokens, of {output_tok} that were asked for."
    if found.cached_tok is not None and found.cached_tok > _CACHED * found.input_tok:
        yield f"{many}: {found.cached_tok:.0f} tokens of a prompt came out of a cache, which makes TTFT shorter."
    first_s = 0.0 if found.ttft_s is None else found.ttft_s.median
    if found.client_late_s > max(_LATE_S, _LATE * first_s):
        yield f"{many}: this machine's client ran up to {1000 * found.client_late_s:.0f} ms late; it may be the limit."
