"""What a line of a page looks like: one function a family, one number a line."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier import characters as ch
from classifier.boilerplate.near import Near
from classifier.boilerplate.sheet import KINDS, PROSE_WORDS, Floats, Sheet, ranked
from classifier.words import ALL_CAPITALS, CAPITAL, GAP_COMMA, GAP_STOP, NUMBER, Ints, changes, word_hashes

_FUNCTION_WORDS = (
    "the of and to in a that is was for on with as at by it be from are this have has had not but were an they he she his her "
    "their its which who will would been said or we after if when there also than more about into over so no could one"
)
_TOP = np.uint64(48)  # bits of a hash that are dropped where a table is read by the others
_LINK, _BULLET, _AT, _COPYRIGHT, _COLON = 1, 2, 4, 8, 16  # what marks are for, a bit each
_MARKS = {_LINK: "|·•»›→>/⁄", _BULLET: "-*•·–—+>#", _AT: "@", _COPYRIGHT: "©®™", _COLON: ":"}
_LONG = 5  # letters: shorter words say little of a line's subject
_FUNCTION_SHARE = 0.15
_SURE = -2.0  # logits: prose that is less likely boilerplate than this is the article's
_SHAPES = np.uint8(CAPITAL | ALL_CAPITALS | NUMBER)
_BITS = (np.arange(16)[:, None] >> np.arange(4) & 1).astype(np.float64)  # which bits a code of four bits has


def dense(sheet: Sheet, score: Floats) -> dict[str, Floats]:
    """Every feature of every line by name, given the score of its words."""
    own = alone(sheet, score)
    prose = (sheet.words >= PROSE_WORDS) & (own["ends_stop"] > 0) & (own["function_share"] > _FUNCTION_SHARE)
    own |= {"prose": prose.astype(np.float64), **echoes_of(sheet, prose)}
    told = {name: own[name] for name in ("log_words", "ends_stop", "capital_share", "word_score", "phrase_cover", "prose")}
    return {**own, **place_of(sheet, own["prose"]), **neighbors_of(sheet.near, told), **page_of(sheet, own["prose"], score)}


def alone(sheet: Sheet, score: Floats) -> dict[str, Floats]:
    """The features that a line, or a sentence, has whatever stands around it."""
    return {**shape_of(sheet), **edges_of(sheet), **marks_of(sheet), **phrases_of(sheet), "word_score": score}


def shape_of(sheet: Sheet) -> dict[str, Floats]:
    """Length, letters and punctuation of each line."""
    words, length = np.maximum(sheet.words, 1), (sheet.spans[:, 1] - sheet.spans[:, 0]).astype(np.float64)
    letters = sheet.total(sheet.end - sheet.start)
    function = _is_function_word()[(sheet.hash >> _TOP).view(np.int64)]
    kinds = _counts(sheet, (sheet.shape & _SHAPES) | (function << 3), 16)
    gaps = _counts(sheet, sheet.gap & np.uint8(GAP_STOP | GAP_COMMA), 4)
    last = sheet.gap[sheet.closing[sheet.filled]]
    inner = {bit: gaps @ ((np.arange(4) & bit) > 0) for bit in (GAP_STOP, GAP_COMMA)}
    for bit, count in inner.items():
        count[sheet.filled] -= (last & bit) > 0
    shares = kinds @ _BITS / words[:, None]
    return {
        "log_characters": np.log1p(length),
        "log_words": np.log1p(sheet.words),
        "word_length": np.minimum(letters / words / 10, 3.0),
        "mark_share": (length - letters - sheet.words) / length,
        **dict(zip(("capital_share", "all_capitals_share", "number_share", "function_share"), shares.T, strict=True)),
        "log_sentences": np.log1p(inner[GAP_STOP]),
        "commas": np.log1p(inner[GAP_COMMA]),
    }


def _counts(sheet: Sheet, codes: NDArray[np.integer[Any]], most: int) -> Floats:
    """How many words of each line have each code, shape (lines, most)."""
    return np.bincount(sheet.line * most + codes, minlength=len(sheet) * most).reshape(len(sheet), most).astype(np.float64)


@cache
def _is_function_word() -> NDArray[np.uint8]:
    table = np.zeros(1 << 16, dtype=np.uint8)
    table[(word_hashes(_FUNCTION_WORDS) >> _TOP).view(np.int64)] = 1
    return table


def edges_of(sheet: Sheet) -> dict[str, Floats]:
    """What each line begins and ends with."""
    classes = ch.tables()[0]
    start, end = sheet.spans[:, 0], sheet.spans[:, 1]
    opening, point = sheet.points[start], sheet.points[end - 1]
    first, last = classes[opening], classes[point]
    closing = (last == ch.CLOSE_QUOTE) | (last == ch.STRAIGHT_QUOTE) | (last == ch.CLOSE_BRACKET) | (last == ch.APOSTROPHE)
    stop = np.where(closing, classes[sheet.points[np.maximum(end - 2, start)]], last) == ch.STOP
    quote = (first == ch.OPEN_QUOTE) | (first == ch.STRAIGHT_QUOTE) | (first == ch.APOSTROPHE)
    flags = {
        "ends_stop": stop, "ends_quote": closing, "ends_question": point == ord("?"), "ends_colon": point == ord(":"),
        "ends_ellipsis": point == ord("…"), "starts_lower": first == ch.LOWER, "starts_digit": first == ch.DIGIT,
        "starts_quote": quote, "starts_bullet": (_mark_table()[_low(opening)] & _BULLET) > 0, "starts_bracket": first == ch.OPEN_BRACKET,
    }  # fmt: skip
    return {name: flag.astype(np.float64) for name, flag in flags.items()}


@cache
def _mark_table() -> NDArray[np.uint8]:
    """What each code point below 0x2200 is for."""
    table = np.zeros(0x2200, dtype=np.uint8)
    for bit, marks in _MARKS.items():
        table[[ord(mark) for mark in marks]] |= bit
    return table


def _low(points: NDArray[np.integer[Any]]) -> Ints:
    low: Ints = np.minimum(points, 0x21FF).astype(np.int64)
    return low


def marks_of(sheet: Sheet) -> dict[str, Floats]:
    """Marks that links, addresses, tables and notices are made of."""
    places, points = sheet.marks
    table = _mark_table()[_low(points)]
    chosen = np.flatnonzero((table & ~np.uint8(_BULLET)) > 0)
    places, marks = places[chosen], table[chosen]
    line = sheet.line_of_character(places)
    held = (line >= 0) & (places < np.append(sheet.spans[:, 1], 0)[line])
    line, marks = line[held], marks[held]
    bits = {"separators": _LINK, "at_signs": _AT, "copyright": _COPYRIGHT, "colons": _COLON}
    return {name: np.log1p(sheet.count(line[(marks & bit) > 0])) for name, bit in bits.items()}


def phrases_of(sheet: Sheet) -> dict[str, Floats]:
    """Whether phrases of each kind stand in a line, and the share of its words that they cover."""
    first, last, kind = sheet.hits.T
    line = sheet.line[first]
    present = np.zeros((len(KINDS), len(sheet)))
    present[kind, line] = 1.0
    cover = np.minimum(sheet.count(line, last - first) / np.maximum(sheet.words, 1), 1.0)
    return {**{f"phrase_{name}": row for name, row in zip(KINDS, present, strict=True)}, "phrase_cover": cover}


def echoes_of(sheet: Sheet, prose: NDArray[np.bool_]) -> dict[str, Floats]:
    """Whether the same line stands elsewhere in the page, and the share of its long words that other lines have too."""
    long = np.flatnonzero(sheet.end - sheet.start >= _LONG)
    count = sheet.count(sheet.line[long])
    line, shared, in_prose = _shared(sheet, long, prose)
    return {
        "echo": sheet.count(line[shared]) / np.maximum(count, 1),
        "echo_of_prose": sheet.count(line[in_prose]) / np.maximum(count, 1),
        "long_words": np.log1p(count),
        "repeated": np.log1p(sheet.again),
    }


def _shared(sheet: Sheet, words: Ints, prose: NDArray[np.bool_]) -> tuple[Ints, NDArray[np.bool_], NDArray[np.bool_]]:
    """The lines of some words, in another order, and which of those words other lines of the page have too; which of these prose."""
    line = sheet.line[words]
    keys, order = ranked(sheet.document[line], sheet.hash[words])
    line = line[order]
    begin = np.flatnonzero(changes(keys))
    size = np.diff(np.append(begin, len(keys)))
    several = line[begin] != line[begin + size - 1]
    told = several & (np.logical_or.reduceat(prose[line], begin) if len(begin) else several)
    return line, np.repeat(several, size), np.repeat(told, size)


def headlines(sheet: Sheet) -> NDArray[np.bool_]:
    """Lines of four words or more that a page says twice, here above its first prose: title and heading are often one."""
    prose = (sheet.words >= PROSE_WORDS).astype(np.float64)
    twice: NDArray[np.bool_] = (sheet.words >= 4) & (before(sheet, prose) == 0) & (sheet.again > 0)
    return twice


def speeches(sheet: Sheet) -> NDArray[np.bool_]:
    """Lines of a sentence or more that open with a quotation mark."""
    first = ch.tables()[0][sheet.points[sheet.spans[:, 0]]]
    spoken: NDArray[np.bool_] = (sheet.words >= PROSE_WORDS) & ((first == ch.OPEN_QUOTE) | (first == ch.STRAIGHT_QUOTE))
    return spoken


def enclosed(sheet: Sheet, logits: Floats) -> NDArray[np.bool_]:
    """Lines that stand between paragraphs that surely are the article."""
    article = _surely_article(sheet, logits).astype(np.float64)
    earlier = before(sheet, article)
    inside: NDArray[np.bool_] = (earlier > 0) & (sheet.per_document(article)[sheet.document] > earlier + article)
    return inside


def _surely_article(sheet: Sheet, logits: Floats) -> NDArray[np.bool_]:
    sure: NDArray[np.bool_] = (logits < _SURE) & (sheet.words >= PROSE_WORDS)
    return sure


def place_of(sheet: Sheet, prose: Floats) -> dict[str, Floats]:
    """Where a line stands: from both ends, and how much prose is before and after it."""
    after = sheet.size - 1 - sheet.place
    mass = prose * sheet.words
    total = np.maximum(sheet.per_document(mass), 1)[sheet.document]
    earlier, number = before(sheet, mass), before(sheet, prose)
    remaining = sheet.per_document(prose)[sheet.document] - number - prose
    back, ahead = sheet.near.distances(prose > 0)
    return {
        "log_from_start": np.log1p(sheet.place.astype(np.float64)),
        "log_from_end": np.log1p(after.astype(np.float64)),
        "relative_place": sheet.place / np.maximum(sheet.size - 1, 1),
        "is_first": (sheet.place == 0).astype(np.float64),
        "is_last": (after == 0).astype(np.float64),
        "prose_before": earlier / total,
        "prose_after": np.maximum(total - earlier - mass, 0) / total,
        "log_prose_before": np.log1p(number),
        "log_prose_after": np.log1p(np.maximum(remaining, 0)),
        "prose_back": back,
        "prose_ahead": ahead,
    }


def before(sheet: Sheet, values: Floats) -> Floats:
    """The sum of a column over the lines before each line of its page."""
    total = np.concatenate(([0.0], np.cumsum(values)))
    earlier: Floats = total[:-1] - total[sheet.first[sheet.document]]
    return earlier


def neighbors_of(near: Near, columns: Mapping[str, Floats]) -> dict[str, Floats]:
    """Features of the lines one and two before and after, and their mean over four lines on either side."""
    values = np.stack(list(columns.values()))
    found: dict[str, Floats] = {}
    for step in (-2, -1, 1, 2):
        found |= {f"{name}{step:+d}": row for name, row in zip(columns, near.at(values, step), strict=True)}
    return found | {f"{name}_around": row for name, row in zip(columns, near.around(values, 4), strict=True)}


def page_of(sheet: Sheet, prose: Floats, score: Floats) -> dict[str, Floats]:
    """What the page as a whole is like, told to each of its lines: extractor output or all that is visible."""
    lines = np.maximum(np.diff(sheet.first), 1)
    words = np.maximum(sheet.per_document(sheet.words), 1)
    columns = {
        "page_log_lines": np.log1p(lines),
        "page_log_words": np.log1p(words),
        "page_prose_share": sheet.per_document(prose * sheet.words) / words,
        "page_prose_lines": sheet.per_document(prose) / lines,
        "page_short_lines": sheet.per_document((sheet.words < 6).astype(np.float64)) / lines,
        "page_word_score": sheet.per_document(score) / lines,
    }
    return {name: values[sheet.document] for name, values in columns.items()}


def second_look(sheet: Sheet, logits: Floats) -> dict[str, Floats]:
    """What the first look says of a line, of its surroundings, and of where the article stands."""
    near = sheet.near
    article = 1 / (1 + np.exp(logits))
    mass = article * sheet.words
    total = np.maximum(sheet.per_document(mass), 1.0)[sheet.document]
    earlier = before(sheet, mass)
    back, ahead = near.distances(_surely_article(sheet, logits))
    both = np.stack((logits, mass))
    closely = near.around(both, 5)
    return {
        "look": logits,
        **{f"look{step:+d}": near.at(both[:1], step)[0] for step in (-3, -2, -1, 1, 2, 3)},
        "look_around": closely[0],
        "look_wide": near.around(both[:1], 15)[0],
        "mass_around": np.minimum(closely[1] / 10, 10.0),
        "mass_before": earlier / total,
        "mass_after": (total - earlier - mass) / total,
        "log_mass": np.log1p(total),
        "sure_back": back,
        "sure_ahead": ahead,
        "look_page": (sheet.per_document(logits) / np.maximum(np.diff(sheet.first), 1))[sheet.document],
    }
