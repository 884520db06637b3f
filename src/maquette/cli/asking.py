"""The quick questions, one after another in the terminal. Each answer is saved at once; Ctrl-C loses none."""

import click

from maquette.cli.console import say
from maquette.foundation.problems import InvalidInput
from maquette.project import Project
from maquette.requirements.answers import asked
from maquette.requirements.questions import Question
from maquette.requirements.text_answers import from_text


def ask_quick_questions(project: Project) -> None:
    """Ask what quick mode asks, follow-ups included, until nothing is left.

    An empty line takes the default, or leaves the question open; ``-`` says "I do not know".
    """
    seen: set[str] = set()
    while waiting := [
        question
        for question in asked(project.questions, project.view.document.requirements, quick=True)
        if question.id not in seen and question.id not in project.view.document.requirements.answers
    ]:
        seen.add(waiting[0].id)
        _ask(project, waiting[0])


def _ask(project: Project, question: Question) -> None:
    say("")
    say(f"{question.ask}  ({question.background})")
    if question.choices:
        say("  " + ", ".join(question.choices))
    unit = f" in {question.unit}" if question.unit else ""
    default = "" if question.default is None else _shown(question.default)
    while True:
        text = click.prompt(f"{question.id}{unit}", default=default, show_default=bool(default), err=True)
        if not text or text == default:
            return
        try:
            project.set_answers({question.id: from_text(question, text)})
        except InvalidInput as problem:
            say(f"  {problem}")
        else:
            return


def _shown(default: object) -> str:
    return ", ".join(default) if isinstance(default, tuple) else str(default)
