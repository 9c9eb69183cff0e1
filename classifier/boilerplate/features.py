"""What a line of a page looks like: one function a family, one number a line."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from classifier import characters as ch
from classifier.boilerplate.sheet import KINDS, Floats, Sheet
from classifier.words import ALL_CAPITALS, CAPITAL, GAP_STOP, NUMBER, Hashes, Ints, mix, word_hashes

_FUNCTION_WORDS = np.unique(
    word_hashes(
        "the of and to in a that is was for on with as at by it be from are this have has had not but were an they he she his her "
        "their its which who will would been said or we after if when there also than more about into over so no could one"
    )
)
_SEPARATORS = np.array([ord(mark) for mark in "|·•»›→>/⁄–—"], dtype=np.uint32)
_BULLETS = np.array([ord(mark) for mark in "-*•·–—+>#"], dtype=np.uint32)
_MARKS = {"at_signs": "@", "copyright": "©®™", "brackets": "()[]{}", "colons": ":", "pipes": "|"}
_LONG = 5  # letters: shorter words say little of a line's subject
_PROSE_WORDS = 12
_SEPARATOR_WORDS = 8


def dense(sheet: Sheet, score: Floats) -> dict[str, Floats]:
    """Every feature of every line by name, given the score of its words."""
    shape = shape_of(sheet)
    prose = (sheet.words >= _PROSE_WORDS) & (shape["ends_stop"] > 0) & (shape["function_share"] > 0.15)
    phrases = phrases_of(sheet)
    own = {**shape, **phrases, "word_score": score, "prose": prose.astype(np.float64), **echoes_of(sheet, prose)}
    near = {name: own[name] for name in ("log_words", "ends_stop", "capital_share", "word_score", "phrase_cover", "prose")}
    return {**own, **place_of(sheet, own["prose"]), **neighbors_of(sheet, near), **page_of(sheet, own["prose"], score)}


def alone(sheet: Sheet, score: Floats) -> dict[str, Floats]:
    """The features that a line, or a sentence, has whatever stands around it."""
    return {**shape_of(sheet), **phrases_of(sheet), "word_score": score}


def shape_of(sheet: Sheet) -> dict[str, Floats]:
    """Length, letters, punctuation and symbols of each line."""
    words, length = np.maximum(sheet.words, 1), np.diff(sheet.spans, axis=1)[:, 0].astype(np.float64)
    inner = np.flatnonzero(((sheet.gap & GAP_STOP) > 0) & np.append(sheet.line[1:] == sheet.line[:-1], False)[: len(sheet.line)])
    shape, function = sheet.shape, np.isin(sheet.hash, _FUNCTION_WORDS)
    shares = {"capital_share": shape & CAPITAL, "all_capitals_share": shape & ALL_CAPITALS, "number_share": shape & NUMBER}
    return {
        "log_characters": np.log1p(length),
        "log_words": np.log1p(sheet.words),
        "log_sentences": np.log1p(sheet.count(sheet.line[inner])),
        "word_length": length / words / 10,
        **{name: sheet.count(sheet.line[flag > 0]) / words for name, flag in shares.items()},
        "function_share": sheet.count(sheet.line[function]) / words,
        **_edges(sheet),
        **_symbols(sheet, length),
    }


def _edges(sheet: Sheet) -> dict[str, Floats]:
    """What each line begins and ends with."""
    start, end = sheet.spans[:, 0], sheet.spans[:, 1]
    first, last = sheet.kinds[start], sheet.kinds[end - 1]
    closing = (last == ch.CLOSE_QUOTE) | (last == ch.STRAIGHT_QUOTE) | (last == ch.CLOSE_BRACKET) | (last == ch.APOSTROPHE)
    stop = np.where(closing, sheet.kinds[np.maximum(end - 2, start)], last) == ch.STOP
    point = sheet.points[end - 1]
    quote = (first == ch.OPEN_QUOTE) | (first == ch.STRAIGHT_QUOTE) | (first == ch.APOSTROPHE)
    flags = {
        "ends_stop": stop, "ends_quote": closing, "ends_question": point == ord("?"), "ends_colon": point == ord(":"),
        "ends_ellipsis": point == ord("…"), "starts_lower": first == ch.LOWER, "starts_digit": first == ch.DIGIT,
        "starts_quote": quote, "starts_bullet": np.isin(sheet.points[start], _BULLETS), "starts_bracket": first == ch.OPEN_BRACKET,
    }  # fmt: skip
    return {name: flag.astype(np.float64) for name, flag in flags.items()}


def _symbols(sheet: Sheet, length: Floats) -> dict[str, Floats]:
    """Marks that links, addresses, tables and notices are made of."""
    rare, line = sheet.held((sheet.kinds == ch.OTHER) | (sheet.kinds >= ch.OPEN_BRACKET) | (sheet.kinds == ch.HYPHEN))
    other, other_line = sheet.held((sheet.kinds == ch.COMMA) | (sheet.kinds == ch.DIGIT))
    points, digit = sheet.points[rare], sheet.kinds[other] == ch.DIGIT
    counts = {name: np.isin(points, np.array([ord(mark) for mark in marks], dtype=np.uint32)) for name, marks in _MARKS.items()}
    return {
        "symbol_share": sheet.count(line) / length,
        "separators": np.log1p(sheet.count(line[np.isin(points, _SEPARATORS)])),
        "emoji": np.log1p(sheet.count(line[sheet.kinds[rare] == ch.EMOJI])),
        **{name: np.log1p(sheet.count(line[mask])) for name, mask in counts.items()},
        "commas": np.log1p(sheet.count(other_line[~digit])),
        "digit_share": sheet.count(other_line[digit]) / length,
    }


def phrases_of(sheet: Sheet) -> dict[str, Floats]:
    """Whether phrases of each kind stand in a line, and the share of its words that they cover."""
    first, last, kind = sheet.hits.T
    line = sheet.line[first]
    present = np.zeros((len(KINDS), len(sheet)))
    present[kind, line] = 1.0
    steps = np.zeros(len(sheet.line) + 1)
    np.add.at(steps, first, 1.0)
    np.add.at(steps, last, -1.0)
    cover = sheet.count(sheet.line, np.cumsum(steps)[:-1] > 0) / np.maximum(sheet.words, 1)
    return {**{f"phrase_{name}": row for name, row in zip(KINDS, present, strict=True)}, "phrase_cover": cover}


def echoes_of(sheet: Sheet, prose: NDArray[np.bool_]) -> dict[str, Floats]:
    """Whether the same line stands elsewhere in the page, and the share of its long words that other lines have too."""
    long = np.flatnonzero(sheet.end - sheet.start >= _LONG)
    line = sheet.line[long]
    keys = mix(sheet.hash[long] + sheet.document[line].astype(np.uint64))
    shared = _in_other_lines(keys, line)
    in_prose = shared & np.isin(keys, keys[prose[line]])
    return {
        "echo": sheet.count(line, shared) / np.maximum(sheet.count(line), 1),
        "echo_of_prose": sheet.count(line, in_prose) / np.maximum(sheet.count(line), 1),
        "opens_like_short_line": _opens_like_short_line(sheet),
        "long_words": np.log1p(sheet.count(line)),
        "repeated": np.log1p(repetitions(sheet)),
    }


def repetitions(sheet: Sheet) -> Floats:
    """How often a line's words stand again in its page as a line, shape (lines,)."""
    keys = line_hashes(sheet, sheet.hash) + sheet.document.astype(np.uint64)
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    again: Floats = np.where(sheet.words > 0, counts[inverse] - 1.0, 0.0)
    return again


def separators(sheet: Sheet) -> NDArray[np.bool_]:
    """Short lines that stand three times or more in their page, here next to a line of prose."""
    often = (sheet.words <= _SEPARATOR_WORDS) & (repetitions(sheet) >= 2)
    prose = (sheet.words >= _PROSE_WORDS).astype(np.float64)
    beside: NDArray[np.bool_] = often & (shifted(sheet, prose, -1) + shifted(sheet, prose, 1) > 0)
    return beside


def headlines(sheet: Sheet) -> NDArray[np.bool_]:
    """Lines of four words or more that a page says twice, here above its first prose: title and heading are often one."""
    prose = (sheet.words >= _PROSE_WORDS).astype(np.float64)
    twice: NDArray[np.bool_] = (sheet.words >= 4) & (_before(sheet, prose) == 0) & (repetitions(sheet) > 0)
    return twice


def _opens_like_short_line(sheet: Sheet) -> Floats:
    """1 for a line of six words or more whose first two stand in a shorter line of the page: a biography after its byline."""
    pairs = np.flatnonzero(sheet.line[1:] == sheet.line[:-1])
    capital = (sheet.shape[pairs] & sheet.shape[pairs + 1] & CAPITAL) > 0
    pairs = pairs[capital]
    line = sheet.line[pairs]
    keys = mix(sheet.hash[pairs] * np.uint64(3) + sheet.hash[pairs + 1] + sheet.document[line].astype(np.uint64))
    short = sheet.words[line] < 6
    known = ~short & (pairs == sheet.opening[line]) & np.isin(keys, keys[short])
    return sheet.count(line[known])


def _in_other_lines(keys: Hashes, line: Ints) -> NDArray[np.bool_]:
    order = np.lexsort((line, keys))
    keys, sorted_line = keys[order], line[order]
    new = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
    group = np.cumsum(new) - 1
    edges = np.flatnonzero(new)
    last = np.append(edges[1:], len(keys))[: len(edges)] - 1
    several = sorted_line[edges] != sorted_line[last]
    shared = np.zeros(len(keys), dtype=bool)
    shared[order] = several[group] if len(edges) else False
    return shared


def line_hashes(sheet: Sheet, words: Hashes) -> Hashes:
    """A hash of the words of each line in order, given one hash a word; 0 for a line without words."""
    place = np.arange(len(sheet.line)) - sheet.opening[sheet.line]
    weighed = mix(words + place.astype(np.uint64))
    total = np.zeros(len(sheet), dtype=np.uint64)
    filled = np.flatnonzero(sheet.words)
    if len(filled):
        total[filled] = np.add.reduceat(weighed, sheet.opening[filled])
    return total


def place_of(sheet: Sheet, prose: Floats) -> dict[str, Floats]:
    """Where a line stands: from both ends, and how much prose is before and after it."""
    after = sheet.size - 1 - sheet.place
    mass = prose * sheet.words
    total = np.maximum(sheet.per_document(mass), 1)[sheet.document]
    before = _before(sheet, mass)
    number = _before(sheet, prose)
    remaining = sheet.per_document(prose)[sheet.document] - number - prose
    return {
        "log_from_start": np.log1p(sheet.place.astype(np.float64)),
        "log_from_end": np.log1p(after.astype(np.float64)),
        "relative_place": sheet.place / np.maximum(sheet.size - 1, 1),
        "is_first": (sheet.place == 0).astype(np.float64),
        "is_last": (after == 0).astype(np.float64),
        "prose_before": before / total,
        "prose_after": np.maximum(total - before - mass, 0) / total,
        "log_prose_before": np.log1p(number),
        "log_prose_after": np.log1p(np.maximum(remaining, 0)),
        **_distances(sheet, prose > 0),
    }


def _before(sheet: Sheet, values: Floats) -> Floats:
    """The sum of a column over the lines before each line of its page."""
    total = np.concatenate(([0.0], np.cumsum(values)))
    before: Floats = total[:-1] - total[sheet.first[sheet.document]]
    return before


def _distances(sheet: Sheet, prose: NDArray[np.bool_]) -> dict[str, Floats]:
    """How many lines back and ahead the nearest prose stands, as a logarithm; 30 where there is none."""
    here = np.arange(len(sheet))
    at = np.concatenate(([-1], np.flatnonzero(prose), [len(sheet)]))
    before = at[np.searchsorted(at, here) - 1]
    after = at[np.searchsorted(at, here, side="right").clip(max=len(at) - 1)]
    back = np.where(before >= sheet.first[sheet.document], here - before, 30)
    ahead = np.where(after < sheet.first[sheet.document + 1], after - here, 30)
    return {"prose_back": np.log1p(np.minimum(back, 30.0)), "prose_ahead": np.log1p(np.minimum(ahead, 30.0))}


def neighbors_of(sheet: Sheet, columns: Mapping[str, Floats]) -> dict[str, Floats]:
    """Features of the lines one and two before and after, and their mean over four lines on either side."""
    near = {}
    for name, values in columns.items():
        for step in (-2, -1, 1, 2):
            near[f"{name}{step:+d}"] = shifted(sheet, values, step)
        near[f"{name}_around"] = around(sheet, values, 4)
    return near


def shifted(sheet: Sheet, values: Floats, step: int) -> Floats:
    """The value of the line `step` lines on; 0 beyond the ends of the page."""
    there = sheet.place + step
    inside = (there >= 0) & (there < sheet.size)
    moved: Floats = np.where(inside, values[(np.arange(len(sheet)) + step).clip(0, max(len(sheet) - 1, 0))], 0.0)
    return moved


def around(sheet: Sheet, values: Floats, reach: int) -> Floats:
    """The mean over the lines up to `reach` away, the line itself left out; 0 for a page of one line."""
    here = np.arange(len(sheet))
    low = np.maximum(here - reach, sheet.first[sheet.document])
    high = np.minimum(here + reach + 1, sheet.first[sheet.document + 1])
    total = np.concatenate(([0.0], np.cumsum(values)))
    mean: Floats = (total[high] - total[low] - values) / np.maximum(high - low - 1, 1)
    return mean


def page_of(sheet: Sheet, prose: Floats, score: Floats) -> dict[str, Floats]:
    """What the page as a whole is like, told to each of its lines: extractor output or all that is visible."""
    lines = np.maximum(np.diff(sheet.first), 1)
    words = np.maximum(sheet.per_document(sheet.words), 1)
    short = sheet.per_document((sheet.words < 6).astype(np.float64)) / lines
    columns = {
        "page_log_lines": np.log1p(lines),
        "page_log_words": np.log1p(words),
        "page_prose_share": sheet.per_document(prose * sheet.words) / words,
        "page_prose_lines": sheet.per_document(prose) / lines,
        "page_short_lines": short,
        "page_word_score": sheet.per_document(score) / lines,
    }
    return {name: values[sheet.document] for name, values in columns.items()}


def second_look(sheet: Sheet, logits: Floats) -> dict[str, Floats]:
    """What the first look says of a line, of its surroundings, and of where the article stands."""
    steps = {f"look{step:+d}": shifted(sheet, logits, step) for step in (-3, -2, -1, 1, 2, 3)}
    article = 1 / (1 + np.exp(logits))
    mass = article * sheet.words
    total = np.maximum(sheet.per_document(mass), 1.0)[sheet.document]
    before = _before(sheet, mass)
    sure = _distances(sheet, (logits < -2) & (sheet.words >= _PROSE_WORDS))
    return {
        "look": logits,
        **steps,
        "look_around": around(sheet, logits, 5),
        "look_wide": around(sheet, logits, 15),
        "mass_around": around(sheet, mass, 5) / 10,
        "mass_before": before / total,
        "mass_after": (total - before - mass) / total,
        "log_mass": np.log1p(total),
        "sure_back": sure["prose_back"],
        "sure_ahead": sure["prose_ahead"],
        "look_page": (sheet.per_document(logits) / np.maximum(np.diff(sheet.first), 1))[sheet.document],
    }
