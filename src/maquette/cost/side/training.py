"""Training: what making a model of one's own costs where the design considers it."""

from decimal import Decimal

from maquette.catalog.services import ServiceKind
from maquette.cost.design_split import ENCODER
from maquette.cost.projection import ByCase
from maquette.cost.side.basis import Draft, Price, SideBasis, band, combined, level, product, service_price
from maquette.cost.side.training_ways import Examples
from maquette.cost.side_lines import LineGroup, SideCosts
from maquette.cost.side_settings import FineTuningSettings
from maquette.foundation.sources import Source, SourceKind

LABELLED = "data.labelled_examples"
_CONSIDERED = {
    "adaptation_first": frozenset({ENCODER, "fine_tune"}),
    "adaptation_next": frozenset({"fine_tune_or_upgrade", "fine_tune"}),
    "knowledge": frozenset({"test_rag_vs_ft"}),
}
_EXAMPLES = band("500", "1000", "2000")
_EPOCHS = band("2", "3", "4")
_RUNS = band("1", "3", "5")
_MILLION = Decimal(1_000_000)


def considers_training(basis: SideBasis) -> bool:
    """Whether the user says so, the design under review has it, or the rules that fire propose it."""
    if basis.settings.fine_tuning is not None or basis.facts.get("design.adaptation") == "fine_tune":
        return True
    return any(basis.slots.get(slot) in values for slot, values in _CONSIDERED.items())


def only_encoder(basis: SideBasis) -> bool:
    """Whether a small encoder is all that is considered: the services of the catalog train large models."""
    return basis.slots.get("adaptation_first") == ENCODER and basis.facts.get("design.adaptation") != "fine_tune"


def training_costs(basis: SideBasis) -> SideCosts:
    """The line "training": tokens times epochs times trainings at a service's price, or hours of accelerators."""
    draft = Draft(LineGroup.TRAINING)
    if not considers_training(basis):
        return draft.costs()
    if basis.settings.fine_tuning is None and only_encoder(basis):
        missing = "cost.fine_tuning.gpu_hours and usd_per_gpu_hour"
        draft.leave_out(f"training: the rules propose an encoder, and nobody says what its training takes ({missing})")
        return draft.costs()
    settings = basis.settings.fine_tuning or FineTuningSettings()
    ref = "nobody says how many trainings it takes until one is good enough"
    runs = draft.settle("trainings", settings.runs, _RUNS, ref)
    if settings.gpu_hours is not None and settings.usd_per_gpu_hour is not None:
        said = Source(kind=SourceKind.REQUIRED, ref="cost.fine_tuning.usd_per_gpu_hour")
        price = Price(usd=settings.usd_per_gpu_hour, key="usd_per_gpu_hour", source=said)
        hours = product(level(settings.gpu_hours), runs)
        draft.line("training", unit="GPU hour", price=price, fixed=hours, ref="hours of each training", months=(1, 1))
        return draft.costs()
    service = basis.service(ServiceKind.TRAINING, settings.service)
    if service is None or service.usd_per_million_tok is None:
        why = "nobody says where" if settings.service is None else f"the catalog has no service {settings.service}"
        known = f"cost.fine_tuning.service: {basis.known(ServiceKind.TRAINING)}; or gpu_hours and usd_per_gpu_hour"
        draft.leave_out(f"training: {why} ({known})")
        return draft.costs()
    tokens = _tokens(basis, settings, draft)
    if tokens is None:
        draft.leave_out("training: nobody says how many tokens the examples have (cost.fine_tuning.training_tok)")
        return draft.costs()
    if settings.service is None:
        draft.say("training service", service.id, service.id, service.id, "nobody names one (cost.fine_tuning.service)")
    epochs = draft.settle("epochs", settings.epochs, _EPOCHS, "nobody says how often the examples are gone through")
    millions = combined(lambda tok: tok / _MILLION, product(tokens, epochs, runs))
    price = service_price(service, "usd_per_million_tok", service.usd_per_million_tok)
    ref = "tokens of the examples, each epoch of each training"
    draft.line("training", unit="M training token", price=price, fixed=millions, ref=ref, months=(1, 1))
    return draft.costs()


def examples_of(basis: SideBasis) -> Examples | None:
    """What a training would learn from, with the bands of what nobody says; None while the lengths are unknown."""
    settings, draft = basis.settings.fine_tuning or FineTuningSettings(), Draft(LineGroup.TRAINING)
    tokens = _tokens(basis, settings, draft)
    if tokens is None:
        return None
    return Examples(
        tokens=tokens,
        epochs=draft.settle("epochs", settings.epochs, _EPOCHS, ""),
        runs=draft.settle("trainings", settings.runs, _RUNS, ""),
    )


def _tokens(basis: SideBasis, settings: FineTuningSettings, draft: Draft) -> ByCase | None:
    """Tokens of the examples, once through: said, or a request and its answer for each labelled example."""
    if settings.training_tok is not None:
        return level(Decimal(settings.training_tok))
    asked, answered = basis.number("tokens.input_avg"), basis.number("tokens.output_avg")
    if asked is None or answered is None:
        return None
    ref = f"nobody says how many there are ({LABELLED}); 500 to 1,000 are the least for a training"
    examples = draft.settle("examples of a training", basis.number(LABELLED) or None, _EXAMPLES, ref)
    return combined(lambda many: many * (asked + answered), examples)
