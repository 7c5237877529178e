"""The `fields` parameter: parsing `a,b{c,d},e.limit(2){f}` and reading the fields of a node.

An unknown field fails the whole call with code 100, as Meta does.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.calls import Call
from sandbox.errors import GraphError, invalid
from sandbox.world import World

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ARGUMENT = re.compile(r"\.([a-z_]+)\(([^)]*)\)")
DEEPEST = 5


@dataclass(kw_only=True)
class Selection:
    """One field that is asked for, with its arguments and its own fields."""

    name: str
    arguments: dict[str, str] = field(default_factory=dict)
    inner: list["Selection"] = field(default_factory=list)


Reader = Callable[["Context", Any, Selection], Any]


@dataclass(kw_only=True)
class Context:
    """What a field reader needs: the world and the call."""

    world: World
    call: Call


@dataclass(kw_only=True)
class Node:
    """A kind of object: its name, its fields, and what comes without `fields`.

    Names are those of Meta's SDK; what Meta writes in the error is known for Page and User only.
    """

    name: str
    fields: dict[str, Reader]
    default: tuple[str, ...] = ("id",)


def parse(text: str) -> list[Selection]:
    """Read a `fields` parameter; raises code 100 on bad syntax."""
    found, position = _parse_list(text.strip(), 0, 0)
    if position != len(text.strip()):
        raise _syntax(text, position)
    return found


def _parse_list(text: str, position: int, depth: int) -> tuple[list[Selection], int]:
    found: list[Selection] = []
    if depth > DEEPEST:
        raise invalid("Too many levels of field expansion.")
    while position < len(text) and text[position] != "}":
        selection, position = _parse_one(text, position, depth)
        found.append(selection)
        position = _skip(text, position, " ")
        if position < len(text) and text[position] == ",":
            position = _skip(text, position + 1, " ")
        elif position < len(text) and text[position] != "}":
            raise _syntax(text, position)
    return found, position


def _parse_one(text: str, position: int, depth: int) -> tuple[Selection, int]:
    name = NAME.match(text, position)
    if name is None:
        raise _syntax(text, position)
    selection = Selection(name=name.group())
    position = name.end()
    while argument := ARGUMENT.match(text, position):
        selection.arguments[argument.group(1)] = argument.group(2)
        position = argument.end()
    if position < len(text) and text[position] == "{":
        selection.inner, position = _parse_list(text, position + 1, depth + 1)
        if position >= len(text):
            raise _syntax(text, position)
        position += 1
    return selection, position


def _skip(text: str, position: int, what: str) -> int:
    while position < len(text) and text[position] in what:
        position += 1
    return position


def _syntax(text: str, position: int) -> GraphError:
    """Code 2500 with the text that the Graph API has for broken expansions."""
    got = text[position : position + 1] or "end of string"
    return GraphError(
        code=2500,
        message=f'Syntax error "Expected name" or one of ",{{}}" at character {position}: {got}',
    )


def select(
    context: Context, node: Node, thing: Any, wanted: Iterable[Selection] | None = None
) -> dict[str, Any]:
    """The wanted fields of *thing*; a field whose value is None is left out."""
    answer: dict[str, Any] = {}
    chosen = list(wanted or ()) or [Selection(name=name) for name in node.default]
    for selection in chosen:
        reader = node.fields.get(selection.name)
        if reader is None:
            raise unknown(selection.name, node)
        value = reader(context, thing, selection)
        if value is not None:
            answer[selection.name] = value
    if "id" in node.fields and "id" not in answer:
        answer["id"] = node.fields["id"](context, thing, Selection(name="id"))
    return answer


def unknown(name: str, node: Node) -> GraphError:
    """Code 100 for a field that the node does not have."""
    return invalid(f"Tried accessing nonexisting field ({name}) on node type ({node.name})")


def wanted(call: Call) -> list[Selection]:
    """The call's `fields`, empty when there are none."""
    text = call.get("fields")
    return parse(text) if text else []


def attribute(name: str) -> Reader:
    """A field that is an attribute of the thing; empty text is left out."""

    def read(_context: Context, thing: Any, _selection: Selection) -> Any:
        value = getattr(thing, name)
        return None if value == "" else value

    return read


def constant(value: Any) -> Reader:
    """A field that always reads the same."""

    def read(_context: Context, _thing: Any, _selection: Selection) -> Any:
        return value

    return read
