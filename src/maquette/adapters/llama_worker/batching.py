"""Several requests at once in one llama.cpp context: prompts join as they come, and all sequences take a step together.

Prompt format, grammar and sampler are those of llama-cpp-python's own chat completion. A greedy answer is the one that
it gives to the request alone, unless two tokens are all but equally likely: sums are rounded otherwise in a batch.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from math import ceil
from queue import Empty, SimpleQueue
from statistics import median
from typing import Any

Reply = dict[str, Any]

BATCH_TOK = 512
"""Tokens of one evaluation: those of long prompts take several."""


class _Captured(Exception):
    """Carries what llama-cpp-python would complete out of it."""

    def __init__(self, wanted: dict[str, Any]) -> None:
        super().__init__()
        self.wanted = wanted


@dataclass
class _Sequence:
    """One place for a request. ``kept`` are the tokens whose cache is there."""

    number: int
    kept: list[int] = field(default_factory=list)
    work: "_Work | None" = None


@dataclass
class _Work:
    """A request under way: ``waiting`` are tokens to evaluate, ``answer`` those that were chosen, and when."""

    id: int
    started_s: float
    prompt: list[int]
    most_tok: int
    stops: list[bytes]
    sampler: Any
    cached_tok: int
    waiting: deque[int]
    answer: list[int] = field(default_factory=list)
    text: bytes = b""
    chosen_s: list[float] = field(default_factory=list)


class Batching:
    """A model that answers up to so many requests together."""

    def __init__(self, library: Any, llama: Any, *, sequences: int, context_tok: int, reuse_prefix: bool) -> None:
        self._library, self._llama = library, llama
        self._context_tok, self._reuse = context_tok, reuse_prefix
        self._sequences = [_Sequence(number) for number in range(sequences)]
        self._most_tok = min(BATCH_TOK, llama.n_batch)
        self._batch = library.llama_batch_init(self._most_tok, 0, 1)
        self._memory = library.llama_get_memory(llama.ctx)
        self._arrived: deque[dict[str, Any]] = deque()
        llama.create_completion = _capture

    def serve(self, lines: Iterable[str], reply: Callable[[Reply], None]) -> None:
        """Answer until ``lines`` end; a line ``{"cancel": id}`` gives a request up."""
        incoming: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        threading.Thread(target=_listen, args=(lines, incoming), daemon=True).start()
        while self._take(incoming):
            self._admit(reply)
            if any(sequence.work for sequence in self._sequences):
                self._step(reply)

    def _take(self, incoming: "SimpleQueue[dict[str, Any] | None]") -> bool:
        """Take in what came, waiting only when there is nothing to do; whether to go on."""
        busy = bool(self._arrived) or any(sequence.work for sequence in self._sequences)
        while True:
            try:
                request = incoming.get(block=not busy)
            except Empty:
                return True
            if request is None:
                return False
            busy = True
            if "cancel" in request:
                self._cancel(request["cancel"])
            else:
                self._arrived.append({**request, "arrived_s": time.perf_counter()})

    def _cancel(self, number: int) -> None:
        self._arrived = deque(request for request in self._arrived if request["id"] != number)
        for sequence in self._sequences:
            if sequence.work is not None and sequence.work.id == number:
                sequence.work = None

    def _admit(self, reply: Callable[[Reply], None]) -> None:
        while self._arrived and (free := [sequence for sequence in self._sequences if sequence.work is None]):
            request = self._arrived.popleft()
            try:
                self._begin(request, free)
            except Exception as error:  # whatever the library raises, the parent must hear of it
                reply({"id": request["id"], "error": f"{type(error).__name__}: {error}"})

    def _begin(self, request: dict[str, Any], free: list[_Sequence]) -> None:
        """Put a request where most of its beginning is kept already."""
        wanted = self._wanted(request)
        prompt: list[int] = wanted["prompt"]
        if len(prompt) >= self._context_tok:
            raise ValueError(f"Requested tokens ({len(prompt)}) exceed context window of {self._context_tok}")
        place = max(free, key=lambda sequence: _shared(sequence.kept, prompt))
        # The last token is evaluated again in any case, for its logits.
        cached = min(_shared(place.kept, prompt), len(prompt) - 1) if self._reuse else 0
        if not self._library.llama_memory_seq_rm(self._memory, place.number, cached, -1):
            cached = 0
            self._library.llama_memory_seq_rm(self._memory, place.number, -1, -1)
        place.kept = prompt[:cached]
        most = wanted["max_tokens"] or self._context_tok
        place.work = _Work(
            id=request["id"],
            started_s=request["arrived_s"],
            prompt=prompt,
            most_tok=min(most, self._context_tok - len(prompt)),
            stops=[stop.encode() for stop in wanted["stop"] or ()],
            sampler=self._sampler(wanted),
            cached_tok=cached,
            waiting=deque(prompt[cached:]),
        )

    def _wanted(self, request: dict[str, Any]) -> dict[str, Any]:
        """The prompt's tokens and all settings, as llama-cpp-python makes them of a chat."""
        schema = request.get("answer_schema")
        try:
            self._llama.create_chat_completion(
                request["messages"],
                max_tokens=request["max_tokens"],
                temperature=request["temperature"],
                seed=request["seed"],
                response_format=None if schema is None else {"type": "json_object", "schema": schema},
            )
        except _Captured as captured:
            return captured.wanted
        raise RuntimeError("the model's chat format cannot be used for several requests at once")

    def _sampler(self, wanted: dict[str, Any]) -> Any:
        if wanted["seed"] is not None:
            self._llama.set_seed(wanted["seed"])
        same = ("top_k", "top_p", "min_p", "typical_p", "repeat_penalty", "grammar", "logits_processor")
        return self._llama._init_sampler(temp=wanted["temperature"], **{name: wanted[name] for name in same})

    def _step(self, reply: Callable[[Reply], None]) -> None:
        """One evaluation for all: the last chosen token of each answer, and as much of the prompts as there is room."""
        batch, ends = self._batch, {}
        batch.n_tokens = 0
        working = [sequence for sequence in self._sequences if sequence.work is not None]
        for sequence in sorted(working, key=lambda each: len(each.work.waiting) if each.work else 0):
            work = sequence.work
            assert work is not None
            while work.waiting and batch.n_tokens < self._most_tok:
                self._add(sequence, work.waiting.popleft(), last=not work.waiting)
            if not work.waiting:
                ends[sequence.number] = batch.n_tokens - 1
        failed = self._library.llama_decode(self._llama.ctx, batch)
        if failed:
            raise SystemExit(f"llama_decode failed with {failed}")
        for sequence in working:
            if sequence.number in ends:
                self._choose(sequence, ends[sequence.number], reply)

    def _add(self, sequence: _Sequence, token: int, *, last: bool) -> None:
        batch, at = self._batch, self._batch.n_tokens
        batch.token[at], batch.pos[at] = token, len(sequence.kept)
        batch.n_seq_id[at], batch.seq_id[at][0] = 1, sequence.number
        batch.logits[at] = last
        batch.n_tokens = at + 1
        sequence.kept.append(token)

    def _choose(self, sequence: _Sequence, place: int, reply: Callable[[Reply], None]) -> None:
        """Choose the next token, and end the answer where it says so."""
        work = sequence.work
        assert work is not None
        token = work.sampler.sample(self._llama._ctx, place)
        work.chosen_s.append(time.perf_counter())
        if self._library.llama_vocab_is_eog(self._llama._model.vocab, token):
            self._end(sequence, "stop", reply)
            return
        work.answer.append(token)
        before = len(work.text)
        work.text += self._llama.detokenize([token], prev_tokens=work.prompt)
        cuts = [at for stop in work.stops if (at := work.text.find(stop, max(0, before - len(stop)))) >= 0]
        if cuts:
            work.text = work.text[: min(cuts)]
            self._end(sequence, "stop", reply)
        elif len(work.answer) >= work.most_tok:
            self._end(sequence, "length", reply)
        else:
            work.waiting.append(token)

    def _end(self, sequence: _Sequence, reason: str, reply: Callable[[Reply], None]) -> None:
        work, sequence.work = sequence.work, None
        assert work is not None
        reply(
            {
                "id": work.id,
                "text": work.text.decode(errors="ignore"),
                "input_tok": len(work.prompt),
                "output_tok": len(work.answer),
                "cached_tok": work.cached_tok,
                "latency_s": time.perf_counter() - work.started_s,
                "ttft_s": work.chosen_s[0] - work.started_s,
                **gaps_between(work.chosen_s),
                "finish_reason": reason,
            }
        )


def gaps_between(chosen_s: list[float]) -> dict[str, float | None]:
    """The median and the 95th percentile of the gaps between tokens; None with fewer than two tokens."""
    gaps = sorted(after - before for before, after in pairwise(chosen_s))
    if not gaps:
        return {"itl_p50_s": None, "itl_p95_s": None}
    return {"itl_p50_s": median(gaps), "itl_p95_s": gaps[ceil(0.95 * len(gaps)) - 1]}


def _capture(**wanted: Any) -> None:
    raise _Captured(wanted)


def _listen(lines: Iterable[str], incoming: "SimpleQueue[dict[str, Any] | None]") -> None:
    for line in lines:
        incoming.put(json.loads(line))
    incoming.put(None)


def _shared(kept: list[int], prompt: list[int]) -> int:
    """How many tokens both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(kept, prompt, strict=False)))
