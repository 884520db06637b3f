"""The shipped templates as values: which artifact reads what, writes which files, and under which condition.

The declarations are the ``template.toml`` files; reading them from disk and rendering are an adapter's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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

    def chosen(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Those of ``data`` that its templates may read.

        Raises:
            InvalidInput: The declaration names data that do not exist.
        """
        for name in self.inputs:
            if name not in data:
                raise _undeclarable(self.name, "inputs", name, data)
        return {name: data[name] for name in self.inputs}


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateSet:
    """Every artifact by name; of every template file by its name the SHA-256, and who brought it."""

    artifacts: tuple[Artifact, ...]
    digests: Mapping[str, str]
    sources: Mapping[str, str] = field(default_factory=dict)

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
    _check_types(data, place)
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


_TYPES: Mapping[str, type] = {
    "inputs": list, "when": str, "checks": list, "tools": dict, "constants": dict, "outputs": list,
}  # fmt: skip
_TEXTS = ("template", "path", "about", "when", "each")


def _check_types(data: Mapping[str, Any], place: Place) -> None:
    """Refuse values of another type than the declaration's keys have, and keys that an output does not have."""
    wrong = [name for name, kind in _TYPES.items() if name in data and not isinstance(data[name], kind)]
    texts = [name for name in ("inputs", "checks") if name in data and name not in wrong]
    wrong += [name for name in texts if not all(isinstance(one, str) for one in data[name])]
    outputs = [] if "outputs" in wrong else data.get("outputs", [])
    for output in outputs:
        strange = not isinstance(output, dict) or set(output) - set(_TEXTS)
        if strange or not all(isinstance(value, str) for value in output.values()):
            wrong.append("outputs")
    if wrong:
        raise InvalidInput(
            f"{wrong[0]} has a value that it cannot have",
            place=place,
            fix=f"An output has {', '.join(_TEXTS)}, each a text; inputs and checks are lists of texts.",
        )


def applies(output: Output, artifact: Artifact, facts: Facts) -> bool:
    """Whether the file is made: both conditions are known to hold; an unknown fact makes no file."""
    return artifact.when.holds(facts) is True and output.when.holds(facts) is True


def elements(output: Output, data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What an output has one file each for.

    Raises:
        InvalidInput: The declaration names no list of objects.
    """
    found = data.get(str(output.each))
    if not isinstance(found, list | tuple) or not all(isinstance(one, Mapping) for one in found):
        lists = [name for name, value in data.items() if isinstance(value, list | tuple)]
        raise _undeclarable(output.template.partition("/")[0], "outputs.each", str(output.each), lists)
    return list(found)


def _undeclarable(artifact: str, field_name: str, name: str, there: Iterable[str]) -> InvalidInput:
    return InvalidInput(
        f"there are no data named {name[:40]!r} for it",
        place=Place(file=f"templates/{artifact}/template.toml", field=field_name),
        fix=f"Use one of: {', '.join(sorted(there))}.",
    )


def _output(artifact: str, entry: Mapping[str, Any]) -> Output:
    return Output(
        template=f"{artifact}/{entry['template']}",
        path=entry["path"],
        about=entry["about"],
        when=parse(entry["when"]) if "when" in entry else ALWAYS,
        each=entry.get("each"),
    )
