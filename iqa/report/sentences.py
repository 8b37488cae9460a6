"""Japanese for the sentences that iqa stores in English, by pairs with placeholders; and flags in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from iqa.errors import DefinitionError
from iqa.phantom.schema import validate
from iqa.phantom.text import Raw, parse, read_bytes
from iqa.report.text import Language
from iqa.shipped import shipped

FILE = "sentences-ja.toml"
ANY = r"(?:(?!; |\. ).)+?"
"""Never across the end of a sentence or clause, lest English ones be swallowed and stand in a Japanese sentence."""
NUMBER = r"[-+−]?(?:\d[\d.,]*(?:e[-+]?\d+)?|inf|nan)(?: [^\s(),;:]+)?"
KINDS: Mapping[str, str] = {
    "": ANY,
    "name": r"\S+?",
    "word": ANY,
    "noun": ANY,
    "part": ANY,
    "text": r".+?",
    "count": r"\d+",
    "number": NUMBER,
    "value": rf'"[^"]*"|{NUMBER}',
    "date": r"\d{4}-\d\d-\d\d(?:[ T][\d:.]+)?",
}
"""What a placeholder of each kind stands for; the file says what becomes of it in Japanese."""
HOLE = re.compile(r"\{(\d+)(?::(\w+))?\}")
SENTENCE_END = re.compile(r"(?<=\.) (?=[A-Z'0-9])")
"""Between two sentences of one text; iqa's begin with a capital, a quoted name or a number."""


@dataclass(frozen=True, kw_only=True)
class PairTable:
    """One ``[[sentence]]`` or ``[[clause]]``, or the words of one flag."""

    en: str
    ja: str


@dataclass(frozen=True, kw_only=True)
class FileTable:
    """The whole file; the tables in it are those of pairs."""

    sentence: tuple[dict[str, Any], ...]
    clause: tuple[dict[str, Any], ...]
    nouns: dict[str, str]
    flags: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence or clause in both languages."""

    literals: tuple[str, ...]
    """The English before, between and after its placeholders."""
    kinds: tuple[str, ...]
    """Of the placeholders, in the order of their numbers."""
    ja: str

    @property
    def own(self) -> int:
        """Characters of the English outside all placeholders."""
        return sum(map(len, self.literals))

    def values(self, said: str) -> tuple[str, ...] | None:
        """What stands at the placeholders, if the whole text is this sentence or clause."""
        # most pairs are passed over by this alone, and their expressions never compiled
        if not all(literal in said for literal in self.literals):
            return None
        groups = (
            f"({KINDS[kind]}){re.escape(after)}" for kind, after in zip(self.kinds, self.literals[1:], strict=True)
        )
        match = re.fullmatch(re.escape(self.literals[0]) + "".join(groups), said)
        return match.groups() if match else None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that is known in both languages."""

    pairs: tuple[Pair, ...]
    """Sentences and clauses, those with most characters of their own first."""
    nouns: Mapping[str, str]
    flags: Mapping[str, PairTable]

    def in_japanese(self, said: str) -> str | None:
        """A text of one or several sentences in Japanese; None where some of it is not known."""
        whole = self._printed(said)
        if whole is not None:
            return whole
        parts = [self._printed(part) for part in SENTENCE_END.split(said)]
        known = [part for part in parts if part is not None]
        return "".join(known) if len(known) == len(parts) else None

    def _printed(self, said: str) -> str | None:
        """One sentence; a refusal is composed in lower case without a full stop, and printed as a sentence."""
        bare = said.removesuffix(".")
        forms = dict.fromkeys((said, bare, bare[:1].lower() + bare[1:]))
        return next((found for form in forms if (found := self._one(form)) is not None), None)

    def _one(self, said: str) -> str | None:
        """One noun, clause or sentence as it was composed."""
        if said in self.nouns:
            return self.nouns[said]
        return next((found for pair in self.pairs if (found := self._by(pair, said)) is not None), None)

    def _by(self, pair: Pair, said: str) -> str | None:
        """By one pair; None where it does not fit, or something that it must translate is not known."""
        values = pair.values(said)
        if values is None:
            return None
        put: list[str] = []
        for kind, value in zip(pair.kinds, values, strict=True):
            one = self._put(kind, value)
            if one is None:  # at once, so that a long text that is not known costs no more than a known one
                return None
            put.append(one)
        return HOLE.sub(lambda hole: put[int(hole[1])], pair.ja)

    def _put(self, kind: str, value: str) -> str | None:
        """What stands in Japanese for something that was put into a sentence."""
        match kind:
            case "text" | "part":
                return self._one(value)
            case "noun":
                return self.nouns.get(value)
            case "word":
                return self.nouns.get(value, value)
        return value


def in_japanese(sentence: str) -> str | None:
    """A reason, a need, a place or whatever iqa says of a scan, in Japanese.

    Parameters
    ----------
    sentence : str
        As it was composed and stored: one sentence or several, or a clause. What was put into it, such as numbers,
        names and values of headers, stands unchanged in the Japanese.

    Returns
    -------
    str or None
        None where some of it is not known in Japanese: show the English then. Nothing is half translated.
    """
    return load_sentences().in_japanese(sentence)


def flag_words(flag: str, language: Language) -> str:
    """A flag in words for a person; one that is not known, as it is."""
    found = _entry(flag, load_sentences().flags)
    return flag if found is None else found.ja if language == "ja" else found.en


def _entry(flag: str, flags: Mapping[str, PairTable]) -> PairTable | None:
    """By its name, else by the first pattern that fits."""
    return flags.get(flag) or next((words for name, words in flags.items() if fnmatchcase(flag, name)), None)


@cache
def load_sentences() -> Catalogue:
    """The shipped pairs.

    Raises
    ------
    DefinitionError
        The file is damaged.
    """
    file = shipped("reports") / "strings" / FILE
    return catalogue_of(file, read_bytes(file))


def catalogue_of(file: Path, content: bytes) -> Catalogue:
    """The pairs that a file holds.

    Raises
    ------
    DefinitionError
        It breaks its form, or the two sides of a pair have not the same placeholders.
    """
    table = validate(FileTable, parse(str(file), content), str(file), "")
    named = {f"{kind}.{n}": one for kind in ("sentence", "clause") for n, one in enumerate(getattr(table, kind), 1)}
    pairs = [_pair(one, str(file), key) for key, one in named.items()]
    flags = {name: validate(PairTable, one, str(file), f"flags.{name}") for name, one in table.flags.items()}
    return Catalogue(tuple(sorted(pairs, key=lambda p: -p.own)), table.nouns, flags)


def _pair(raw: Raw, file: str, key: str) -> Pair:
    table = validate(PairTable, raw, file, key)
    holes = list(HOLE.finditer(table.en))
    wanted = [str(number) for number in range(len(holes))]
    if [hole[1] for hole in holes] != wanted:
        raise DefinitionError(file, f"{key}.en", "placeholders {0}, {1} ... in their order", table.en)
    odd = next((hole[0] for hole in holes if (hole[2] or "") not in KINDS), None)
    if odd is not None:
        raise DefinitionError(file, f"{key}.en", f"placeholders of a kind among {', '.join(filter(None, KINDS))}", odd)
    if {hole[0] for hole in HOLE.finditer(table.ja)} != {f"{{{number}}}" for number in wanted}:
        raise DefinitionError(file, f"{key}.ja", f"the placeholders of '{table.en}'", table.ja)
    return Pair(tuple(HOLE.split(table.en)[::3]), tuple(hole[2] or "" for hole in holes), table.ja)
