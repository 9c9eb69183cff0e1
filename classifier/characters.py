"""What every code point is, and which plain character it stands for."""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

# One class a character; words are built from the classes below APOSTROPHE.
LOWER, UPPER, CASELESS, DIGIT, APOSTROPHE = 0, 1, 2, 3, 4
SPACE, NEWLINE, IGNORABLE, STOP, COMMA, HYPHEN = 5, 6, 7, 8, 9, 10
OPEN_QUOTE, CLOSE_QUOTE, STRAIGHT_QUOTE, OPEN_BRACKET, CLOSE_BRACKET, EMOJI, OTHER = 11, 12, 13, 14, 15, 16, 17

CODE_POINTS = 0x110000
_NAMED = 0x2500  # below it every code point is looked up one by one: punctuation, Latin, Greek, Cyrillic, Arabic …
_NAMED_BLOCKS = ((0, _NAMED), (0xFB00, 0xFB07), (0xFF00, 0xFFF0), (0x1D400, 0x1D800))
_EMOJI_BLOCKS = ((0x2600, 0x27C0), (0x2B50, 0x2B56), (0x1F000, 0x1FB00))
_IGNORABLE_BLOCKS = ((0xFE00, 0xFE10), (0xFE20, 0xFE30), (0xFEFF, 0xFF00), (0xE0000, 0xE1000))
_OTHER_BLOCKS = ((0x2500, 0x2C00), (0x3001, 0x3005), (0x3008, 0x3021), (0xD800, 0xF900), (0xFE30, 0xFE70), (0xFFF0, 0x10000))

_CLASS_OF_CATEGORY = {
    "Ll": LOWER, "Lu": UPPER, "Lt": UPPER, "Lo": CASELESS, "Lm": CASELESS, "Nd": DIGIT, "Nl": CASELESS, "No": OTHER,
    "Zs": SPACE, "Zl": NEWLINE, "Zp": NEWLINE, "Mn": IGNORABLE, "Mc": IGNORABLE, "Me": IGNORABLE, "Cf": IGNORABLE,
    "Ps": OPEN_BRACKET, "Pe": CLOSE_BRACKET, "Pd": HYPHEN, "Cc": SPACE,
}  # fmt: skip
_CLASS_OF_CHARACTER = {
    "\n": NEWLINE, "\r": NEWLINE, "\v": NEWLINE, "\f": NEWLINE, "\x85": NEWLINE, "\0": SPACE,
    ".": STOP, "!": STOP, "?": STOP, "…": STOP, "。": STOP, "؟": STOP, ",": COMMA, "،": COMMA,
    "'": APOSTROPHE, "’": APOSTROPHE, "‘": APOSTROPHE, "ʼ": APOSTROPHE, "‛": APOSTROPHE, "`": APOSTROPHE, "´": APOSTROPHE,
    '"': STRAIGHT_QUOTE, "“": OPEN_QUOTE, "„": OPEN_QUOTE, "«": OPEN_QUOTE, "”": CLOSE_QUOTE, "»": CLOSE_QUOTE, "‟": OPEN_QUOTE,
}  # fmt: skip

# Letters of other alphabets that a reader takes for Latin ones.
LOOKALIKES = dict(
    zip(
        "АВЕКМНОРСТУХаеорсухіјѕԁһԛԝѵЅІЈΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανρυ",
        "abekmhopctyxaeopcyxijsdhqwvsijabezhikmnoptyxoavpu",
        strict=True,
    )
)


def codepoints(text: str) -> NDArray[np.uint32]:
    """The code points of `text`, one a character; lone surrogates stay what they are."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


@cache
def tables() -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """The class and the folded form of every code point, each of shape (0x110000,).

    Folding lower-cases, drops accents, and takes look-alike letters for the Latin ones they imitate.
    """
    classes = np.full(CODE_POINTS, CASELESS, dtype=np.uint8)
    folded = np.arange(CODE_POINTS, dtype=np.uint32)
    for blocks, value in ((_OTHER_BLOCKS, OTHER), (_EMOJI_BLOCKS, EMOJI), (_IGNORABLE_BLOCKS, IGNORABLE)):
        for start, stop in blocks:
            classes[start:stop] = value
    for start, stop in _NAMED_BLOCKS:
        for point in range(start, stop):
            character = chr(point)
            classes[point] = _CLASS_OF_CATEGORY.get(unicodedata.category(character), OTHER)
            folded[point] = ord(_fold(character))
    classes[0x3000] = SPACE
    for character, value in _CLASS_OF_CHARACTER.items():
        classes[ord(character)] = value
        if value == APOSTROPHE:
            folded[ord(character)] = ord("'")
    return classes, folded


def _fold(character: str) -> str:
    if character in LOOKALIKES:
        return LOOKALIKES[character]
    base = unicodedata.normalize("NFKD", character)[0].lower()[0]
    return LOOKALIKES.get(base, base)
