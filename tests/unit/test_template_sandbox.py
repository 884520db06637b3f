"""Templates of a project or a plug-in are bounded: whatever they try ends in one message with their place."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from maquette.adapters.templates import JinjaRenderer, LimitedRenderer, RenderLimits
from maquette.adapters.templates.child import OutOfTime
from maquette.foundation.problems import InvalidInput

LIMITS = RenderLimits(time_s=0.5, memory_mib=400)
BOMB = "x\n" + "{% for a in range(9999) %}" * 3 + "{% endfor %}" * 3
DOUBLING = "{% set n = namespace(x='x') %}\n{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}"
SQUARING = "{% set n = namespace(x=2) %}\n{% for i in range(40) %}{% set n.x = n.x * n.x %}{% endfor %}{{ n.x }}"

UNSAFE, NO_TEMPLATE, INSIDE, LARGE = "is unsafe", "there is no template", "inside itself", "too large"
MEMORY, LONG, TIME, BUSINESS = "more memory than 400 MiB", "too long", "longer than 0.5 s", "no business"
HOSTILE: dict[str, tuple[str, int | None, str]] = {
    "class": ("{{ ''.__class__.__mro__[1].__subclasses__() }}", 1, UNSAFE),
    "class by index": ("a\n{{ ''['__class__'] }}", 2, "has no attribute|unsafe|undefined"),
    "class by attr": ("{{ ''|attr('__class__') }}", 1, UNSAFE),
    "class by map": ("{{ [1]|map(attribute='__class__')|list }}", 1, r"prints text and numbers, not list '\[Undefined"),
    "class by format": ("{{ '{0.__class__}'.format(1) }}", 1, UNSAFE),
    "class by format_map": ("{{ '{x.__class__}'.format_map({'x': 1}) }}", 1, UNSAFE),
    "format in a variable": ("{% set f = '{0.__init__}'.format %}{{ f(1) }}", 1, UNSAFE),
    "self": ("{{ self._TemplateReference__context }}", 1, UNSAFE),
    "cycler": ("{{ cycler.__init__.__globals__.os.popen('id').read() }}", 1, UNSAFE),
    "joiner": ("{{ joiner.__init__.__globals__ }}", 1, UNSAFE),
    "namespace": ("{{ namespace.__init__.__globals__ }}", 1, UNSAFE),
    "macro": ("{% macro m() %}{% endmacro %}{{ m.__globals__ }}", 1, "has no attribute '__globals__'"),
    "own code": ("{% macro m() %}{% endmacro %}{{ m._func }}", 1, UNSAFE),
    "loop": ("{% for x in [1] %}{{ loop._iterable }}{% endfor %}", 1, UNSAFE),
    "mro": ("{{ dict.mro() }}", 1, UNSAFE),
    "bound method": ("{{ ''.join.__self__ }}", 1, UNSAFE),
    "data's own path": ("{{ data.a._path }}", 1, "has no attribute '_path'"),
    "change of the data": ("{{ data.update({}) }}", 1, UNSAFE),
    "random": ("{{ [1, 2] | random }}", 1, "No filter named 'random'"),
    "lipsum": ("{{ lipsum(n=100000) }}", 1, "undefined"),
    "include above": ("{% include '../../etc/passwd' %}", 1, NO_TEMPLATE),
    "include absolute": ("{% include '/etc/passwd' %}", 1, NO_TEMPLATE),
    "include of a drive": ("{% include 'C:\\\\windows\\\\win.ini' %}", 1, NO_TEMPLATE),
    "include of what the data say": ("{% include data.a %}", 1, NO_TEMPLATE),
    "extends above": ("{% extends 'docs/../../x' %}", 1, NO_TEMPLATE),
    "import of a module": ("{% import 'os' as os %}{{ os }}", 1, NO_TEMPLATE),
    "a codec": ("{{ 'a'.encode('idna') }}", 1, BUSINESS),
    "range": ("{{ range(10 ** 9) | list }}", 1, "Range too big"),
    "power": ("{{ 10 ** (10 ** 10) }}", 1, LARGE),
    "squaring": (SQUARING, 2, LARGE),
    "repeated text": ("x\n{{ 'x' * 10 ** 10 }}", 2, LONG),
    "repeated list": ("{{ ([1] * 10 ** 9) | length }}", 1, LONG),
    "width": ("{{ '%0999999999d' % 1 }}", 1, MEMORY),
    "width of format": ("{{ '{:>999999999}'.format('x') }}", 1, MEMORY),
    "centred": ("{{ 'x' | center(2000000000) }}", 1, MEMORY),
    "doubling": (DOUBLING, 2, f"{MEMORY}|{TIME}"),
    "include of itself": ("{% include 'docs/include of itself.md.j2' %}", 1, INSIDE),
    "macro of itself": ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", 1, INSIDE),
    "deep expression": ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", None, INSIDE),
    "loops": (BOMB, 2, TIME),
    "much text": ("{% for i in range(99999) %}{{ 'x' * 999 }}{% endfor %}", None, "more than 4 MiB|memory|longer"),
}


@pytest.fixture(scope="module")
def render() -> Callable[[str], str]:
    texts = {f"docs/{name}.md.j2": source for name, (source, _, _) in HOSTILE.items()}
    texts["docs/good.md.j2"] = "good {{ data.a }}"
    renderer = LimitedRenderer(texts, shown={name: f"mine/{name}" for name in texts}, limits=LIMITS)
    return lambda name: renderer.render(f"docs/{name}.md.j2", {"data": {"a": "/etc/passwd"}})


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_ends_in_one_message_with_its_place(render: Callable[[str], str], name: str) -> None:
    _, line, why = HOSTILE[name]
    started = time.monotonic()
    with pytest.raises(InvalidInput, match=why) as caught:
        render(name)
    sys.stdout.write(f"{name}: {time.monotonic() - started:.2f} s, {caught.value}\n")
    assert caught.value.place.file in {f"mine/docs/{name}.md.j2", f"docs/{name}.md.j2"}
    assert line is None or caught.value.place.line == line
    assert time.monotonic() - started < 10
    assert "root:" not in str(caught.value)
    assert render("good") == "good /etc/passwd"


def test_a_second_ring_while_the_first_is_told_keeps_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def ring(*_: object, **__: object) -> None:
        raise OutOfTime

    renderer = JinjaRenderer({"a/x.md.j2": "one\ntwo\n{{ 1 / 0 }}"})
    monkeypatch.setattr("jinja2.debug.rewrite_traceback_stack", ring)
    with pytest.raises(OutOfTime) as caught:
        renderer.render("a/x.md.j2", {})
    assert renderer.place_of(caught.value, "a/x.md.j2").line == 3


def test_a_step_that_nothing_inside_can_stop_is_ended_from_outside() -> None:
    source = "{{ (('ab' * 20000) ~ 'c') | replace('a', 'b' * 20000) | length }}{{ ('x ' * 400000) | wordcount }}"
    slow = "{% set t = '(' * 500000 %}{{ (t ~ t) | urlize | length }}{{ t | wordwrap(1) | length }}" + source
    renderer = LimitedRenderer({"a/x.md.j2": slow * 5}, shown={}, limits=RenderLimits(time_s=0.2))
    started = time.monotonic()
    with pytest.raises(InvalidInput, match=r"longer than 0\.2 s|more memory"):
        renderer.render("a/x.md.j2", {})
    assert time.monotonic() - started < 25


def test_the_process_ends_with_its_renderer_and_is_made_again_after_a_break() -> None:
    renderer: Any = LimitedRenderer({"a/x.md.j2": "x"}, shown={})
    assert renderer.render("a/x.md.j2", {}) == "x"
    first = renderer._child
    os.kill(first.pid, 9)
    first.wait()
    with pytest.raises(InvalidInput, match="ended the process that renders it"):
        renderer.render("a/x.md.j2", {})
    assert renderer.render("a/x.md.j2", {}) == "x"
    second = renderer._child
    del renderer
    assert second.wait(10) is not None
