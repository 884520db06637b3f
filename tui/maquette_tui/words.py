"""Text from users and models on its way to the screen: data, never markup, without control characters."""

from rich.text import Text


def safe(text: object) -> Text:
    """``text`` as it is, with control characters shown as a sign."""
    return Text("".join(char if char.isprintable() or char == "\n" else "�" for char in str(text)))
