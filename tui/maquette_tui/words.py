"""Text from users and models on its way to the screen: data, never markup, without control characters."""

from rich.text import Text


def safe(text: object) -> Text:
    """``text`` as it is, with control characters shown as a sign."""
    return Text("".join(char if char.isprintable() or char == "\n" else "�" for char in str(text)))


def short(text: str, most: int) -> str:
    """At most so many characters: the middle is left out, since names differ at both ends."""
    if len(text) <= most:
        return text
    end = most // 2
    return f"{text[: most - end - 1]}…{text[-end:]}"


def cut(text: str, most: int) -> str:
    """At most so many characters, the beginning of them."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
