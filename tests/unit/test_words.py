"""One word for one thing in everything that a person reads: what they add is a photo."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PICTURE = re.compile(r"(?<![\w./-])[Pp]ictures?(?![\w(=-]|\.\w)")
UNSEEN = frozenset(
    {
        "picture",  # the cause of an event, and a part of a hash
        "picture refused",  # lines of the log
        "picture child ended at work",
        "in the picture child: ",
        "a preview shows the whole picture",  # a mistake of our own code
    }
)
"""Texts that stand on no page."""

LOGS = ROOT / "ospost" / "logs.py"  # hides secrets: what it names is a pattern


def said_in_python(source: str) -> list[str]:
    """The texts of a module but its docstrings."""
    tree = ast.parse(source)
    silent = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent
    ]


def said_in_template(source: str) -> list[str]:
    """A template without its comments and what its tags name: imports and calls."""
    source = re.sub(r"{#.*?#}", "", source, flags=re.DOTALL)
    return re.sub(r"{%-? (?:from|macro|import)\b.*?%}", "", source, flags=re.DOTALL).splitlines()


def said_in_script(source: str) -> list[str]:
    """The texts in quotes of a script, without its comments."""
    source = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", source, flags=re.DOTALL)
    return re.findall(r'"[^"\n]*"|`[^`]*`', source)


READERS = {".py": said_in_python, ".html": said_in_template, ".js": said_in_script}


def pictures_in(path: Path) -> list[str]:
    texts = READERS[path.suffix](path.read_text(encoding="utf-8"))
    return [text.strip() for text in texts if text not in UNSEEN and PICTURE.search(text)]


def test_what_a_person_adds_is_a_photo_wherever_they_read_of_it() -> None:
    files = [
        path
        for folder, kind in (("ospost", "py"), ("templates", "html"), ("static/js", "js"))
        for path in (ROOT / folder).rglob(f"*.{kind}")
        if path != LOGS
    ]
    found = {str(path.relative_to(ROOT)): pictures_in(path) for path in files}

    assert len(files) > 150
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    ("kind", "source", "is_seen"),
    [
        ("py", 'remedy = "Choose a smaller picture."', True),
        ("py", 'note = f"{count} pictures"', True),
        ("py", '"""Makes a picture."""\ncause = "picture"', False),
        ("html", "<h2>Picture</h2>", True),
        ("html", "{{ 'Add another picture' if media }}", True),
        ("html", "{# A picture. #}<p class='o-picture'>{{ picture(slide) }}</p>", False),
        ("js", "say(`Picture ${number} moved`);", True),
        ("js", "/** Draws a picture. */ const picture = draw(); // a picture", False),
    ],
)
def test_the_other_word_would_be_noticed(
    tmp_path: Path, kind: str, source: str, is_seen: bool
) -> None:
    path = tmp_path / f"some.{kind}"
    path.write_text(source, encoding="utf-8")

    assert bool(pictures_in(path)) == is_seen
