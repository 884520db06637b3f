"""Predictions with the shipped constants, drawn towards what the project in a folder has measured."""

from pathlib import Path

from maquette.capacity.sizing import Predict, Room


def predictor(folder: Path) -> Predict:
    """The function from a setup and a load to a prediction.

    Raises:
        InvalidInput: The project's capacity.json is broken.
    """
    from maquette.adapters.engine_files import load_calibration
    from maquette.adapters.factor_files import read_factors
    from maquette.capacity.predicting import predict

    calibration, factors = load_calibration(), read_factors(folder)
    return lambda setup, load: factors.apply(predict(setup, load, calibration))


def room() -> Room:
    """The function from a setup and a context to the sequences that fit."""
    from maquette.capacity.memory import room_for_sequences

    return room_for_sequences
