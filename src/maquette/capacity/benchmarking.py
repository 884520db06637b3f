"""A benchmark of one's own: how many requests at once, prompts that no cache knows, and what the answers' times say.

Requests come in a closed loop: as soon as one is answered the next is sent. Figures follow the serving benchmarks of
vLLM and SGLang: TPOT is (latency - TTFT) / (output tokens - 1) of each request, throughput all tokens over all time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from random import Random
from typing import TypeVar

from maquette.capacity.setup import Banded, Load, LoadKind, Metric

Figure = TypeVar("Figure", int, float)

LEAST_REQUESTS = 5
REQUESTS_A_PLACE = 4
"""Requests for each one in flight: the first and the last of them, when fewer are in flight, then weigh little."""
PROBE_SHARES = (16, 4)
"""The first two prompts are this part of the asked length: short enough for any model, apart enough for a line."""

_EVERYDAY = (
    "apple arm art ball bank bear bed bell bird blue boat bone book box bread bus cake call camp car card cat "
    "chair city clock cloud coat cold cook corn cup dance day desk dog door dream dress drink east egg eye face "
    "farm fire fish flag floor fly food foot forest fox game gate gift glass gold grass green hair hand hat head "
    "hill home horse house ice jump key king kite knee lake lamp leaf leg light line lion lip milk moon mouth "
    "music nail name neck nest night nose oil page paint paper park pen pig plane plant plate queen rain ring "
    "river road rock roof room root rose sail salt sand school sea seat seed ship shoe shop sky sleep snow soap "
    "song soup south spoon star stone street sugar summer sun table tail tea tent time tooth town toy train tree "
    "walk wall water west wheel wind window wine wing winter wolf wood word yard year"
)
WORDS = tuple(_EVERYDAY.split())
"""Everyday words, which most tokenizers have whole."""

_STORY = "Write a very long story with all of these words."

ASSUMED_SHARE, ASSUMED_LEAST = 0.7, 0.4
"""Of the memory's pace: see `memory_bound`. One check: 0.77 with 1.3 GB of Q8_0 on two cloud cores, 0.1 while busy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """So many requests at once, and how many in all."""

    concurrency: int
    requests: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One answered request; None where the server did not tell.

    Attributes:
        ttft_s: Time to first token.
        client_late_s: The most that the client itself ran late meanwhile.
        client: What made the call, and for a model file whether an accelerator took part.
    """

    latency_s: float
    ttft_s: float | None
    input_tok: int | None
    output_tok: int | None
    cached_tok: int | None = None
    client_late_s: float | None = None
    client: str = ""

    @property
    def tpot_s(self) -> float | None:
        """Time per token after the first."""
        if self.ttft_s is None or self.output_tok is None or self.output_tok < 2:
            return None
        return max(0.0, self.latency_s - self.ttft_s) / (self.output_tok - 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """The median of some figures, and their tenth and ninetieth percentile by linear interpolation."""

    median: float
    p10: float
    p90: float
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelResult:
    """What so many requests at once did; None where nothing told it.

    Attributes:
        wall_s: From the first request sent to the last answer.
        input_tok: Mean tokens of a prompt, as the server counts them.
        prefill: Tokens of the prompt a second until the first token, of one request alone in an engine of our own.
        decode: Tokens a second after the first, of such a request.
    """

    level: Level
    completed: int
    failed: int
    wall_s: float
    input_tok: float | None
    output_tok: float | None
    cached_tok: float | None
    ttft_s: Spread | None
    tpot_s: Spread | None
    latency_s: Spread | None
    prefill: Spread | None
    decode: Spread | None
    output_tok_per_s: float | None
    requests_per_s: float
    client_late_s: float

    @property
    def metrics(self) -> Mapping[Metric, float]:
        """The figures that a prediction can stand beside: medians of times, means of rates.

        An engine of our own that answers one request alone is no server: its rates count, and no times of a server.
        """
        if self.prefill is not None and self.decode is not None:
            return {Metric.PREFILL_RATE: self.prefill.median, Metric.DECODE_RATE: self.decode.median}
        spreads = (
            (Metric.TTFT, self.ttft_s),
            (Metric.TPOT, self.tpot_s),
        )
        found = {metric: spread.median for metric, spread in spreads if spread is not None}
        if self.output_tok_per_s is not None:
            found[Metric.OUTPUT_THROUGHPUT] = self.output_tok_per_s
            found[Metric.REQUEST_THROUGHPUT] = self.requests_per_s
        return found


def levels(concurrencies: Iterable[int], requests: int | None = None) -> tuple[Level, ...]:
    """Each number of requests at once, the fewest first; ``requests`` is asked for, else four for each at once."""
    return tuple(
        Level(concurrency=many, requests=requests or max(LEAST_REQUESTS, REQUESTS_A_PLACE * many))
        for many in sorted(set(concurrencies))
    )


def random_prompt(words: int, random: Random) -> str:
    """So many random words and the wish for a long answer: two prompts share no beginning that a cache could keep."""
    return " ".join((*random.choices(WORDS, k=words), _STORY))


def probe_words(input_tok: int) -> tuple[int, int]:
    """The words of the two prompts from which the length of all others follows."""
    short, long = (max(1, input_tok // share) for share in PROBE_SHARES)
    return short, max(long, short + 1)


def words_for(input_tok: int, probes: Sequence[tuple[int, int | None]]) -> int:
    """The words of a prompt of ``input_tok`` tokens: on the line through what the server counted for the probes.

    Args:
        input_tok: Wanted tokens, those of the chat's form included.
        probes: Words and counted tokens of two prompts; where the counts say nothing, a word is taken for a token.
    """
    (few, low), (many, high) = probes
    if low is None or high is None or high <= low or many <= few:
        return max(1, input_tok)
    a_word = (high - low) / (many - few)
    return max(1, round((input_tok - low) / a_word + few))


def level_result(
    level: Level, samples: Sequence[Sample], *, failed: int, wall_s: float, own_engine: bool = False
) -> LevelResult:
    """The figures of one level; in an ``own_engine`` a first token is the prefill's end, with no server around it."""
    alone = samples if own_engine and level.concurrency == 1 else ()
    tokens = _known(sample.output_tok for sample in samples)
    told = bool(samples) and len(tokens) == len(samples) and wall_s > 0
    return LevelResult(
        level=level,
        completed=len(samples),
        failed=failed,
        wall_s=wall_s,
        input_tok=_mean(_known(sample.input_tok for sample in samples)),
        output_tok=_mean(tokens),
        cached_tok=_mean(_known(sample.cached_tok for sample in samples)),
        ttft_s=spread_of(_known(sample.ttft_s for sample in samples)),
        tpot_s=spread_of(_known(sample.tpot_s for sample in samples)),
        latency_s=spread_of([sample.latency_s for sample in samples]),
        prefill=spread_of(_known(_prefill(sample) for sample in alone)),
        decode=spread_of([1 / tpot for tpot in _known(sample.tpot_s for sample in alone) if tpot > 0]),
        output_tok_per_s=sum(tokens) / wall_s if told else None,
        requests_per_s=len(samples) / wall_s if wall_s > 0 else 0.0,
        client_late_s=max(_known(sample.client_late_s for sample in samples), default=0.0),
    )


def spread_of(figures: Sequence[float]) -> Spread | None:
    """The spread; None of nothing."""
    ordered = sorted(one for one in figures if isfinite(one))
    if not ordered:
        return None
    median, p10, p90 = (_quantile(ordered, share) for share in (0.5, 0.1, 0.9))
    return Spread(median=median, p10=p10, p90=p90, count=len(ordered))


def load_of(found: LevelResult, *, input_tok: int, output_tok: int) -> Load:
    """The load that was sent, by the server's own counts where it tells them; what a cache answered is its prefix."""
    cached = min(1.0, (found.cached_tok or 0.0) / found.input_tok) if found.input_tok else 0.0
    return Load(
        prefix_share=cached,
        input_tok=float(input_tok) if found.input_tok is None else found.input_tok,
        output_tok=float(output_tok) if found.output_tok is None else found.output_tok,
        kind=LoadKind.CONCURRENCY,
        concurrency=float(found.level.concurrency),
    )


def seconds_expected(
    planned: Iterable[Level], probe: Sample, *, probe_tok: int, input_tok: int, output_tok: int, most_s: float
) -> tuple[float, float]:
    """Seconds that the levels take at least, if more at once cost nothing, and at most.

    Args:
        planned: The levels.
        probe: A request that was answered.
        probe_tok: The tokens of its prompt as they were asked for.
        input_tok: Tokens of each prompt to come.
        output_tok: Tokens of each answer to come.
        most_s: After which a level sends no further request.
    """
    ttft_s = probe.latency_s if probe.ttft_s is None else probe.ttft_s
    one_s = ttft_s * max(1.0, input_tok / max(1, probe_tok)) + (probe.tpot_s or 0.0) * output_tok
    several = [(ceil(one.requests / one.concurrency) * one_s, one.requests * one_s) for one in planned]
    return sum(min(most_s, low) for low, _ in several), sum(min(most_s + one_s, high) for _, high in several)


def memory_bound(bytes_per_token: float, bytes_per_s: float) -> Banded:
    """Decoding of one sequence on processors, in tokens a second, where every token reads all weights once.

    The memory's own pace is the most that can be; the middle and the low end are shares of it that are assumed, not
    fitted, for processors with nothing else to do: programs reach some of what a plain reading of memory does.
    """
    most = bytes_per_s / bytes_per_token
    return Banded(value=ASSUMED_SHARE * most, low=ASSUMED_LEAST * most, high=most)


def _prefill(sample: Sample) -> float | None:
    """Without what a cache answered."""
    if not sample.ttft_s or sample.input_tok is None:
        return None
    return max(1, sample.input_tok - (sample.cached_tok or 0)) / sample.ttft_s


def _known(figures: Iterable[Figure | None]) -> list[Figure]:
    return [one for one in figures if one is not None]


def _mean(figures: Sequence[float]) -> float | None:
    return sum(figures) / len(figures) if figures else None


def _quantile(ordered: Sequence[float], share: float) -> float:
    position = share * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
