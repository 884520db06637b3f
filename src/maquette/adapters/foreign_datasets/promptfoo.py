"""Tests of promptfoo: ``promptfooconfig.yaml``, and lists of tests as YAML, JSON, JSONL or CSV.

The formats are those of promptfoo's documentation and of its ``src/csv.ts`` (repository promptfoo/promptfoo).
"""

import csv
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from maquette.adapters.foreign_datasets.assertions import Check, check_of, from_text, merged
from maquette.adapters.foreign_datasets.imported import Gathering, Imported, plain, tags_of
from maquette.evals.dataset import Example
from maquette.foundation.lineage import canonical_json
from maquette.foundation.problems import InvalidInput, Place
from maquette.yaml_reading import YamlText, parse_yaml

_MOST_COMBINATIONS = 10_000
_TAKEN = frozenset({"vars", "assert", "description", "metadata"})
_CONFIG_TAKEN = frozenset({"tests", "defaultTest", "assertionTemplates", "description", "tags"})
_LEFT_SETTINGS = {
    "prompts": "the prompts: write them as files under prompts/",
    "providers": "the providers: choose models with maquette shortlist",
    "targets": "the providers: choose models with maquette shortlist",
    "scenarios": "scenarios: write their combinations out as tests",
}


def read_promptfoo(path: Path, content: bytes, *, name: str) -> Imported:
    """The tests of a file.

    Raises:
        InvalidInput: It is none of promptfoo's formats.
    """
    reading = _Reading(path, name)
    reading.file(path, content, name)
    return reading.imported()


class _Reading:
    def __init__(self, path: Path, name: str) -> None:
        self._folder = path.parent
        self._found = Gathering("promptfoo", name)
        self._metrics: dict[str, tuple[int, Mapping[str, Any]]] = {}
        self._asking: dict[str, tuple[int, Mapping[str, Any]]] = {}
        self._templates: Mapping[str, Any] = {}
        self._default: Mapping[str, Any] = {}

    def file(self, path: Path, content: bytes, name: str) -> None:
        """Take a configuration, or a list of tests."""
        if path.suffix.lower() == ".csv":
            for line, row in _csv_rows(content, name):
                self._csv_test(row, line)
        elif path.suffix.lower() == ".jsonl":
            for line, text in enumerate(content.decode(errors="replace").splitlines(), start=1):
                if text.strip():
                    self._test(_json(text, name, line), line)
        elif path.suffix.lower() in (".yaml", ".yml", ".json"):
            self._document(parse_yaml(content.removeprefix(b"\xef\xbb\xbf"), name), name)
        else:
            raise InvalidInput(
                f"{path.suffix or 'a file without an ending'!r} is no kind of promptfoo's files",
                place=Place(file=name),
                fix="Give promptfooconfig.yaml, or a .csv, .json or .jsonl file of tests.",
            )

    def imported(self) -> Imported:
        """What was found; metrics of most examples first."""
        found = self._found
        metrics = self._shared(self._metrics)
        found.suggested += self._shared(self._asking)
        return found.imported(metrics)

    def _shared(self, counted: Mapping[str, tuple[int, Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
        """One metric of each kind; others that differ in what they look for alone are told."""
        per_kind: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
        for count, metric in sorted(counted.values(), key=lambda item: -item[0]):
            key = canonical_json({**metric, **dict.fromkeys(("pattern", "schema", "texts", "rubric"))})
            per_kind.setdefault(key, []).append((count, metric))
        for same_kind in per_kind.values():
            for count, metric in same_kind[1:]:
                checks = "1 check" if count == 1 else f"{count} checks"
                self._found.leave(f"{checks} by {metric['kind']} with settings of their own")
        return [same_kind[0][1] for same_kind in per_kind.values()]

    def _document(self, text: YamlText, name: str) -> None:
        data = text.data
        if isinstance(data, list):
            self._tests(data, text, ())
            return
        if not isinstance(data, Mapping) or not data.keys() & {"tests", "scenarios"}:
            raise InvalidInput(
                "there are no tests in it",
                place=Place(file=name),
                fix="Give a promptfooconfig.yaml or a list of tests.",
            )
        self._templates = _mapping(data.get("assertionTemplates"))
        default = data.get("defaultTest")
        self._default = _mapping(default)
        if isinstance(default, str):
            self._found.leave("defaultTest: it is in another file", line=text.line_of(["defaultTest"]))
        for key in data:
            if key not in _CONFIG_TAKEN:
                what = _LEFT_SETTINGS.get(key, f"the setting {key}")
                self._found.leave(what, line=text.line_of([key]), field=key)
        tests = data.get("tests")
        self._tests([tests] if isinstance(tests, str) else tests if isinstance(tests, list) else [], text, ("tests",))

    def _tests(self, tests: Sequence[Any], text: YamlText, keys: tuple[str | int, ...]) -> None:
        for place, test in enumerate(tests):
            line = text.line_of([*keys, place])
            if isinstance(test, str):
                self._named_file(test, line)
            else:
                self._test(test, line)

    def _named_file(self, written: str, line: int | None) -> None:
        """Tests in a file beside the configuration."""
        name = written.removeprefix("file://")
        path = (self._folder / name).resolve()
        kinds = (".csv", ".yaml", ".yml", ".json", ".jsonl")
        if "://" in name or path.suffix not in kinds or not path.is_relative_to(self._folder.resolve()):
            self._found.leave(f"tests from {written}: only files beside the configuration are read", line=line)
        elif not path.is_file():
            self._found.leave(f"tests from {written}: there is no such file", line=line)
        else:
            within, self._found.file = self._found.file, name
            self.file(path, path.read_bytes(), name)
            self._found.file = within

    def _csv_test(self, row: Mapping[str, str], line: int) -> None:
        test: dict[str, Any] = {"vars": {}, "assert": [], "metadata": {}}
        for column, cell in row.items():
            if column.startswith("__expected"):
                if cell.strip():
                    test["assert"].append(from_text(cell.strip()))
            elif column.startswith("__metadata:"):
                key = column.removeprefix("__metadata:").removesuffix("[]")
                test["metadata"][key] = cell
            elif column.startswith("__"):
                if cell and column != "__description":
                    self._found.leave(f"the column {column}", line=1, field=column)
            else:
                test["vars"][column] = cell
        self._test(test, line)

    def _test(self, test: object, line: int | None) -> None:
        if not isinstance(test, Mapping):
            self._found.leave("a test that is no mapping", line=line)
            return
        for key in sorted(test.keys() - _TAKEN):
            self._found.leave(f"a test's {key}", line=line, field=key)
        if isinstance(test.get("vars"), str):
            self._found.leave("a test whose variables are in another file", line=line, field="vars")
            return
        variables = {**_mapping(self._default.get("vars")), **_mapping(test.get("vars"))}
        if not variables:
            self._found.leave("a test without variables", line=line)
            return
        assertions = [*_listed(self._default.get("assert")), *_listed(test.get("assert"))]
        for chosen in self._combinations(plain(variables), line):
            self._example(chosen, assertions, tags_of(test.get("metadata")), line)

    def _combinations(self, variables: Mapping[str, Any], line: int | None) -> Iterator[dict[str, Any]]:
        """A variable with a list stands for one test for each of its values."""
        lists = [value if isinstance(value, list) else [value] for value in variables.values()]
        number = 1
        for values in lists:
            number *= len(values)
        if number > _MOST_COMBINATIONS:
            self._found.leave(f"a test that stands for {number:,} combinations of its variables", line=line)
            return
        for chosen in itertools.product(*lists):
            yield dict(zip(variables, chosen, strict=True))

    def _example(
        self, variables: Mapping[str, Any], assertions: Sequence[Any], tags: tuple[str, ...], line: int | None
    ) -> None:
        if any(isinstance(value, str) and value.startswith("file://") for value in variables.values()):
            self._found.leave("a test with a variable that is in a file", line=line, field="vars")
            return
        checks = merged([check for found in assertions if (check := self._check(found, variables, line))])
        expecting = [check for check in checks if check.expected is not None]
        for more in expecting[1:]:
            if more.expected != expecting[0].expected:
                self._found.leave(f"a second {more.kind} of one test: an example has one expected answer", line=line)
                checks.remove(more)
        for check in checks:
            self._found.assertions[check.kind] += 1
            key, counted = canonical_json(check.metric), self._asking if check.asks_model else self._metrics
            counted[key] = (counted.get(key, (0, {}))[0] + 1, check.metric)
        self._found.add(
            Example(
                id=f"promptfoo-{len(self._found.examples) + 1}",
                inputs=variables,
                expected=expecting[0].expected if expecting else None,
                tags=(*tags, *dict.fromkeys(f"assert:{check.kind}" for check in checks)),
            )
        )

    def _check(self, assertion: object, variables: Mapping[str, Any], line: int | None) -> Check | None:
        if isinstance(assertion, str):
            assertion = from_text(assertion)
        if isinstance(assertion, Mapping) and isinstance(assertion.get("$ref"), str):
            assertion = self._templates.get(assertion["$ref"].rpartition("/")[2])
        if not isinstance(assertion, Mapping):
            self._found.leave("an assertion that cannot be found", line=line, field="assert")
            return None
        return check_of(assertion, variables, lambda what: self._found.leave(what, line=line, field="assert"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _json(text: str, name: str, line: int) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"not JSON: {error}", place=Place(file=name, line=line), fix="Correct the line.") from error


def _csv_rows(content: bytes, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = content.decode("utf-8-sig")
        rows = csv.reader(text.splitlines(keepends=True))
        columns: list[str] | None = None
        line = 1
        for cells in rows:
            if columns is None:
                columns = cells
            elif cells:
                yield line, dict(zip(columns, cells, strict=False))
            line = rows.line_num + 1
    except UnicodeDecodeError as error:
        raise InvalidInput("not UTF-8", place=Place(file=name), fix="Save the file as UTF-8.") from error
    except csv.Error as error:
        raise InvalidInput(f"not CSV: {error}", place=Place(file=name, line=line), fix="Correct the row.") from error
