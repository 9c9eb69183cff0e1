"""Citation: marks, prompts and markup that a chat or a tool left in the text."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from classifier.characters import codepoints
from classifier.document import Batch, once
from classifier.signals import classes as cl
from classifier.signals.measure import Measure, Spans, join, matches, opening, phrases, rate, share
from classifier.words import NUMBER, Ints, inside

_NUMERIC = re.compile(r"\[\d{1,3}\]")
_STACKED = re.compile(r"\[\d{1,3}\](?:,? ?\[\d{1,3}\])+")
_REFERENCE = re.compile(r"(?:\[\d{1,3}\]|\^) ?[A-Za-z\"“]")
_NUMBERED = re.compile(r"\d{1,3}[.)] {0,3}\S")
_REFERENCES = 2  # such lines make a list of references
_TOOL_TOKEN = re.compile(
    r"contentReference\[|oaicite(?::\d+)?|oai_citation|(?:cite)?turn\d{1,2}(?:search|news|view|image|fetch|file|product|academia)\d{1,3}"
    r"|utm_source=(?:chatgpt|openai|perplexity|copilot|gemini|claude)[\w.]*|【\d{1,3}†[^】\n]{0,60}】|grok_(?:card|render)|[\ue200-\ue206]"
)
_LABEL_LENGTH = 40
_LABEL = re.compile(
    r"[*#]{0,4} {0,2}(?:title|headline|sub-?head(?:line|ing)?|meta[ -]description|social media|seo (?:title|description)|slug"
    r"|(?:focus )?key(?:words?|phrase)|word count|tone|rewritten(?: article| version| text)?|revised (?:article|version|text)|base article"
    r"|enrichment data|paraphrased(?: article| version| text)?|article|output|prompt|rephrased(?: article| text)?)[ *]{0,3}:",
    re.IGNORECASE,
)
# A mark of each kind of Markdown, and its pattern.
_MARKDOWN = (
    ("*", re.compile(r"\*\*[^*\n]{1,120}\*\*")),
    ("|", re.compile(r"\|\s?:?-{3,}:?\s?\|?")),
    ("[", re.compile(r"\[[^\]\n]{1,80}\]\(https?://[^)\s]{1,200}\)")),
)
# The same of what opens a line.
_MARKDOWN_LINES = (
    ("#", re.compile(r"#{1,6} \S[^\n]{0,120}")),
    ("`", re.compile(r"```")),
    ("|", re.compile(r"\|[^\n|]{1,80}\|[^\n]{0,200}\|\s?$", re.MULTILINE)),
)
# What a tool's token opens with: a word, a mark, or the letter of a word with a digit ("turn0search1", "citeturn0news2").
_TOOL_MARKS = "【" + "".join(map(chr, range(0xE200, 0xE207)))
_CODE_OPENS = codepoints("tTcC")
_SLOT = re.compile(
    r"\[(?i:insert|add|enter|name of|link to)\b[^\]\n\d]{1,40}\]"
    r"|\[(?i:your|company|first|last|full|city|state|source|spokesperson|official|reporter|author|publication|organi[sz]ation)(?:['’]s)? "
    r"(?i:name|title|city|state|date|link|url|company|location|number|email|quote|here)\]"
    r"|\[(?:[A-Z][a-z]{1,12} ){0,2}(?:Name|Date|Number|City|Title|Location|Amount|Place|Year|Link|Source|Quote|Company|Spokesperson)\]"
)
_BRACES = re.compile(r"\{\{[^}\n]{1,40}\}\}")
_SOURCES = re.compile(r"[*]{0,2}(?:sources|references|quellen)[ *]{0,3}:[^\n]{0,200}$", re.IGNORECASE | re.MULTILINE)


def numeric_marks_rate(batch: Batch) -> Measure:
    """How often a numeric citation mark stands in a text that has no list of references, per 1,000 words."""
    marks = matches(_NUMERIC, batch, "[")
    row = batch.document_of(marks.start)
    last = marks.end[np.append(np.flatnonzero(np.diff(row)), len(row) - 1)] if len(row) else row
    referring = [_has_references(batch, k, end) for k, end in zip(np.unique(row).tolist(), last.tolist(), strict=True)]
    return rate(batch, marks[~np.isin(row, np.unique(row)[np.array(referring, dtype=bool)])])


def stacked_marks_rate(batch: Batch) -> Measure:
    """How often numeric citation marks stand in a stack ("[2][3]"), per 1,000 words."""
    return rate(batch, matches(_STACKED, batch, "["))


def tool_tokens_rate(batch: Batch) -> Measure:
    """How often a token of a chat tool leaked into the text ("oaicite", "turn0search1"), per 1,000 words."""
    words = batch.words
    codes = np.flatnonzero((words.shape & NUMBER) > 0)
    codes = codes[np.isin(batch.points[words.start[codes]], _CODE_OPENS)]
    places = np.concatenate((words.start[codes], words.start[(cl.classes(batch) & cl.TOOL) > 0], batch.mark(_TOOL_MARKS)))
    return rate(batch, join(opening(_TOOL_TOKEN, batch, np.sort(places)), phrases(batch, "citation/tool_tokens")))


def prompt_leak_rate(batch: Batch) -> Measure:
    """How often a prompt or a chat's answer leaked into the text ("as an AI language model"), per 1,000 words.

    What somebody quotes within a line has not leaked.
    """
    sentences, hits = batch.words.sentences, phrases(batch, "citation/prompt_leak")
    quotes = batch.words.quotes
    cited = quotes[~np.isin(quotes[:, 0], batch.words.lines[:, 0])]
    hits = hits[~inside(hits.start, cited)]
    rows = np.unique(np.searchsorted(sentences[:, 0], hits.start, side="right") - 1)
    return rate(batch, Spans(sentences[rows, 0], sentences[rows, 1]))


def scaffold_labels_rate(batch: Batch) -> Measure:
    """How often a line opens with a label of a writing template ("Title:", "Meta description:"), per 1,000 words."""
    return rate(batch, opening(_LABEL, batch, _labelled(batch)))


def markdown(batch: Batch) -> Measure:
    """The share of the characters that is unrendered Markdown: bold marks, heading marks, links, broken tables, 0..1."""
    within = [matches(pattern, batch, mark) for mark, pattern in _MARKDOWN]
    return share(batch, join(*within, *(opening(pattern, batch, _opening_lines(batch, mark)) for mark, pattern in _MARKDOWN_LINES)))


def sources_list_rate(batch: Batch) -> Measure:
    """How often a line lists the sources of the text ("Sources: …"), per 1,000 words."""
    return rate(batch, join(opening(_SOURCES, batch, _labelled(batch)), phrases(batch, "citation/sources_list")))


def slots_rate(batch: Batch) -> Measure:
    """How often a slot of a template stands unfilled ("Dr. [Last Name]"), per 1,000 words."""
    return rate(batch, join(matches(_SLOT, batch, "["), matches(_BRACES, batch, "{")))


def _opening_lines(batch: Batch, mark: str) -> Ints:
    """Where a mark is the first character of a line."""
    places = batch.mark(mark)
    opens: NDArray[np.bool_] = (batch.points[places - 1] == ord("\n")) | np.isin(places, batch.origin)
    return places[opens]


def _has_references(batch: Batch, row: int, after: int) -> bool:
    """Whether lines of a document open with a mark, or numbered lines follow its last mark: then the marks lead somewhere."""
    lines = batch.words.lines[:, 0]
    own = lines[(lines >= batch.origin[row]) & (lines < batch.origin[row + 1])]
    marked, numbered = opening(_REFERENCE, batch, own), opening(_NUMBERED, batch, own[own >= after])
    return max(len(marked), len(numbered)) >= _REFERENCES


@once
def _labelled(batch: Batch) -> Ints:
    """Where lines begin that have a colon among their first characters."""
    lines, colons = batch.words.lines[:, 0], batch.mark(":")
    after = np.append(colons, batch.origin[-1] + _LABEL_LENGTH)[np.searchsorted(colons, lines)]
    return lines[after < lines + _LABEL_LENGTH]


SIGNALS = (
    numeric_marks_rate,
    stacked_marks_rate,
    tool_tokens_rate,
    prompt_leak_rate,
    scaffold_labels_rate,
    markdown,
    sources_list_rate,
    slots_rate,
)
