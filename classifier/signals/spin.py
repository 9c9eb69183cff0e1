"""Spin: a register that no newsroom writes in, and the damage that spinning software leaves."""

from __future__ import annotations

import re

from classifier.document import Document
from classifier.signals.measure import Measure, Span, matches, phrases, rate
from classifier.words import CAPITAL, GAP_COMMA, GAP_STOP, MIXED_ALPHABETS, NUMBER

_DECIMAL_COMMA = re.compile(r"\d{1,3},\d{1,2} ?(?:%|percent|per cent|million|billion|euro|kilomet|degrees|points)")
_EXCLAMATION = re.compile(r"!+")


def reader_address_rate(document: Document) -> Measure:
    """How often the text greets or addresses its reader ("folks", "let's dive in"), per 1,000 words."""
    return rate(document, phrases(document, "spin/reader_address"))


def slang_rate(document: Document) -> Measure:
    """How often slang stands where a newsroom has a plain word, per 1,000 words."""
    return rate(document, phrases(document, "spin/slang"))


def hype_rate(document: Document) -> Measure:
    """How often words of hype and clickbait stand in the text, per 1,000 words."""
    return rate(document, phrases(document, "spin/hype"))


def emphasis_rate(document: Document) -> Measure:
    """How often a chatty transition stands in the text ("wait for it", "that's right"), per 1,000 words."""
    return rate(document, phrases(document, "spin/emphasis"))


def llm_stock_rate(document: Document) -> Measure:
    """How often a stock phrase of language models stands in the text ("a testament to"), per 1,000 words."""
    return rate(document, phrases(document, "spin/llm_stock"))


def swaps_rate(document: Document) -> Measure:
    """How often a fixed phrase has a word swapped for a rare synonym, as spinners do ("Might 31"), per 1,000 words."""
    return rate(document, phrases(document, "spin/swaps"))


def emoji_rate(document: Document) -> Measure:
    """How often emoji stand in the text, runs of them counted once, per 1,000 words."""
    return rate(document, _runs(document.words.emoji.tolist()))


def exclamations_rate(document: Document) -> Measure:
    """How often exclamation marks stand in the text, per 1,000 words."""
    return rate(document, matches(_EXCLAMATION, document.text, "!"))


def missing_spaces_rate(document: Document) -> Measure:
    """How often two words or sentences are glued together at a comma or a stop, per 1,000 words."""
    words = document.words
    tight = (words.gap == GAP_COMMA) | (words.gap == GAP_STOP)
    tight[:-1] &= (words.start[1:] - words.end[:-1] == 1) & ((words.shape[1:] & NUMBER) == 0) & (words.end[1:] - words.start[1:] > 1)
    tight[:-1] &= (words.gap[:-1] == GAP_COMMA) | ((words.shape[1:] & CAPITAL) > 0)
    tight[-1:] = False
    glued = (tight & ((words.shape & NUMBER) == 0) & (words.end - words.start > 1)).nonzero()[0].tolist()
    return rate(document, [(int(words.start[place]), int(words.end[place + 1])) for place in glued])


def decimal_commas_rate(document: Document) -> Measure:
    """How often a quantity has a comma for its decimal point, as in texts translated by machine, per 1,000 words."""
    words, text = document.words, document.text
    numbers = ((words.shape & NUMBER) > 0).nonzero()[0].tolist()
    matches = (_DECIMAL_COMMA.match(text, start) for start in words.start[numbers].tolist())
    return rate(document, [match.span() for match in matches if match])


def mixed_alphabets_rate(document: Document) -> Measure:
    """How often a word mixes letters of two alphabets that look alike, per 1,000 words."""
    words = document.words
    mixed = (words.shape & MIXED_ALPHABETS).nonzero()[0]
    return rate(document, list(zip(words.start[mixed].tolist(), words.end[mixed].tolist(), strict=True)))


def _runs(places: list[int]) -> list[Span]:
    runs: list[Span] = []
    for place in places:
        if runs and place <= runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], place + 1)
        else:
            runs.append((place, place + 1))
    return runs


SIGNALS = (
    reader_address_rate,
    slang_rate,
    hype_rate,
    emphasis_rate,
    llm_stock_rate,
    swaps_rate,
    emoji_rate,
    exclamations_rate,
    missing_spaces_rate,
    decimal_commas_rate,
    mixed_alphabets_rate,
)
