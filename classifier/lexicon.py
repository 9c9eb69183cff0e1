"""Lists of names and phrases, and one pass that finds all of them in a batch of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.words import CAPITAL, Hashes, Ints, Words, split

NAMES = "names"  # the folder whose entries must stand in the text with their capitals, and become tags of words

# What a word is part of: one bit for each list of `names`, then what follows from capitals alone.
OUTLET, AMBIGUOUS_OUTLET, AGENCY, SHOW, PLATFORM, OUTLET_WORD, WIRE_SERVICE = (1 << bit for bit in range(7))
MONTH_OR_DAY, PLACE, TITLE, FIRST_NAME, SPEECH_VERB, FUNCTION_WORD, COMMON_WORD = (1 << bit for bit in range(7, 14))
OFFICIAL, STUDY, RECORD, INSIDER, AUDIENCE, OURSELVES, PRONOUN, RELAY, ADDRESSING = (1 << bit for bit in range(14, 23))
PROPER_NAME = 1 << 23  # a capitalised word that is no common one and does not merely open a sentence
_TAG_OF_LIST = {
    "outlets": OUTLET, "outlets_ambiguous": AMBIGUOUS_OUTLET, "agencies": AGENCY, "shows": SHOW, "platforms": PLATFORM,
    "outlet_words": OUTLET_WORD, "wire_services": WIRE_SERVICE, "months_days": MONTH_OR_DAY, "places": PLACE, "titles": TITLE,
    "first_names": FIRST_NAME, "speech_verbs": SPEECH_VERB, "function_words": FUNCTION_WORD, "common_words": COMMON_WORD,
    "officials": OFFICIAL, "studies": STUDY, "records": RECORD, "insiders": INSIDER, "audience": AUDIENCE, "ourselves": OURSELVES,
    "pronouns": PRONOUN, "relays": RELAY, "addressing": ADDRESSING,
}  # fmt: skip
_BLOOM_BITS = 18
_STEP, _SPREAD = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_TOP = np.uint64(64 - _BLOOM_BITS)


@dataclass(frozen=True)
class Phrases:
    """One list: its name (`family/list`), what its head says about it, and its entries as written."""

    name: str
    about: Mapping[str, Sequence[str]]
    entries: Sequence[str]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in one text.

    Attributes:
        tags: bits of what each word is part of (OUTLET, SPEECH_VERB, PROPER_NAME …), shape (words,).
        phrases: for each list that was found, the words of each hit as (first, after the last).
    """

    tags: Ints
    phrases: Mapping[str, Sequence[tuple[int, int]]]

    def without(self, keep: NDArray[np.bool_]) -> Found:
        """What was found among the words that are kept, told by their new places."""
        place = (np.cumsum(keep) - 1).tolist()
        flags = keep.tolist()
        phrases = {
            name: [(place[first], place[last - 1] + 1) for first, last in hits if flags[first] and flags[last - 1]]
            for name, hits in self.phrases.items()
        }
        return Found(self.tags[keep], phrases)


def read_lists(folder: Traversable) -> list[Phrases]:
    """All lists below a folder, sorted by name."""
    found: list[Phrases] = []
    for family in sorted(folder.iterdir(), key=lambda path: path.name):
        if not family.is_dir():
            continue
        paths = sorted((path for path in family.iterdir() if path.name.endswith(".txt")), key=lambda path: path.name)
        found.extend(parse_list(f"{family.name}/{path.name[:-4]}", path.read_text(encoding="utf-8")) for path in paths)
    return found


def parse_list(name: str, text: str) -> Phrases:
    """A list from its file: `# key: value` lines, then one entry a line."""
    about: dict[str, list[str]] = {}
    entries = []
    for line in text.splitlines():
        if line.startswith("#"):
            key, colon, value = line[1:].strip().partition(": ")
            known = colon and key in ("seen", "resembles", "has", "lookalike")
            about.setdefault(key if known else "summary", []).append(value if known else line[1:].strip())
        elif line.strip():
            entries.append(line.strip())
    return Phrases(name, about, entries)


class _Table:
    """The entries of one length in words, found by the hash of their words."""

    def __init__(self, hashes: Hashes, owner: Ints, capitals: Ints, anchors: Ints) -> None:
        order = np.argsort(hashes, kind="stable")
        self.keys, self.begin, self.count = np.unique(hashes[order], return_index=True, return_counts=True)
        self.owner, self.capitals, self.anchors = owner[order], capitals[order], anchors[order]
        self.bloom = np.zeros(1 << _BLOOM_BITS, dtype=bool)
        self.bloom[self.keys >> _TOP] = True

    def match(self, hashes: Hashes) -> tuple[Ints, Ints]:
        """Positions of `hashes` that stand for an entry, and the entry of each."""
        maybe = np.flatnonzero(self.bloom[hashes >> _TOP])
        slot = np.searchsorted(self.keys, hashes[maybe])
        slot[slot == len(self.keys)] = 0
        sure = self.keys[slot] == hashes[maybe]
        maybe, slot = maybe[sure], slot[sure]
        count = self.count[slot]
        position = np.repeat(maybe, count)
        entry = np.repeat(self.begin[slot] - np.cumsum(count) + count, count) + np.arange(len(position))
        return position, entry


class Lexicon:
    """Phrase lists compiled for search: a phrase is found by the hash of its words, whatever stands between them.

    A phrase lies inside one sentence; `^` before it asks for the start of a line, `$` after it for the end.
    Entries of the folder `names` must have their capitals in the text, and are found in the genitive too.
    """

    def __init__(self, lists: Sequence[Phrases]) -> None:
        self.lists = lists
        self.names = [phrases.name for phrases in lists]
        folders = [name.partition("/") for name in self.names]
        self._tag_of = np.array([_TAG_OF_LIST[name] if folder == NAMES else 0 for folder, _, name in folders], dtype=np.int64)
        self._tables = {is_name: self._compile(is_name) for is_name in (False, True)}

    def _compile(self, is_name: bool) -> dict[int, _Table]:
        """The entries of the names or of the phrases, by their length in words; all are split in one pass."""
        lists = [index for index, name in enumerate(self.names) if name.startswith(NAMES + "/") == is_name]
        entries = [entry for index in lists for entry in self.lists[index].entries]
        owner = np.repeat(lists, [len(self.lists[index].entries) for index in lists])
        anchors = np.array([entry.startswith("^") + 2 * entry.endswith("$") for entry in entries], dtype=np.int64)
        words = split("\n".join(entries))
        if len(words.lines) != len(entries) or len(np.unique(words.line)) != len(entries):
            raise ValueError("an entry of a list holds no word")
        sizes = np.bincount(words.line, minlength=len(entries)) if len(words) else np.zeros(0, dtype=np.int64)
        begin = np.cumsum(sizes) - sizes
        tables = {}
        for size in np.unique(sizes).tolist():
            rows = np.flatnonzero(sizes == size)
            places = begin[rows][:, None] + np.arange(size)
            capital = (words.shape[places] & CAPITAL) > 0 if is_name else np.zeros(places.shape, dtype=bool)
            tables[size] = _Table(_chain(words.hash[places]), owner[rows], capital @ (1 << np.arange(size)), anchors[rows])
        return tables

    def find(self, batch: Sequence[Words]) -> list[Found]:
        """Every entry of every list in each text of a batch."""
        offsets = np.concatenate(([0], np.cumsum([len(words) for words in batch])))
        first, last, owner = self._search(batch)
        tags = self._tag(batch, first, last, owner)
        order = np.flatnonzero(self._tag_of[owner] == 0)
        order = order[np.lexsort((last[order], first[order]))]
        first, last, owner = first[order], last[order], owner[order]
        cuts = np.searchsorted(first, offsets)
        result = []
        for k, offset in enumerate(offsets[:-1].tolist()):
            phrases: dict[str, list[tuple[int, int]]] = {}
            hits = slice(cuts[k], cuts[k + 1])
            for a, b, index in zip(first[hits].tolist(), last[hits].tolist(), owner[hits].tolist(), strict=True):
                phrases.setdefault(self.names[index], []).append((a - offset, b - offset))
            result.append(Found(tags[offset : offsets[k + 1]], phrases))
        return result

    def _tag(self, batch: Sequence[Words], first: Ints, last: Ints, owner: Ints) -> Ints:
        """The tags of all words of a batch."""
        shape = np.concatenate([words.shape for words in batch])
        sentence = _run_together([words.sentence for words in batch])
        tags = np.zeros(len(shape), dtype=np.int64)
        bits = self._tag_of[owner]
        for bit in np.unique(bits[bits > 0]).tolist():
            of_bit = np.flatnonzero(bits == bit)
            begin, size = first[of_bit], last[of_bit] - first[of_bit]
            for place in range(int(size.max())):
                tags[begin[size > place] + place] |= bit
        opening = np.concatenate(([True], sentence[1:] != sentence[:-1]))
        ordinary = (tags & (COMMON_WORD | FUNCTION_WORD | SPEECH_VERB | TITLE | MONTH_OR_DAY)) > 0
        proper = ((shape & CAPITAL) > 0) & ~ordinary & (~opening[: len(shape)] | ((tags & FIRST_NAME) > 0))
        tags[proper] |= PROPER_NAME
        return tags

    def _search(self, batch: Sequence[Words]) -> tuple[Ints, Ints, Ints]:
        total = sum(len(words) for words in batch)
        if not total:
            return (np.zeros(0, dtype=np.int64),) * 3
        sentence = _run_together([words.sentence for words in batch])
        line = _run_together([words.line for words in batch])
        capital = np.concatenate([words.shape for words in batch]) & CAPITAL
        starts = np.concatenate(([True], line[1:] != line[:-1]))
        ends = np.concatenate((starts[1:], [True]))
        none = np.zeros(0, dtype=np.int64)
        found = [(none, none, none)]
        hashes = np.concatenate([words.hash for words in batch])
        stems = np.concatenate([words.stem for words in batch])
        genitives = np.flatnonzero(stems != hashes)
        for is_name in (False, True):
            chain: Hashes | None = None
            shorter: Hashes | None = None
            tables = self._tables[is_name]
            for size in range(1, 1 + max(tables, default=0)):
                if size > total:
                    break
                shorter, chain = chain, _extend(chain, hashes[size - 1 :])
                table = tables.get(size)
                if table is None:
                    continue
                first, entry = table.match(chain)
                if is_name:  # only the last word of a name takes the genitive: "Miner's Weekly's editor"
                    at = genitives[genitives >= size - 1] - (size - 1)
                    place, more = table.match(_extend(shorter if shorter is None else shorter[at], stems[at + size - 1]))
                    first, entry = np.concatenate((first, at[place])), np.concatenate((entry, more))
                good = sentence[first] == sentence[first + size - 1]
                anchors = table.anchors[entry]
                good &= ((anchors & 1) == 0) | starts[first]
                good &= ((anchors & 2) == 0) | ends[first + size - 1]
                if is_name:
                    good &= _has_capitals(capital, first, table.capitals[entry], size)
                first = first[good]
                found.append((first, first + size, table.owner[entry[good]]))
        first, last, owner = (np.concatenate(column) for column in zip(*found, strict=True))
        return first, last, owner


def _extend(chain: Hashes | None, hashes: Hashes) -> Hashes:
    """Hashes of the runs of words one longer than those of `chain`."""
    if chain is None:
        return (hashes + _STEP) * _SPREAD
    return (chain[: len(hashes)] * _STEP + hashes) * _SPREAD


def _chain(hashes: Hashes) -> Hashes:
    """The hash of each row of words, shape (rows, words) to (rows,)."""
    chain = (hashes[:, 0] + _STEP) * _SPREAD
    for place in range(1, hashes.shape[1]):
        chain = (chain * _STEP + hashes[:, place]) * _SPREAD
    return chain


def _has_capitals(capital: NDArray[np.integer[Any]], first: Ints, wanted: Ints, size: int) -> NDArray[np.bool_]:
    good = np.ones(len(first), dtype=bool)
    for place in range(size):
        good &= ((wanted >> place) & 1 == 0) | (capital[first + place] > 0)
    return good


def _run_together(columns: Sequence[Ints]) -> Ints:
    """Indices of several texts made distinct, so that neighbors from two texts never agree."""
    base, parts = 0, []
    for column in columns:
        parts.append(column + base)
        base += int(column[-1]) + 1 if len(column) else 0
    return np.concatenate(parts)


@cache
def shipped() -> Lexicon:
    """The lexicon that comes with the package."""
    return Lexicon(read_lists(files("classifier") / "lists"))
