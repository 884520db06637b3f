"""A sizing written by hand: an open model of 27 billion parameters on four accelerators, three replicas and a spare."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from maquette.bundle.inputs import BundleInputs, ServingPlan
from maquette.capacity.setup import Banded, Engine, Precision, Setup
from maquette.capacity.sizing import ServeSettings, Sized
from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.hardware import Accelerator
from maquette.catalog.weights import Weights
from maquette.foundation.sources import Source, SourceKind
from tests import bundle_world as world

SOURCE = Source(kind=SourceKind.CLAIMED, ref="a model's own page", as_of=date(2026, 11, 1))
LOAD = "1.5 requests/s, 6000 + 700 tokens, the longest 25200"


def open_card(model: str = "open/note-27b") -> ModelCard:
    """Open weights, published at 16 bit."""
    weights = Weights(
        params_b=Decimal(27),
        active_params_b=Decimal(27),
        layers=62,
        attention="GQA",
        native_quantisation="bf16",
        licence="apache-2.0",
    )
    return ModelCard(
        id=model,
        provider="self-hosted",
        hosting=Hosting.OPEN_WEIGHTS,
        source=SOURCE,
        weights=weights,
        context_tok=131_072,
    )


def sized(card: ModelCard, *, accelerator: str = "H100-SXM 80GB", **changes: Any) -> Sized:
    """Three replicas and a spare, FP8, 19 requests at once."""
    setup = Setup(
        card=card,
        accelerator=Accelerator(name=accelerator, source=SOURCE),
        engine=changes.pop("engine", Engine.VLLM),
        precision=changes.pop("precision", Precision.FP8),
    )
    found = Sized(
        setup=setup, replicas=3, replicas_low=2, replicas_high=4, spare=1, in_flight=19, rate_per_replica_s=0.98,
        binds="p95", ttft_s=Banded(value=0.75, low=0.5, high=1.1), tpot_s=Banded(value=0.0267, low=0.02, high=0.03),
        p95_s=19.8, planned_per_s=(0.55, 0.686, 0.9), rented=None,
        settings=ServeSettings(
            max_model_len=25_200, max_num_seqs=19, tensor_parallel=1, precision="fp8", kv_dtype="bf16"
        ),
    )  # fmt: skip
    return replace(found, **changes)


def open_inputs(**changes: Any) -> BundleInputs:
    """The whole project, decided for the open model, which eight own accelerators serve."""
    card = open_card()
    plan = ServingPlan(sized=sized(card), load=LOAD, owned=8)
    values: dict[str, Any] = {
        "decision": world.decision(model=card.id, fallback=None, recommended=card.id),
        "shortlist": world.shortlist(card),
        "targets": (),
        "run": None,
        "projection": None,
        "serving": {card.id: plan},
    }
    return world.inputs(**{**values, **changes})
