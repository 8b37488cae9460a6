"""What `iqa analyze --json` makes of a path: status, checked document, stderr."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema

from iqa.cli.main import main

Json = dict[str, Any]

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "iqa.analysis.1.json"


@dataclass(frozen=True)
class Outcome:
    """One run of the command line."""

    status: int
    document: Json
    stderr: str

    @property
    def analyses(self) -> list[Json]:
        return list(self.document["analyses"])

    @property
    def only(self) -> Json:
        """The analysis of an input that gives one."""
        (analysis,) = self.analyses
        return analysis

    @property
    def reasons(self) -> list[str]:
        return [r["reason"] for r in self.document["refused"]]

    @property
    def candidates(self) -> list[list[str]]:
        """Names of each refusal's candidates, best first."""
        return [[c["name"] for c in r["candidates"]] for r in self.document["refused"]]


Analysed = Callable[..., Outcome]


def run(*arguments: str | Path) -> Outcome:
    """Run the command in this process and check its document against the schema."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main(["analyze", "--json", *map(str, arguments)])
    assert out.getvalue(), err.getvalue()
    document = json.loads(out.getvalue())
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert [e.message for e in validator.iter_errors(document)] == []
    return Outcome(status, document, err.getvalue())


def measured(analysis: Json) -> dict[str, Json]:
    """The measurements of an analysis by key."""
    return {m["key"]: m for m in analysis["measurements"]}


def modules(analysis: Json) -> dict[str, Json]:
    """The modules that a scan shows, by name."""
    return {m["name"]: m for m in analysis["modules"]}


def keys(analysis: Json, prefix: str) -> set[str]:
    """The measured keys of a family."""
    return {m["key"] for m in analysis["measurements"] if m["key"].startswith(prefix)}
