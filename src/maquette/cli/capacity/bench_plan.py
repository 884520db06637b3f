"""What a benchmark asks: the model behind a file or a server, the load, what it may cost, and what is predicted."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from maquette.capacity.benchmarking import Level, levels
from maquette.capacity.naming_loads import precision_in_name
from maquette.capacity.setup import Engine, Setup
from maquette.catalog.cards import ModelCard
from maquette.catalog.machines import parse_machine
from maquette.catalog.served import Engine as Serving
from maquette.catalog.served import served_name
from maquette.catalogs import load_accelerators, load_catalog, prices_in_force
from maquette.cli.capacity.setup_options import setup_from
from maquette.cli.console import confirmed, say
from maquette.evals.calls import MODEL_FILE_ADAPTER, Target, TargetSpec
from maquette.evals.pricing import CardPricer
from maquette.evals.registry import open_target
from maquette.foundation.problems import InvalidInput, Place, SpendingStopped, raise_all
from maquette.foundation.units import readable_usd
from maquette.foundation.wording import shown

FORCED: Mapping[str, Any] = {"ignore_eos": True}
"""By which vLLM, SGLang and llama.cpp go on to the asked length; others refuse it, or do as if it were not there."""

_ENGINE_OF = {
    Serving.VLLM: Engine.VLLM.value,
    Serving.SGLANG: Engine.SGLANG.value,
    Serving.LLAMA_CPP: Engine.LLAMA_CPP.value,
    Serving.LLAMA_CPP_PYTHON: Engine.LLAMA_CPP.value,
    Serving.OLLAMA: Engine.LLAMA_CPP.value,
    Serving.LM_STUDIO: Engine.LLAMA_CPP.value,
}
"""Which engine runs the models there."""

INPUT_TOK, OUTPUT_TOK = 512, 128
_SERVER_LEVELS, _FILE_LEVELS = (1, 4, 16), (1,)
_MOST_AT_ONCE, _MOST_IN_FILE = 4096, 64
_LOCAL_NAMES = (".local", ".lan", ".internal", ".home.arpa", ".localhost")
_PROMPT_ROOM = 1.5
_FORM_TOK = 64
_PROBES = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What the options say of any benchmark; None leaves it to us.

    Attributes:
        machine: Accelerators, for the prediction.
        concurrency: Numbers of requests at once with commas.
    """

    machine: str | None
    engine: str | None
    precision: str | None
    quantisation: str | None
    tp: int | None
    concurrency: str | None
    input_tok: int | None
    output_tok: int | None
    requests: int | None
    level_s: float
    timeout_s: float
    project: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """A benchmark, ready to run.

    Attributes:
        where: The file or the server's address.
        setup: The replica that is measured; None where nobody says it.
        why_unpredicted: Why there is no setup.
        busy: Programs that were already at work on this machine, for each of its cores; None where nobody tells.
    """

    spec: TargetSpec
    where: str
    levels: tuple[Level, ...]
    input_tok: int
    output_tok: int
    timeout_s: float
    level_s: float
    setup: Setup | None
    why_unpredicted: str | None
    card: ModelCard | None
    busy: float | None = None

    @property
    def own_engine(self) -> bool:
        """Whether the model is a file that a child process of ours runs."""
        return self.spec.adapter == MODEL_FILE_ADAPTER

    @property
    def requests(self) -> int:
        """All of them, the probes left out."""
        return sum(level.requests for level in self.levels)

    def opened(self, level: Level, *, forced: bool) -> Target:
        """The model for so many requests at once; ``forced`` asks it to go on to the asked length."""
        if self.own_engine:
            from maquette.wiring import opened_target

            options = {**self.spec.options, "parallel": level.concurrency}
            return opened_target(replace(self.spec, options=options), folder=Path())
        options = {"concurrency": level.concurrency, **({"extra_body": dict(FORCED)} if forced else {})}
        return open_target(replace(self.spec, options=options), folder=Path())


def at_once(text: str | None, *, own_engine: bool) -> tuple[int, ...]:
    """The numbers of requests at once in ``text``, such as "1,4,16".

    Raises:
        InvalidInput: They are none.
    """
    if text is None:
        return _FILE_LEVELS if own_engine else _SERVER_LEVELS
    most = _MOST_IN_FILE if own_engine else _MOST_AT_ONCE
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 6 and 1 <= int(part) <= most for part in parts):
        raise InvalidInput(
            f"{shown(text)} are no numbers of requests at once",
            place=Place(field="--concurrency"),
            fix=f"Write whole numbers from 1 to {most} with commas, such as 1,4,16.",
        )
    return tuple(map(int, parts))


def file_bench(path: str, *, threads: int | None, wanted: Wanted) -> Bench:
    """A model file through llama.cpp on this machine.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is no model, or its context is too short for the asked lengths.
    """
    from maquette.adapters.machine import this_machine
    from maquette.cli.catalog.named_model import named_card

    if not path.endswith(".gguf"):
        raise InvalidInput(
            f"{shown(path)} is no GGUF file", place=Place(field="MODEL.gguf"), fix="Name a file that ends in .gguf."
        )
    card, many = named_card(path), at_once(wanted.concurrency, own_engine=True)
    here = this_machine(load_accelerators(wanted.project)).machine
    fitted = here.accelerators
    if wanted.machine is None and len(fitted) == 1:
        wanted = replace(wanted, machine=f"{fitted[0].count}x {fitted[0].accelerator.name}")
    input_tok, output_tok = _lengths(wanted, card.context_tok)
    room = round(_PROMPT_ROOM * input_tok) + output_tok + _FORM_TOK
    options = {
        "threads": threads or here.cores or 1,
        "context_tok": room if card.context_tok is None else min(room, card.context_tok),
        "reuse_prefix": False,
    }
    setup, why = _setup(path, engine="llama.cpp", wanted=wanted)
    return Bench(
        spec=TargetSpec(id=card.id, card=card.id, adapter=MODEL_FILE_ADAPTER, model=path, options=options),
        where=path,
        levels=levels(many, wanted.requests),
        input_tok=input_tok,
        output_tok=output_tok,
        timeout_s=wanted.timeout_s,
        level_s=wanted.level_s,
        setup=setup,
        why_unpredicted=why,
        card=card,
        busy=_busy(here.cores or 1),
    )


def _busy(cores: int) -> float | None:
    """The mean of the last minute's runnable programs, for each core."""
    try:
        return os.getloadavg()[0] / cores
    except (AttributeError, OSError):  # Windows has none
        return None


def server_bench(
    address: str,
    *,
    model: str | None,
    card_name: str | None,
    api_key_env: str | None,
    wanted: Wanted,
) -> Bench:
    """A model behind an OpenAI-compatible server.

    Raises:
        InvalidInput: The address is none, or the server has several models and nobody says which.
        Unavailable: The server does not answer.
    """
    from maquette.adapters.model_servers import base_address

    base, many = base_address(address), at_once(wanted.concurrency, own_engine=False)
    model, engine = _served(base, model, api_key_env)
    input_tok, output_tok = _lengths(wanted, None)
    # Taking the catalog's names apart takes a moment, which is for predictions alone.
    card = card_name or (None if wanted.machine is None else _open_model(model))
    setup, why = _setup(card, engine=wanted.engine or engine, wanted=wanted, name=model)
    return Bench(
        spec=TargetSpec(id=model, card=model, adapter="openai", model=model, base_url=base, api_key_env=api_key_env),
        where=base,
        levels=levels(many, wanted.requests),
        input_tok=input_tok,
        output_tok=output_tok,
        timeout_s=wanted.timeout_s,
        level_s=wanted.level_s,
        setup=setup,
        why_unpredicted=why,
        card=None,
    )


def _served(base: str, model: str | None, api_key_env: str | None) -> tuple[str, str | None]:
    """What the server calls its model, and the engine that it is, as far as it says.

    A server far away is asked nothing before its price is agreed to, unless its model has no name yet.
    """
    from maquette.adapters.model_servers import look

    if model is not None and not is_near(base):
        return model, None
    sweep = look((base,), api_key_env=api_key_env)
    engine = next((_ENGINE_OF.get(server.engine) for server in sweep.servers), None)
    if model is None:
        served = [served_name(one.card.id) for server in sweep.servers for one in server.models]
        model = _only(base, served, sweep.problems)
    return model, engine


def _only(base: str, names: list[str], problems: tuple[Any, ...]) -> str:
    if not names:
        raise_all(problems)
    if len(names) == 1:
        return names[0]
    what = f"the server has {len(names)} models: {', '.join(map(shown, names[:8]))}" if names else "it lists no model"
    raise InvalidInput(what, place=Place(field=base), fix="Name one with --model.")


def _open_model(name: str) -> str | None:
    """The open model of the catalog that a server's own name means."""
    from maquette.capacity.naming_models import ModelNames

    card = ModelNames(load_catalog(()).cards.values()).find(name)
    return None if card is None else card.id


def _lengths(wanted: Wanted, context_tok: int | None) -> tuple[int, int]:
    """As they are asked for; else the usual ones, shortened to half of a short context."""
    room = INPUT_TOK * OUTPUT_TOK if context_tok is None else context_tok
    output = wanted.output_tok or min(OUTPUT_TOK, max(1, room // 8))
    asked = wanted.input_tok or min(INPUT_TOK, max(1, room // 2))
    if context_tok is not None and asked + output > context_tok:
        raise InvalidInput(
            f"{asked} + {output} tokens are more than the {context_tok} that the model takes",
            place=Place(field="--input"),
            fix="Ask for shorter ones with --input and --output.",
        )
    return asked, output


def _setup(model: str | None, *, engine: str | None, wanted: Wanted, name: str = "") -> tuple[Setup | None, str | None]:
    """The replica that predictions are for, or why there is none; a server's ``name`` may say the numbers ("-FP8")."""
    if wanted.machine is None:
        return None, "No accelerator is named (--on), so nothing is predicted."
    if model is None:
        parse_machine(wanted.machine, load_accelerators(wanted.project))
        return None, "The catalog has no such open model (--card names one), so nothing is predicted."
    precision, quantisation = wanted.precision, wanted.quantisation
    if precision is None and quantisation is None and not model.endswith(".gguf"):
        numbers, quantisation = precision_in_name(name)
        precision = None if numbers is None else numbers.value
    found = setup_from(
        model,
        machine=wanted.machine,
        engine=engine,
        precision=precision,
        quantisation=quantisation,
        tp=wanted.tp,
        project=wanted.project,
    )
    return found, None


def agree_to_cost(bench: Bench, *, yes: bool, allow_unpriced: bool) -> None:
    """A server on this machine or in a private network costs nothing a call; any other needs a price, or leave.

    Raises:
        InvalidInput: Nobody knows the price.
        SpendingStopped: Somebody does, and nobody agreed to it.
    """
    if bench.own_engine or allow_unpriced or is_near(bench.where):
        return
    name = bench.spec.model
    prices = prices_in_force()[0].cards
    card = prices.get(name) or prices.get(name.partition("/")[2])
    calls = bench.requests + sum(level.concurrency for level in bench.levels) + _PROBES
    # A word that is several tokens, or a cache that is never hit: half as much again is on the safe side.
    one = CardPricer({name: card}).usd(name, input_tok=round(1.5 * bench.input_tok), output_tok=bench.output_tok)
    if one is None:
        raise InvalidInput(
            f"{shown(name)} at {bench.where} has no price, so nobody knows what {calls} calls cost",
            place=Place(field="--server"),
            fix="Add --allow-unpriced to measure it all the same.",
        )
    most = readable_usd(one * calls)
    say(f"{calls} calls, at most {most} at the list price of {name}.")
    if not confirmed("Spend it?", yes=yes):
        raise SpendingStopped(
            f"this may cost up to {most}, and nobody agreed to it; nothing was sent", fix="Agree with --yes."
        )


def is_near(base: str) -> bool:
    """Whether the address is this machine's or one of a private network, by its form alone: nothing is looked up."""
    host = (urlsplit(base).hostname or "").lower()
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(_LOCAL_NAMES)
