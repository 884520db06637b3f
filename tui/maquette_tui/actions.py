"""One registry of actions: it feeds the keys, the palette, the help and the footer, so that they cannot disagree."""

from dataclasses import dataclass

from textual.binding import Binding

EVERYWHERE = "everywhere"


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """Something that a key does.

    Attributes:
        name: Textual's action.
        where: A stage's value, or `EVERYWHERE`.
        short: One word for the footer; empty keeps it out of there.
        twin: The command line that does the same; empty where there is no other way than a key, such as moving.
    """

    key: str
    name: str
    where: str
    short: str
    about: str
    twin: str = ""


ACTIONS = (
    *(
        Action(key=str(number), name=f"stage({number})", where=EVERYWHERE, short="", about=f"stage {number}")
        for number in range(1, 7)
    ),
    Action(key="u", name="undo", where=EVERYWHERE, short="undo", about="take the newest change back"),
    Action(key="U", name="redo", where=EVERYWHERE, short="", about="make the undone change again"),
    Action(key="question_mark", name="help", where=EVERYWHERE, short="", about="this help"),
    Action(key="q", name="leave", where=EVERYWHERE, short="", about="quit; nothing is lost"),
    Action(key="enter", name="edit", where="requirements", short="edit", about="answer the question under the cursor"),
    Action(key="minus", name="unknown", where="requirements", short="unknown", about='answer "I do not know"'),
    Action(key="f", name="all_questions", where="requirements", short="all", about="quick questions or all 89"),
    Action(key="space", name="choose", where="shortlist", short="choose", about="choose the model, or not"),
    Action(key="x", name="why", where="shortlist", short="why", about="why the model is in or out"),
    Action(key="o", name="out", where="shortlist", short="out", about="those that are out, or those that are left"),
    Action(key="slash", name="filter", where="shortlist", short="filter", about="eu json ctx>=32k $<300 by:quality"),
    Action(key="c", name="compare", where="shortlist", short="compare", about="the chosen and this one, side by side"),
    Action(
        key="p",
        name="providers",
        where="shortlist",
        short="providers",
        about="what each provider says of what is asked",
        twin="maquette shortlist providers",
    ),
    Action(key="n", name="nearly", where="shortlist", short="nearly", about="which change would let more models in"),
    Action(key="s", name="start", where="evaluation", short="start", about="start or resume the evaluation"),
    Action(key="full_stop", name="stop", where="evaluation", short="stop", about="stop it; finished calls are kept"),
    Action(key="enter", name="details", where="evaluation", short="details", about="slices, confusion, wrong answers"),
    Action(key="c", name="compare", where="evaluation", short="compare", about="the models of the run in pairs"),
    Action(key="escape,q", name="back", where="reading", short="back", about="back"),
    Action(key="j,down", name="down", where="reading", short="down", about="one line down"),
    Action(key="k,up", name="up", where="reading", short="up", about="one line up"),
    Action(key="n,tab", name="next", where="reading", short="next heading", about="next heading"),
    Action(key="g,home", name="top", where="reading", short="top", about="to the beginning"),
    Action(key="G,end", name="bottom", where="reading", short="end", about="to the end"),
    Action(key="enter", name="details", where="cost", short="more", about="months, drivers, lines by group, left out"),
    Action(key="a", name="accept", where="cost", short="accept", about="note that the projection was looked at"),
    Action(key="m", name="machines", where="cost", short="machines", about="what the open models take, or the costs"),
    Action(key="i", name="try_input", where="cost", short="what if", about="try other answers; nothing is written"),
    Action(
        key="d",
        name="decide",
        where="decision",
        short="decide",
        about="decide for the option under the cursor",
        twin="maquette decide --model MODEL --because TEXT",
    ),
    Action(
        key="f",
        name="fallback",
        where="decision",
        short="",
        about="it answers when the first does not, or not",
        twin="maquette decide --model MODEL --because TEXT --fallback MODEL",
    ),
    Action(
        key="a",
        name="sign",
        where="decision",
        short="sign",
        about="accept the decision, with a name",
        twin="maquette decide --accept --by NAME",
    ),
    Action(
        key="c",
        name="compare",
        where="decision",
        short="",
        about="side by side, and who plays which part",
        twin="maquette decide --compare",
    ),
    Action(
        key="o",
        name="open",
        where="decision",
        short="open",
        about="the open questions, or the options",
        twin="maquette decide",
    ),
    Action(
        key="x",
        name="rules",
        where="decision",
        short="rules",
        about="deviations and rules, or the options",
        twin="maquette rules list",
    ),
    Action(
        key="b",
        name="release",
        where="decision",
        short="gates",
        about="what blocks a release, or the options",
        twin="maquette status",
    ),
    Action(
        key="enter",
        name="look",
        where="decision",
        short="",
        about="go to the answer; why the rule fired",
        twin="maquette rules explain ID",
    ),
    Action(
        key="g",
        name="next_question",
        where="decision",
        short="",
        about="go to the answer that tells most",
        twin="maquette set NAME=VALUE",
    ),
    Action(
        key="r",
        name="reason",
        where="decision",
        short="",
        about="say why the project deviates from the rule",
        twin="maquette rules override ID --because TEXT",
    ),
    Action(
        key="m",
        name="mute",
        where="decision",
        short="",
        about="judge the rule no more, with a reason",
        twin="maquette rules mute ID --because TEXT",
    ),
    Action(
        key="v",
        name="everything",
        where="decision",
        short="all",
        about="all of it to read",
        twin="maquette decide --json",
    ),
    Action(
        key="w",
        name="write",
        where="bundle",
        short="write",
        about="write the files shown",
        twin="maquette export --yes",
    ),
    Action(
        key="space",
        name="include",
        where="bundle",
        short="only",
        about="write only this part, or not only",
        twin="maquette export --only PART",
    ),
    Action(
        key="o",
        name="origins",
        where="bundle",
        short="origin",
        about="where each new line comes from, or not",
        twin="maquette export --dry-run --origin",
    ),
    Action(
        key="k",
        name="keep",
        where="bundle",
        short="",
        about="keep your version of the file",
        twin="maquette export --keep PATH",
    ),
    Action(
        key="m",
        name="merge",
        where="bundle",
        short="",
        about="take your edit and the new text together",
        twin="maquette export --merge PATH",
    ),
    Action(
        key="r",
        name="replace",
        where="bundle",
        short="",
        about="replace your version of the file",
        twin="maquette export --replace PATH",
    ),
    Action(
        key="b",
        name="markers",
        where="bundle",
        short="",
        about="keep yours, both with markers in FILE.merge",
        twin="maquette export --markers PATH",
    ),
    Action(
        key="enter",
        name="read",
        where="bundle",
        short="",
        about="the whole diff of the file to read",
        twin="maquette export --dry-run --diff",
    ),
    Action(
        key="z",
        name="zip",
        where="bundle",
        short="zip",
        about="one archive of a fresh bundle",
        twin="maquette export --zip FILE",
    ),
)


def bindings(where: str) -> list[Binding]:
    """Textual's bindings of one place."""
    return [Binding(action.key, action.name, action.about) for action in ACTIONS if action.where == where]


def footer(where: str, width: int) -> str:
    """The keys of a place for the bottom line of ``width`` columns; help and commands are never cut off."""
    always = ["? help", "^p commands"]
    named = [*_named(EVERYWHERE), *_named(where)]
    for gap in (3, 2):
        line = (" " * gap).join([*named, *always])
        if len(line) <= width:
            return line
    while named and len("  ".join([*named, *always])) > width:
        named.pop()
    return "  ".join([*named, *always])


def keys_of(where: str) -> str:
    """The keys of a place that lies over the others."""
    return "   ".join(_named(where))


def help_text(where: str) -> str:
    """Every key of a place, then those that work everywhere."""
    lines = [f"{_shown(action.key):>6}  {action.about}" for action in ACTIONS if action.where == where]
    lines += [f"{_shown(action.key):>6}  {action.about}" for action in ACTIONS if action.where == EVERYWHERE]
    twins = dict.fromkeys(action.twin for action in ACTIONS if action.where == where and action.twin)
    same = ["", "The same on the command line:", *(f"  {twin}" for twin in twins)] if twins else []
    return "\n".join([*lines, "    ^p  commands", *same])


def _named(where: str) -> list[str]:
    return [f"{_shown(action.key)} {action.short}" for action in ACTIONS if action.short and action.where == where]


def _shown(key: str) -> str:
    return {"question_mark": "?", "minus": "-", "slash": "/", "full_stop": "."}.get(key, key.partition(",")[0])
