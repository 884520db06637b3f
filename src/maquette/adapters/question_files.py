"""Reads the shipped questions from their YAML file. What a question is stands in `maquette.requirements.questions`."""

from pathlib import Path

from maquette.foundation.shipped import shipped
from maquette.requirements.questions import QuestionBook


def load_questions(path: Path | None = None) -> QuestionBook:
    """The questions, the derived facts and the titles of the cards.

    Args:
        path: A questions file; None takes the shipped one.

    Raises:
        FileNotFoundError, KeyError, ExpressionError: The installation is broken.
    """
    from ruamel.yaml import YAML

    text = (path or shipped("catalog", "questions", "questions.yaml")).read_text(encoding="utf-8")
    return QuestionBook.from_data(YAML(typ="safe", pure=True).load(text))
