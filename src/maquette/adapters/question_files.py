"""Reads the shipped questions from their YAML file. What a question is stands in `maquette.requirements.questions`."""

from pathlib import Path

from maquette.foundation.shipped import shipped
from maquette.requirements.questions import QuestionBook
from maquette.yaml_reading import read_yaml


def load_questions(path: Path | None = None) -> QuestionBook:
    """The questions, the derived facts and the titles of the cards.

    Args:
        path: A questions file; None takes the shipped one.

    Raises:
        InvalidInput, KeyError, ExpressionError: The installation is broken.
    """
    data = read_yaml(path or shipped("catalog", "questions", "questions.yaml"))
    cards = {int(number): title for number, title in data.get("cards", {}).items()}
    return QuestionBook.from_data({**data, "cards": cards})
