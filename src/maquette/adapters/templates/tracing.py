"""A Jinja environment that knows which template line and which data each stretch of its output comes from.

Nothing is added to the text: every piece that a template yields is a string that remembers its segments beside it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from maquette.bundle.origin import Fact, Segment, is_figure

if TYPE_CHECKING:
    from jinja2.compiler import CodeGenerator
    from jinja2.sandbox import ImmutableSandboxedEnvironment


_LINES = re.compile(r"[^\n]*\n|[^\n]+")


class Leaf(str):
    """Text of the data that knows its path; the name of the slot is one that the sandbox refuses."""

    __slots__ = ("_path",)
    _path: str


class Traced(str):
    """Output that knows its segments."""

    __slots__ = ("_segments",)
    _segments: tuple[Segment, ...]


class Recorder:
    """What a template reads while it renders; containers are known by identity, so they are fresh and stay alive."""

    def __init__(self) -> None:
        self._facts: dict[int, tuple[str, Any]] = {}
        self._read: list[Fact] = []

    def watched(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Plain data whose values can be told again; begins a new render."""
        self._facts.clear()
        self._read.clear()
        return {name: self._watched(value, name) for name, value in data.items()}

    def _watched(self, value: Any, path: str) -> Any:
        seen: Any
        if isinstance(value, dict):
            seen = {key: self._watched(item, f"{path}.{key}") for key, item in value.items()}
        elif isinstance(value, list):
            seen = [self._watched(item, f"{path}[{number}]") for number, item in enumerate(value)]
        elif isinstance(value, str):
            seen = Leaf(value)
            seen._path = path
            return seen
        else:
            return value
        self._facts[id(seen)] = (path, seen)
        return seen

    def mark(self) -> int:
        """Where the reads of the expression begin that is evaluated next."""
        return len(self._read)

    def since(self, mark: int) -> tuple[Fact, ...]:
        """What was read since ``mark``, without containers of which a part was read."""
        read = list(dict.fromkeys(self._read[mark:]))
        del self._read[mark:]
        paths = [fact.data for fact in read]
        figures = tuple(f"{fact.data}." for fact in read if fact.source)
        return tuple(
            fact
            for fact in read
            if not fact.data.startswith(figures)
            and (fact.source or not any(path.startswith((f"{fact.data}.", f"{fact.data}[")) for path in paths))
        )

    def note(self, value: object) -> None:
        """A value is printed, or goes into a filter of ours."""
        if isinstance(value, Traced):
            self._read.extend(fact for segment in getattr(value, "_segments", ()) for fact in segment.facts)
        elif isinstance(value, Leaf):
            if path := getattr(value, "_path", ""):
                self._read.append(Fact(data=path))
        elif (known := self._facts.get(id(value))) is not None:
            path, values = known
            figures = [one for one in (values if isinstance(values, list) else [values]) if is_figure(one)]
            self._read.extend([Fact.of_figure(path, figure) for figure in figures] or [Fact(data=path)])

    def note_part(self, container: object, part: object) -> None:
        """A part of a container is read."""
        known = self._facts.get(id(container))
        if known is None:
            return
        path, values = known
        if is_figure(values):
            self._read.append(Fact.of_figure(path, values))
            return
        inner: Any = values.get(part) if isinstance(values, dict) else None
        below = f"{path}.{part}" if isinstance(values, dict) else f"{path}[{part}]"
        self._read.append(Fact.of_figure(below, inner) if is_figure(inner) else Fact(data=below))


@cache
def _generator() -> "type[CodeGenerator]":
    from jinja2 import nodes
    from jinja2.compiler import CodeGenerator, Frame

    class Generator(CodeGenerator):
        """Generates code that yields traced strings."""

        def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
            const = super()._output_child_to_const(node, frame, finalize)
            known = _Constant(const)
            known.line = node.lineno
            return known

        def _output_const_repr(self, group: Iterable[Any]) -> str:
            pieces = tuple((str(piece), piece.line) for piece in group)
            return f"environment.traced_text({self.name!r}, {pieces!r})"

        def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
            self.write(f"environment.traced_value(environment.recorder.mark(), {self.name!r}, {node.lineno}, ")
            super()._output_child_pre(node, frame, finalize)

        def start_write(self, frame: Frame, node: nodes.Node | None = None) -> None:
            super().start_write(frame, node)
            line = node.lineno if node else 1
            self.write(f"environment.traced_value(environment.recorder.mark(), {self.name!r}, {line}, ")

        def end_write(self, frame: Frame) -> None:
            self.write(")")
            super().end_write(frame)

        def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
            super()._output_child_post(node, frame, finalize)
            self.write(")")

    return Generator


@cache
def tracing_environment() -> "type[ImmutableSandboxedEnvironment]":
    """The class of such environments; made on first use, because jinja2 is loaded late."""
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class TracingEnvironment(ImmutableSandboxedEnvironment):
        """See the module."""

        code_generator_class = _generator()
        concat = staticmethod(joined)

        def __init__(self, *, finalize: Callable[[Any], Any], **options: Any) -> None:
            self.recorder = Recorder()

            def noted(value: Any) -> Any:
                self.recorder.note(value)
                return finalize(value)

            super().__init__(finalize=noted, **options)

        def getattr(self, obj: Any, attribute: str) -> Any:
            """As the sandbox does it, and noted."""
            self.recorder.note_part(obj, attribute)
            return super().getattr(obj, attribute)

        def getitem(self, obj: Any, argument: Any) -> Any:
            """As the sandbox does it, and noted."""
            self.recorder.note_part(obj, argument)
            return super().getitem(obj, argument)

        def traced_text(self, template: str, pieces: tuple[tuple[str, int], ...]) -> Traced:
            """A template's own text; each piece begins on its line."""
            return _traced(_own_text(template, pieces))

        def traced_value(self, mark: int, template: str, line: int, text: str) -> Traced:
            """What an expression printed."""
            if isinstance(text, Traced):
                return text
            return _traced([Segment(text=text, template=template, line=line, facts=self.recorder.since(mark))])

    return TracingEnvironment


def _own_text(template: str, pieces: tuple[tuple[str, int], ...]) -> list[Segment]:
    return [
        Segment(text=part, template=template, line=line + number)
        for text, line in pieces
        for number, part in enumerate(_LINES.findall(text))
    ]


class _Constant(str):
    line: int


def joined(pieces: Iterable[str]) -> Traced:
    """The pieces as one text that still knows where each came from."""
    segments: list[Segment] = []
    for piece in pieces:
        segments.extend(getattr(piece, "_segments", ()))
    return _traced(segments)


def _traced(segments: list[Segment]) -> Traced:
    made = Traced("".join(segment.text for segment in segments))
    made._segments = tuple(segments)
    return made
