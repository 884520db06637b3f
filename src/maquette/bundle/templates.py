"""The shipped templates as values: which artifact reads what, writes which files, and under which condition.

The declarations are the ``template.toml`` files; reading them from disk and rendering are an adapter's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maquette.foundation.expression import Expression, ExpressionError, Facts, parse
from maquette.foundation.problems import InvalidInput, Place

ALWAYS = parse("true")


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """One file of an artifact, or one for each element of a list.

    Attributes:
        template: The template's name, ``<artifact>/<file>.j2``.
        path: Where it goes inside the bundle; ``{name}`` stands for a field of the element.
        about: What the file is for, in words, for the bundle's table of contents.
        each: The data's list that has one file an element; None for a single file.
    """

    template: str
    path: str
    about: str
    when: Expression
    each: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """One folder of templates.

    Attributes:
        inputs: The only top-level names of the data that its templates may read.
        constants: Plain data that the templates read as ``constants``: image versions, names of credentials.
    """

    name: str
    inputs: tuple[str, ...]
    when: Expression
    checks: tuple[str, ...]
    tools: Mapping[str, str]
    constants: Mapping[str, Any]
    outputs: tuple[Output, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateSet:
    """Every artifact by name, and the SHA-256 of every template file by its name."""

    artifacts: tuple[Artifact, ...]
    digests: Mapping[str, str]

    def artifact(self, name: str) -> Artifact:
        """The artifact of that name.

        Raises:
            KeyError: There is none.
        """
        for artifact in self.artifacts:
            if artifact.name == name:
                return artifact
        raise KeyError(name)


def artifact_from_data(name: str, data: Mapping[str, Any], *, file: str) -> Artifact:
    """An artifact from its parsed ``template.toml``; ``file`` names that file in problems.

    Raises:
        InvalidInput: A key is missing or unknown, or a condition does not parse.
    """
    place = Place(file=file)
    try:
        when = parse(data["when"]) if "when" in data else ALWAYS
        outputs = tuple(_output(name, entry) for entry in data["outputs"])
    except KeyError as error:
        raise InvalidInput(f"the declaration lacks {error}", place=place, fix="Add the key.") from error
    except ExpressionError as error:
        raise InvalidInput(f"a condition is wrong: {error}", place=place, fix="Correct the condition.") from error
    unknown = sorted(set(data) - {"inputs", "when", "checks", "tools", "constants", "outputs"})
    if unknown:
        raise InvalidInput(f"unknown key {unknown[0]!r}", place=place, fix="Remove it or correct its spelling.")
    return Artifact(
        name=name,
        inputs=tuple(data.get("inputs", ())),
        when=when,
        checks=tuple(data.get("checks", ())),
        tools=dict(data.get("tools", {})),
        constants=dict(data.get("constants", {})),
        outputs=outputs,
    )


def applies(output: Output, artifact: Artifact, facts: Facts) -> bool:
    """Whether the file is made: both conditions are known to hold; an unknown fact makes no file."""
    return artifact.when.holds(facts) is True and output.when.holds(facts) is True


def _output(artifact: str, entry: Mapping[str, Any]) -> Output:
    return Output(
        template=f"{artifact}/{entry['template']}",
        path=entry["path"],
        about=entry["about"],
        when=parse(entry["when"]) if "when" in entry else ALWAYS,
        each=entry.get("each"),
    )
