"""A benchmark under way: two probes, then level after level; what came is kept whatever ends it."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from maquette.adapters.benchmark_running import Asking, Gathered, ask_once, run_level
from maquette.capacity.benchmarking import (
    Level,
    LevelResult,
    Sample,
    probe_words,
    random_prompt,
    seconds_expected,
    words_for,
)
from maquette.cli.capacity.bench_plan import Bench
from maquette.cli.console import say
from maquette.evals.calls import CallError, FailureKind, Target
from maquette.foundation.problems import CallsFailed, InvalidInput, Place, Problem, Unavailable

_PROBE_TOK = 16
_WARM_WORDS, _WARM_TOK = 8, 2
_OURS = frozenset({FailureKind.REFUSED_REQUEST, FailureKind.CONTEXT_OVERFLOW})


@dataclass
class Outcome:
    """What a benchmark came to.

    Attributes:
        state: "finished", "interrupted" by the user, or "broken" by ``problem``.
        forced: Whether the server took the wish for answers of the asked length.
    """

    state: str = "interrupted"
    gathered: list[Gathered] = field(default_factory=list)
    forced: bool = True
    problem: Problem | None = None
    on_processors: bool = False

    @property
    def results(self) -> list[LevelResult]:
        """The levels that measured something."""
        return [one.result() for one in self.gathered if one.samples]


Told = Callable[[Gathered, bool], None]
"""Called after each request, and once at a level's end, which the second argument says."""


def run_bench(bench: Bench, told: Told) -> Outcome:
    """Run it to its end, or until Ctrl-C, or until the model answers no more.

    Raises:
        Problem: Not even a first request was answered.
    """
    outcome = Outcome()
    try:
        asyncio.run(_bench(bench, outcome, told))
    except KeyboardInterrupt:
        outcome.state = "interrupted"
    return outcome


async def _bench(bench: Bench, outcome: Outcome, told: Told) -> None:
    rng = random.SystemRandom()
    words, probe = await _probed(bench, outcome, rng)
    outcome.on_processors = probe.client == "llama.cpp"
    low, high = seconds_expected(
        bench.levels,
        probe,
        probe_tok=bench.input_tok // 4,
        input_tok=bench.input_tok,
        output_tok=bench.output_tok,
        most_s=bench.level_s,
    )
    say(f"{bench.requests} requests, about {_span(low, high)}.")
    asking = Asking(
        prompt=lambda: random_prompt(words, rng),
        output_tok=bench.output_tok,
        timeout_s=bench.timeout_s,
        level_s=bench.level_s,
    )
    for level in bench.levels:
        gathered = Gathered(level=level, own_engine=bench.own_engine)
        outcome.gathered.append(gathered)
        try:
            async with _started(bench, level, forced=outcome.forced) as target:
                await _warm(target, level, bench.timeout_s, rng)
                await run_level(target, asking, gathered, lambda one: told(one, False))
        except Problem as problem:
            outcome.state, outcome.problem = "broken", problem
            return
        told(gathered, True)
        if gathered.hopeless:
            outcome.state, outcome.problem = "broken", _broken(gathered)
            return
    outcome.state, outcome.problem = "finished", _failed(outcome.gathered)


def _span(low_s: float, high_s: float) -> str:
    """Such as "4 s to 20 s"."""
    low, high = (f"{one:.0f} s" if one < 120 else f"{one / 60:.0f} min" for one in (max(1, low_s), max(1, high_s)))
    return low if low == high else f"{low} to {high}"


@asynccontextmanager
async def _started(bench: Bench, level: Level, *, forced: bool) -> AsyncIterator[Target]:
    target = bench.opened(level, forced=forced)
    try:
        try:
            await target.start()
        except Problem as problem:
            if bench.own_engine:
                raise
            raise _placed(problem, bench) from problem
        yield target
    finally:
        await target.close()


async def _probed(bench: Bench, outcome: Outcome, rng: random.Random) -> tuple[int, Sample]:
    """The words of a prompt of the asked length, and the longer probe."""
    one = Level(concurrency=1, requests=1)
    try:
        return await _probe(bench, one, rng, forced=True)
    except CallError as error:
        if bench.own_engine or error.kind is not FailureKind.REFUSED_REQUEST:
            raise _not_even_one(bench, error) from error
    outcome.forced = False
    try:
        return await _probe(bench, one, rng, forced=False)
    except CallError as error:
        raise _not_even_one(bench, error) from error


async def _probe(bench: Bench, one: Level, rng: random.Random, *, forced: bool) -> tuple[int, Sample]:
    most = min(_PROBE_TOK, bench.output_tok)
    few, many = probe_words(bench.input_tok)
    async with _started(bench, one, forced=forced) as target:
        short, long = [
            await ask_once(target, random_prompt(words, rng), output_tok=most, timeout_s=bench.timeout_s)
            for words in (few, many)
        ]
    return words_for(bench.input_tok, ((few, short.input_tok), (many, long.input_tok))), long


async def _warm(target: Target, level: Level, timeout_s: float, rng: random.Random) -> None:
    """Open the connections, so that no measured request waits for one. What fails here fails again when it counts."""
    asked = (
        ask_once(target, random_prompt(_WARM_WORDS, rng), output_tok=_WARM_TOK, timeout_s=timeout_s)
        for _ in range(level.concurrency)
    )
    await asyncio.gather(*asked, return_exceptions=True)


def _not_even_one(bench: Bench, error: CallError) -> Problem:
    what = f"{bench.spec.model!r} does not answer a first request: {error.kind}: {error.detail}"
    if error.kind in _OURS:
        return InvalidInput(
            what, place=Place(field=bench.where), fix="Correct --model, or ask for less with --input and --output."
        )
    return Unavailable(what, place=Place(field=bench.where), fix="See the server's log, and measure when it answers.")


def _placed(problem: Problem, bench: Bench) -> Problem:
    """The problem at the server's address: there is no project whose setting it could name."""
    return type(problem)(problem.what, place=Place(field=bench.where), fix=problem.fix)


def _failed(gathered: list[Gathered]) -> Problem | None:
    """What to say at the end when single calls failed."""
    failures = [failure for one in gathered for failure in one.failures]
    if not failures:
        return None
    kinds = ", ".join(sorted({failure.kind.value for failure in failures}))
    return CallsFailed(
        f"{len(failures)} calls failed: {kinds}", fix="See the server's log; the figures leave them out."
    )


def _broken(gathered: Gathered) -> Problem:
    last = gathered.failures[-1]
    return CallsFailed(
        f"{gathered.failed_in_a_row} calls in a row failed with {gathered.level.concurrency} at once, "
        f"and the benchmark ended there: {last.kind}: {last.detail}",
        fix="What was measured before is shown. See the server's log, or ask for fewer with --concurrency.",
    )
