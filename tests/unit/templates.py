"""The English that the source can say: every text in it, f-strings with {} where a value is put in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAYING = (
    "iqa/analyze.py", "iqa/dicom", "iqa/jobs/add.py", "iqa/jobs/judging.py", "iqa/jobs/trend.py",
    "iqa/judge/bounds.py", "iqa/judge/comparability.py", "iqa/judge/control.py", "iqa/judge/verdicts.py",
    "iqa/judge/wording.py", "iqa/locate", "iqa/metrics", "iqa/spc", "iqa/store/matching.py", "iqa/store/records.py",
)  # fmt: skip
"""Where reasons, needs, refusals, notes, places, causes and what charts say are composed."""
NO_PAGE = frozenset({"ValueError", "TypeError", "UsageError", "DefinitionError"})
"""Errors that end a call or a command: no page shows them."""
PROSE = re.compile(r"[A-Za-z)'\]}] [a-z({×±]|[a-z,;:)] [A-Z'{]")
"""Words beside one another, or beside a value: names of keys, attributes and units have no blanks."""


def templates(path: Path) -> Iterator[str]:
    """Every text of a file that reads like words, but docstrings and what is said by errors that no page shows."""
    yield from (t for t in _texts(ast.parse(path.read_text(encoding="utf-8"))) if PROSE.search(t))


def all_templates() -> set[str]:
    places = (ROOT / place for place in SAYING)
    files = (file for place in places for file in ([place] if place.is_file() else place.glob("*.py")))
    return {template.strip() for file in files for template in templates(file)}


def _texts(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Expr(value=ast.Constant()):
            return
        case ast.Call(func=ast.Name(name)) if name in NO_PAGE:
            return
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in parts)
            yield from (t for p in parts if isinstance(p, ast.FormattedValue) for t in _texts(p.value))
        case _:
            yield from (t for child in ast.iter_child_nodes(node) for t in _texts(child))
