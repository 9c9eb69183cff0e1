"""Spin: a register that no newsroom writes in, and the damage that spinning software leaves."""

from __future__ import annotations

import re

import numpy as np

from classifier.document import Batch
from classifier.signals.measure import Measure, Spans, opening, phrases, rate
from classifier.words import CAPITAL, GAP_COMMA, GAP_STOP, MIXED_ALPHABETS, NUMBER, Ints

_DECIMAL_COMMA = re.compile(r"\d{1,3},\d{1,2} ?(?:%|percent|per cent|million|billion|euro|kilomet|degrees|points)")
_SHORTEST_DECIMAL = 3  # characters: "3,5"
_EMOJI_APART = 2  # characters; one may stand between two emoji of a run


def reader_address_rate(batch: Batch) -> Measure:
    """How often the text greets or addresses its reader ("folks", "let's dive in"), per 1,000 words."""
    return rate(batch, phrases(batch, "spin/reader_address"))


def slang_rate(batch: Batch) -> Measure:
    """How often slang stands where a newsroom has a plain word, per 1,000 words."""
    return rate(batch, phrases(batch, "spin/slang"))


def hype_rate(batch: Batch) -> Measure:
    """How often words of hype and clickbait stand in the text, per 1,000 words."""
    return rate(batch, phrases(batch, "spin/hype"))


def emphasis_rate(batch: Batch) -> Measure:
    """How often a chatty transition stands in the text ("wait for it", "that's right"), per 1,000 words."""
    return rate(batch, phrases(batch, "spin/emphasis"))


def llm_stock_rate(batch: Batch) -> Measure:
    """How often a stock phrase of language models stands in the text ("a testament to"), per 1,000 words."""
    return rate(batch, phrases(batch, "spin/llm_stock"))


def swaps_rate(batch: Batch) -> Measure:
    """How often a fixed phrase has a word swapped for a rare synonym, as spinners do ("Might 31"), per 1,000 words."""
    return rate(batch, phrases(batch, "spin/swaps"))


def emoji_rate(batch: Batch) -> Measure:
    """How often emoji stand in the text, runs of them counted once, per 1,000 words."""
    return rate(batch, _runs(batch.words.emoji, _EMOJI_APART))


def exclamations_rate(batch: Batch) -> Measure:
    """How often exclamation marks stand in the text, runs of them counted once, per 1,000 words."""
    return rate(batch, _runs(batch.mark("!"), 1))


def missing_spaces_rate(batch: Batch) -> Measure:
    """How often two words or sentences are glued together at a comma or a stop, per 1,000 words."""
    words = batch.words
    plain = ((words.shape & NUMBER) == 0) & (words.end - words.start > 1)
    tight = plain[:-1] & plain[1:] & (words.start[1:] - words.end[:-1] == 1)
    comma, stop = words.gap[:-1] == GAP_COMMA, words.gap[:-1] == GAP_STOP
    glued = np.flatnonzero(tight & (comma | (stop & ((words.shape[1:] & CAPITAL) > 0))))
    return rate(batch, Spans(words.start[glued], words.end[glued + 1]))


def decimal_commas_rate(batch: Batch) -> Measure:
    """How often a quantity has a comma for its decimal point, as in texts translated by machine, per 1,000 words."""
    words = batch.words
    numbers = words.start[np.flatnonzero(((words.shape & NUMBER) > 0) & (words.end - words.start >= _SHORTEST_DECIMAL))]
    comma = (batch.points[numbers[:, None] + np.arange(1, 4)] == ord(",")).any(axis=1)
    return rate(batch, opening(_DECIMAL_COMMA, batch, numbers[comma]))


def mixed_alphabets_rate(batch: Batch) -> Measure:
    """How often a word mixes letters of two alphabets that look alike, per 1,000 words."""
    mixed = np.flatnonzero((batch.words.shape & MIXED_ALPHABETS) > 0)
    return rate(batch, Spans(batch.words.start[mixed], batch.words.end[mixed]))


def _runs(places: Ints, apart: int) -> Spans:
    """Runs of single characters that stand no further apart."""
    first = np.flatnonzero(np.append(True, np.diff(places) > apart)[: len(places)])
    last = np.append(first[1:], len(places))[: len(first)] - 1
    return Spans(places[first], places[last] + 1)


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
