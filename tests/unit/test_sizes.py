"""The measure of files and functions: it counts what a reader sees, and notices what has outgrown the limit."""

from pathlib import Path

from tests.sizes import file_sizes, function_sizes, too_large

SOURCE = '''"""A module."""


@decorated
def outer():
    """Docstring."""

    def inner():
        return 1

    return inner


class Thing:
    async def method(self):
        return 2
'''


def test_functions_methods_and_inner_functions_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "thing.py"
    file.write_text(SOURCE)

    found = {size.where.rpartition(" ")[2]: size.lines for size in function_sizes([file])}

    assert found == {"outer": 7, "inner": 2, "method": 2}


def test_the_limit_itself_is_allowed_and_one_more_is_not(tmp_path: Path) -> None:
    (tmp_path / "at.py").write_text("x = 1\n" * 400)
    (tmp_path / "above.py").write_text("x = 1\n" * 401)

    sizes = file_sizes([tmp_path / "at.py", tmp_path / "above.py"])

    assert [Path(size.where).name for size in too_large(sizes, 400)] == ["above.py"]
