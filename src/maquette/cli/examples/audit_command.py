"""`maquette data audit`: what would make the scores of these examples say something else than they seem to."""

from pathlib import Path

import click

from maquette.cli.console import PLAIN_OPTION, print_json, project_command
from maquette.evals.data_audit import Audit, audit
from maquette.evals.data_findings import Limits
from maquette.evals.dataset import Dataset, Prompt
from maquette.foundation.problems import ExitStatus, NotFound
from maquette.project_document import PROJECT_FILE


@click.command(name="audit")
@click.argument("file", required=False, type=click.Path(path_type=str))
@click.option("--prompt", "prompt_file", metavar="FILE", help="The prompt, instead of the project's.")
@click.option("--check", is_flag=True, help="Exit with 1 when something serious is found.")
@PLAIN_OPTION
@project_command
def command(file: str | None, prompt_file: str | None, check: bool, plain: bool, folder: str, as_json: bool) -> int:
    """Audit the project's examples, or those of FILE (JSONL, CSV, TSV or Parquet). Nothing is sent anywhere.

    Strings that look like personal data are counted and placed, never printed.
    """
    from maquette.cli.examples.text import audit_data, show_audit

    found, notes = _audited(file, prompt_file, folder)
    if as_json:
        print_json(audit_data(found, notes))
    else:
        show_audit(found, notes, plain_text=plain)
    return ExitStatus.FINDING if check and found.serious else ExitStatus.OK


def _audited(file: str | None, prompt_file: str | None, folder: str) -> tuple[Audit, list[str]]:
    """The audit, and what is to be said of its inputs."""
    from maquette.adapters.datasets import find_image, read_dataset
    from maquette.adapters.prompts import read_prompt

    is_project = Path(folder, PROJECT_FILE).exists()
    own_prompt = read_prompt(Path(prompt_file), name=prompt_file, find_image=find_image) if prompt_file else None
    if file is not None and not is_project:
        dataset = read_dataset(Path(file), name=file)
        return audit(dataset, own_prompt, {}), ["no project here: lengths are not compared with models"]
    return _in_project(file, own_prompt, folder)


def _in_project(file: str | None, own_prompt: Prompt | None, folder: str) -> tuple[Audit, list[str]]:
    from maquette.adapters.datasets import find_image, read_dataset
    from maquette.adapters.prompts import changed_without_version, read_prompt
    from maquette.wiring import Project

    project = Project.open(folder)
    settings = project.view.document.evaluation
    notes: list[str] = []
    if file is None and settings.dataset is None:
        raise NotFound(
            "the project names no examples",
            fix="Give a FILE, or name one: maquette set evaluation.dataset=evals/examples.jsonl.",
        )
    path, name = (Path(file), file) if file else (Path(folder, str(settings.dataset)), str(settings.dataset))
    dataset: Dataset = read_dataset(path, name=name)
    prompt = own_prompt
    if prompt is None and settings.prompt is not None:
        prompt = read_prompt(Path(folder, settings.prompt), name=settings.prompt, find_image=find_image)
        if changed_without_version(prompt, private_folder=Path(folder, ".maquette")):
            notes.append(f"{prompt.name} changed and is still version {prompt.version}: give it another one")
    contexts: dict[str, Limits] = {}
    for model in project.view.document.chosen:
        spec = next((target for target in project.view.document.targets if target.id == model), None)
        card = project.view.catalog.cards.get(spec.card if spec else model)
        if card is None or card.context_tok is None:
            notes.append(f"the context of {model} is not known: lengths are not compared with it")
        else:
            answer_tok = min(settings.max_output_tok, card.max_output_tok or settings.max_output_tok)
            contexts[model] = Limits(context_tok=card.context_tok, answer_tok=answer_tok)
    return audit(dataset, prompt, contexts), notes
