"""Lists of names and phrases, and one pass that finds all of them in a batch of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from classifier.words import ALL_CAPITALS, CAPITAL, Hashes, Ints, Tags, Words, changes, split

NAMES = "names"  # the folder whose entries must stand in the text with their capitals, and become tags of words

# What a word is part of: one bit for each list of `names`, then what follows from capitals alone.
OUTLET, AMBIGUOUS_OUTLET, AGENCY, SHOW, PLATFORM, OUTLET_WORD, WIRE_SERVICE = (1 << bit for bit in range(7))
MONTH_OR_DAY, PLACE, TITLE, FIRST_NAME, SPEECH_VERB, FUNCTION_WORD, COMMON_WORD = (1 << bit for bit in range(7, 14))
OFFICIAL, STUDY, RECORD, INSIDER, AUDIENCE, OURSELVES, PRONOUN, RELAY, ADDRESSING, MEDIUM = (1 << bit for bit in range(14, 24))
PROPER_NAME = 1 << 24  # a capitalised word that is no common one and does not merely open a sentence
NAMED_MEDIA = OUTLET | AMBIGUOUS_OUTLET | AGENCY | SHOW | PLATFORM
_ORDINARY = COMMON_WORD | FUNCTION_WORD | SPEECH_VERB | TITLE | MONTH_OR_DAY
_TAG_OF_LIST = {
    "outlets": OUTLET, "outlets_ambiguous": AMBIGUOUS_OUTLET, "agencies": AGENCY, "shows": SHOW, "platforms": PLATFORM,
    "outlet_words": OUTLET_WORD, "wire_services": WIRE_SERVICE, "months_days": MONTH_OR_DAY, "places": PLACE, "titles": TITLE,
    "first_names": FIRST_NAME, "speech_verbs": SPEECH_VERB, "function_words": FUNCTION_WORD, "common_words": COMMON_WORD,
    "officials": OFFICIAL, "studies": STUDY, "records": RECORD, "insiders": INSIDER, "audience": AUDIENCE, "ourselves": OURSELVES,
    "pronouns": PRONOUN, "relays": RELAY, "addressing": ADDRESSING, "media": MEDIUM,
}  # fmt: skip
_SLOT_BITS = 17
_PAIR_BITS = 20  # of a table of the pairs of words that entries begin with, so large that few other pairs look alike
_LONGEST_TOLD = 7  # words; longer entries share its bit
_SHAPES = (CAPITAL | ALL_CAPITALS) + 1
_SHORTEST_SHOUTED = 4  # characters of an outlet that headlines in capitals may name: "US" is no "Us", and "DR" no doctor
_AT_START, _AT_END = 1, 2  # bits of an entry that stands at the edge of a line
_SEVERAL = -1
_STEP, _SPREAD = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_TOP, _PAIR_TOP = np.uint64(64 - _SLOT_BITS), np.uint64(64 - _PAIR_BITS)
_NOWHERE = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Phrases:
    """One list: its name (`family/list`), what its head says about it, and its entries as written."""

    name: str
    about: Mapping[str, Sequence[str]]
    entries: Sequence[str]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found among some words.

    Attributes:
        tags: bits of what each word is part of (OUTLET, SPEECH_VERB, PROPER_NAME …), shape (words,).
        first, last: the words of each phrase found, `last` not included, rising, shape (hits,).
        list: the place of its list among `names`, shape (hits,).
        names: of all lists.
    """

    tags: Tags
    first: Ints
    last: Ints
    list: Ints
    names: Sequence[str]

    def of(self, *lists: str) -> tuple[Ints, Ints]:
        """The first word, and the word after the last, of each phrase of some lists."""
        wanted = np.zeros(len(self.names), dtype=bool)
        wanted[[self.names.index(name) for name in lists]] = True
        hits = np.flatnonzero(wanted[self.list])
        return self.first[hits], self.last[hits]

    def without(self, keep: NDArray[np.bool_]) -> Found:
        """What was found among the words that are kept, told by their new places."""
        place = np.cumsum(keep) - 1
        hits = np.flatnonzero(keep[self.first] & keep[self.last - 1])
        first, last = place[self.first[hits]], place[self.last[hits] - 1] + 1
        return Found(self.tags[keep], first, last, self.list[hits], self.names)


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
    lines = text.splitlines()
    for line in [line for line in lines if line.startswith("#")]:
        key, colon, value = line[1:].strip().partition(": ")
        known = colon and key in ("seen", "resembles", "has", "lookalike")
        about.setdefault(key if known else "summary", []).append(value if known else line[1:].strip())
    return Phrases(name, about, [entry for line in lines if not line.startswith("#") and (entry := line.strip())])


class _Keys:
    """Some distinct hashes in order: the place of each is told by one look-up, or by a search where several share a slot."""

    def __init__(self, hashes: Hashes) -> None:
        self._hashes = np.append(hashes, np.uint64(0))  # the last stands for all that are not there
        slots, places, shared = np.unique(hashes >> _TOP, return_index=True, return_counts=True)
        self._place_of = np.full(1 << _SLOT_BITS, len(hashes), dtype=np.int32)
        self._place_of[slots] = np.where(shared > 1, _SEVERAL, places)

    def __len__(self) -> int:
        return len(self._hashes) - 1

    def places(self, hashes: Hashes) -> Ints:
        """The place of each hash, and the number of all for one that is not there."""
        place = self._place_of[(hashes >> _TOP).view(np.int64)].astype(np.int64)
        several = np.flatnonzero(place == _SEVERAL)
        place[several] = np.searchsorted(self._hashes[:-1], hashes[several])
        place[self._hashes[place] != hashes] = len(self)
        return place


class _Table:
    """The entries of one length in words, found by the hash of their words in one look-up."""

    def __init__(self, hashes: Hashes, entries: Ints) -> None:
        order = np.argsort(hashes, kind="stable")
        self.entries = entries[order]
        keys, self.begin, self.count = np.unique(hashes[order], return_index=True, return_counts=True)
        self.keys = _Keys(keys)

    def match(self, hashes: Hashes) -> tuple[Ints, Ints]:
        """Positions of `hashes` that stand for an entry, rising, and the entry of each."""
        key = self.keys.places(hashes)
        known = np.flatnonzero(key < len(self.keys))
        key = key[known]
        count = self.count[key]
        position = np.repeat(known, count)
        place = np.repeat(self.begin[key] - np.cumsum(count) + count, count) + np.arange(len(position))
        return position, self.entries[place]


class _Singles:
    """What single words are by themselves, told by one look-up a word: most words of a text are on some list of names."""

    def __init__(self, hashes: Hashes, tags: Tags, fits: NDArray[np.bool_], more: NDArray[np.bool_]) -> None:
        """Entries by the hash of their word: its tag, the shapes that it may have in a text, whether a longer look has to decide."""
        keys, place = np.unique(hashes, return_inverse=True)
        self._keys = _Keys(keys)
        self._tags = np.zeros(_SHAPES * (len(keys) + 1), dtype=np.int32)  # of a key in each shape
        self._more = np.zeros(len(keys) + 1, dtype=np.uint8)
        for shape in range(_SHAPES):
            chosen = fits[:, shape] & ~more
            np.bitwise_or.at(self._tags, _SHAPES * place[chosen] + shape, tags[chosen])
        self._more[place[more]] = 1 << 1

    def read(self, hashes: Hashes, shape: NDArray[np.uint8]) -> tuple[Tags, NDArray[np.uint8]]:
        """The tags of some words, and the bit of size one for those at which to look longer."""
        key = self._keys.places(hashes)
        return self._tags[_SHAPES * key + (shape & (CAPITAL | ALL_CAPITALS))], self._more[key]


class Lexicon:
    """Phrase lists compiled for search: a phrase is found by the hash of its words, whatever stands between them.

    A phrase lies inside one sentence; `^` before it asks for the start of a line, `$` after it for the end.
    Entries of the folder `names` must have their capitals in the text, and are found in the genitive too; a single word that an
    entry writes all in capitals must stand so.
    """

    def __init__(self, lists: Sequence[Phrases]) -> None:
        self.lists = lists
        self.names = [phrases.name for phrases in lists]
        folders = [name.partition("/") for name in self.names]
        self._tag_of = np.array([_TAG_OF_LIST[name] if folder == NAMES else 0 for folder, _, name in folders], dtype=np.int32)
        self._owner = np.repeat(np.arange(len(lists)), np.array([len(phrases.entries) for phrases in lists], dtype=np.int64))
        self._is_name = np.array([folder == NAMES for folder, _, _ in folders], dtype=bool)[self._owner]
        self._compile([entry for phrases in lists for entry in phrases.entries])

    def _compile(self, entries: Sequence[str]) -> None:
        """Tables of all entries by their length in words; all are split in one pass."""
        words = split("\n".join(entries))
        if len(words.lines) != len(entries) or len(np.unique(words.line)) != len(entries):
            raise ValueError("an entry of a list holds no word")
        self._anchors = np.zeros(len(entries), dtype=np.int64)
        self._anchors[[row for row, entry in enumerate(entries) if entry[0] == "^"]] |= _AT_START
        self._anchors[[row for row, entry in enumerate(entries) if entry[-1] == "$"]] |= _AT_END
        self._capitals = np.zeros(len(entries), dtype=np.int64)
        self._pairs = np.zeros(1 << _PAIR_BITS, dtype=np.uint8)
        self._tables = {}
        sizes = np.bincount(words.line, minlength=len(entries)) if len(words) else np.zeros(0, dtype=np.int64)
        begin = np.cumsum(sizes) - sizes
        for size in np.unique(sizes).tolist():
            rows = np.flatnonzero(sizes == size)
            places = begin[rows][:, None] + np.arange(size)
            capital = ((words.shape[places] & CAPITAL) > 0) & self._is_name[rows][:, None]
            self._capitals[rows] = capital @ (1 << np.arange(size))
            if size > 1:
                self._pairs[_chain(words.hash, begin[rows], 2) >> _PAIR_TOP] |= np.uint8(1 << min(size, _LONGEST_TOLD))
                self._tables[size] = _Table(_chain(words.hash, begin[rows], size), rows)
        single = np.flatnonzero(sizes == 1)
        self._compile_singles(words, begin[single], single)

    def _compile_singles(self, words: Words, places: Ints, rows: Ints) -> None:
        """The entries of one word: names are told at a glance, phrases and what stands at the edge of a line by a longer look."""
        hashes, tags, shape = _chain(words.hash, places, 1), self._tag_of[self._owner[rows]], words.shape[places]
        more = (tags == 0) | (self._anchors[rows] > 0)
        small, shouted = (shape & CAPITAL) == 0, (shape & ALL_CAPITALS) > 0
        short = ((tags & NAMED_MEDIA) > 0) & (words.end[places] - words.start[places] < _SHORTEST_SHOUTED)
        fits = np.zeros((len(rows), _SHAPES), dtype=bool)
        fits[:, 0], fits[:, CAPITAL], fits[:, CAPITAL | ALL_CAPITALS] = small, small | ~shouted, small | shouted | ~short
        self._singles = _Singles(hashes, tags, fits, more)
        self._tables[1] = _Table(hashes[more], rows[more])

    def find(self, words: Words) -> Found:
        """Every entry of every list among some words."""
        genitive = words.stem != words.hash
        tags, likely = self._glance(words, np.flatnonzero(genitive))
        first, last, owner = self._search(words, likely, genitive)
        self._tag(tags, words, first, last, owner)
        order = np.flatnonzero(self._tag_of[owner] == 0)
        order = order[np.lexsort((last[order], first[order]))]
        return Found(tags, first[order], last[order], owner[order], self.names)

    def _glance(self, words: Words, genitive: Ints) -> tuple[Tags, NDArray[np.uint8]]:
        """The tags that words have by themselves, and for each word bits of the sizes of entries that may begin with it."""
        chain = _extend(None, words.hash)
        tags, likely = self._singles.read(chain, words.shape)
        likely[:-1] |= self._sizes(_extend(chain[:-1], words.hash[1:]))
        stems = words.stem[genitive]
        own_tags, own_likely = self._singles.read(_extend(None, stems), words.shape[genitive])
        tags[genitive] |= own_tags
        likely[genitive] |= own_likely
        later = genitive > 0
        before = genitive[later] - 1
        likely[before] |= self._sizes(_extend(chain[before], stems[later]))
        return tags, likely

    def _sizes(self, pairs: Hashes) -> NDArray[np.uint8]:
        """Bits of the sizes of entries that may begin with each of some pairs of words."""
        return self._pairs[(pairs >> _PAIR_TOP).view(np.int64)]

    def _tag(self, tags: Tags, words: Words, first: Ints, last: Ints, owner: Ints) -> None:
        """Add the tags of what was found to those of the words, and tell proper names."""
        bits = self._tag_of[owner]
        names = np.flatnonzero(bits > 0)
        bits, place, end = bits[names], first[names], last[names]
        while len(place):
            np.bitwise_or.at(tags, place, bits)
            longer = np.flatnonzero(place + 1 < end)
            bits, place, end = bits[longer], place[longer] + 1, end[longer]
        capital = np.flatnonzero((words.shape & CAPITAL) > 0)
        own, opening = tags[capital], changes(words.sentence)[capital]
        own[_of_others(words, capital, opening)] &= ~OURSELVES
        tags[capital] = own
        proper = ((own & _ORDINARY) == 0) & (~opening | ((own & FIRST_NAME) > 0))
        tags[capital[proper]] |= PROPER_NAME

    def _search(self, words: Words, likely: NDArray[np.uint8], genitive: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
        """The first word, the word after the last, and the list of each entry found, but for what was told at a glance."""
        starts = changes(words.line)
        ends = np.append(starts[1:], True)
        places = np.flatnonzero(likely > 0)
        sizes = likely[places]
        found = [(_NOWHERE, _NOWHERE, _NOWHERE)]
        for size, table in self._tables.items():
            begin = places[(sizes & (1 << min(size, _LONGEST_TOLD))) > 0]
            begin = begin[begin + size <= len(words)]
            begin = begin[words.sentence[begin] == words.sentence[begin + size - 1]]
            place, entry = self._entries(words, begin, size, table, genitive)
            first, last = begin[place], begin[place] + size
            good = _has_capitals(words.shape, first, self._capitals[entry], size)
            for bit, there in ((_AT_START, starts[first]), (_AT_END, ends[last - 1])):
                good &= ((self._anchors[entry] & bit) == 0) | there
            found.append((first[good], last[good], self._owner[entry[good]]))
        first, last, owner = (np.concatenate(column) for column in zip(*found, strict=True))
        return first, last, owner

    def _entries(self, words: Words, begin: Ints, size: int, table: _Table, genitive: NDArray[np.bool_]) -> tuple[Ints, Ints]:
        """Which runs of words are entries, and which entries; only the last word of a name takes the genitive ("the Gazette's editor")."""
        last = begin + (size - 1)
        chain = _chain(words.hash, begin, size - 1) if size > 1 else None
        place, entry = table.match(_extend(chain, words.hash[last]))
        owned = np.flatnonzero(genitive[last])
        again, name = table.match(_extend(None if chain is None else chain[owned], words.stem[last[owned]]))
        is_name = self._is_name[name]
        return np.concatenate((place, owned[again[is_name]])), np.concatenate((entry, name[is_name]))


def _of_others(words: Words, capital: Ints, opening: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which capitalized words mean somebody else by "us" or "our": "told US lawmakers", "told Us", but not "TELL US" or "Contact Us"."""
    before, after = words.shape[np.maximum(capital - 1, 0)], words.shape[np.minimum(capital + 1, len(words) - 1)]
    shouted = (words.shape[capital] & ALL_CAPITALS) > 0
    alone = shouted & ((before & ALL_CAPITALS) == 0) & ((after & ALL_CAPITALS) == 0)
    found: NDArray[np.bool_] = ~opening & ((before & CAPITAL) == 0) | alone
    return found


def _extend(chain: Hashes | None, hashes: Hashes) -> Hashes:
    """Hashes of the runs of words one longer than those of `chain`."""
    if chain is None:
        return (hashes + _STEP) * _SPREAD
    return (chain * _STEP + hashes) * _SPREAD


def _chain(hashes: Hashes, begin: Ints, size: int) -> Hashes:
    """The hash of so many words from each of some places on."""
    chain = _extend(None, hashes[begin])
    for step in range(1, size):
        chain = _extend(chain, hashes[begin + step])
    return chain


def _has_capitals(shape: NDArray[np.uint8], first: Ints, wanted: Ints, size: int) -> NDArray[np.bool_]:
    good = np.ones(len(first), dtype=bool)
    for place in range(size):
        asked = np.flatnonzero((wanted >> place) & 1)
        good[asked] &= (shape[first[asked] + place] & CAPITAL) > 0
    return good


@cache
def shipped() -> Lexicon:
    """The lexicon that comes with the package."""
    return Lexicon(read_lists(files("classifier") / "lists"))
