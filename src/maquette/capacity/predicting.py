"""Predicts what one replica does under a load: times, rates, their intervals, and the steps that lead there."""

from maquette.capacity.batching import Settled, pace_at, room_for, settle
from maquette.capacity.constants import Band, Calibration, EngineCalibration, EngineConstants
from maquette.capacity.explaining import terms_of
from maquette.capacity.intervals import banded
from maquette.capacity.setup import Load, LoadKind, Metric, Prediction, Setup
from maquette.capacity.shapes import shape_of
from maquette.capacity.work import chip_of
from maquette.foundation.problems import InvalidInput, NotFound


def predict(setup: Setup, load: Load, calibration: Calibration) -> Prediction:
    """What the replica does under the load.

    Raises:
        InvalidInput: The load makes no sense, the model's shape or the accelerator's data sheet is not known, or the
            weights do not fit (`DoesNotFit`).
        NotFound: The engine was never calibrated.
    """
    _check(setup, load)
    known = calibration.get(setup.engine)
    if known is None:
        raise NotFound(f"there are no constants for {setup.engine}", fix="Choose an engine of the catalog.")
    shape = shape_of(setup.card, setup.engine, setup.precision, setup.quantisation)
    chip = chip_of(setup.accelerator, shape.precision)
    room = room_for(setup, load.input_tok + load.output_tok / 2.0)
    constants = known.for_accelerator(setup.accelerator)
    most = constants.most_sequences * max(setup.data_parallel, 1)
    settled = settle(load, pace_at(setup, shape, chip, load, constants), room.sequences, most, constants.held_tpot)
    new = _new(setup, known)
    values = _values(load, settled, constants, shape.choice_doublings)
    return Prediction(
        setup=setup,
        load=load,
        metrics={metric: banded(value, _band(metric, setup, load, known), new) for metric, value in values.items()},
        batch=settled.batch,
        terms=terms_of(load, shape, chip, room, settled),
        new=new,
        notes=_notes(settled, flops_known=chip.flops_known, tight=room.tight),
    )


def _check(setup: Setup, load: Load) -> None:
    if load.input_tok < 0 or load.output_tok < 0 or load.input_tok + load.output_tok <= 0:
        raise InvalidInput("a request without tokens takes no time", fix="Give the tokens of a prompt and an answer.")
    if not 0 <= load.prefix_share <= 1:
        raise InvalidInput("the share of a cached prefix is not between 0 and 1", fix="Write 0.6 for 60 %.")
    longest = setup.card.context_tok
    if longest is not None and load.input_tok + load.output_tok > longest:
        raise InvalidInput(
            f"{load.input_tok + load.output_tok:.0f} tokens are more than the {longest} that {setup.card.id} takes",
            fix="Shorten the prompt or the answer, or choose a model with a longer context.",
        )
    asked = {LoadKind.CONCURRENCY: load.concurrency, LoadKind.RATE: load.rate_per_s}.get(load.kind, 1.0)
    if asked is None or not 0 < asked < float("inf"):
        raise InvalidInput(f"a load by {load.kind} needs a number above zero", fix="Say how many requests there are.")
    if min(setup.gpus, setup.tensor_parallel, setup.data_parallel, setup.pipeline_parallel) < 1:
        raise InvalidInput("a replica has at least one accelerator", fix="Give counts from one upwards.")


def _new(setup: Setup, known: EngineCalibration) -> tuple[str, ...]:
    fresh = (
        ("model", setup.card.id not in known.models),
        ("accelerator", setup.accelerator.name not in known.accelerators),
    )
    return tuple(name for name, is_new in fresh if is_new)


def _values(load: Load, settled: Settled, constants: EngineConstants, doublings: float) -> dict[Metric, float]:
    now = settled.pace
    values: dict[Metric, float] = {}
    if load.input_tok:
        values[Metric.PREFILL_RATE] = load.input_tok / now.prefill.total_s
    if not load.output_tok:
        return values
    values[Metric.TPOT] = now.tpot_s
    values[Metric.DECODE_RATE] = 1.0 / now.tpot_s
    requests = settled.requests_per_s
    if load.kind is LoadKind.OFFLINE:
        requests *= constants.offline / constants.offline_choice**doublings
        requests *= 1.0 if load.ttft_most_s is None else constants.held_rate
    values[Metric.REQUEST_THROUGHPUT] = requests
    values[Metric.OUTPUT_THROUGHPUT] = requests * load.output_tok
    endless = load.kind is LoadKind.OFFLINE and load.requests is None
    if load.input_tok and not endless and not settled.unstable:
        values[Metric.TTFT] = now.ttft_s + settled.wait_s
    return values


def _band(metric: Metric, setup: Setup, load: Load, known: EngineCalibration) -> Band:
    return known.band(Metric.OUTPUT_THROUGHPUT if metric is Metric.REQUEST_THROUGHPUT else metric, setup, load)


def _notes(settled: Settled, *, flops_known: bool, tight: bool) -> tuple[str, ...]:
    notes = []
    if tight:
        notes.append("It only fits when the engine is told to keep less memory free than it does by itself.")
    if settled.unstable:
        notes.append(
            "Requests come faster than the replica answers them: the queue grows, and there is no steady wait."
        )
    if not flops_known:
        notes.append("Nobody states the operations of the accelerator; they are estimated from its bandwidth.")
    return tuple(notes)
