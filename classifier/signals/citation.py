"""Citation: marks, prompts and markup that a chat or a tool left in the text."""

from __future__ import annotations

import re

from classifier.document import Document
from classifier.signals.measure import Measure, Span, matches, merge, phrases, rate, share

_NUMERIC = re.compile(r"\[\d{1,3}\]")
_STACKED = re.compile(r"\[\d{1,3}\](?:,? ?\[\d{1,3}\])+")
_REFERENCE = re.compile(r"(?:\[\d{1,3}\]|\^) ?[A-Za-z\"“]")
_NUMBERED = re.compile(r"\d{1,3}[.)] {0,3}\S")
_REFERENCES = 2  # such lines make a list of references
_TOOL_TOKEN = re.compile(
    r":?contentReference\[|oaicite(?::\d+)?|oai_citation|(?:cite)?turn\d{1,2}(?:search|news|view|image|fetch|file|product|academia)\d{1,3}"
    r"|utm_source=(?:chatgpt|openai|perplexity|copilot|gemini|claude)[\w.]*|【\d{1,3}†[^】\n]{0,60}】|grok_(?:card|render)|[\ue200-\ue206]"
)
_LABEL_LENGTH = 40
_LABEL = re.compile(
    r"[*#]{0,4} {0,2}(?:title|headline|sub-?head(?:line|ing)?|meta[ -]description|social media|seo (?:title|description)|slug"
    r"|(?:focus )?key(?:words?|phrase)|word count|tone|rewritten(?: article| version| text)?|revised (?:article|version|text)|base article"
    r"|enrichment data|paraphrased(?: article| version| text)?|article|output|prompt|rephrased(?: article| text)?)[ *]{0,3}:",
    re.IGNORECASE,
)
# What gives each kind of Markdown away, and its pattern: a pattern is only tried where its needle stands.
_MARKDOWN = (
    ("**", re.compile(r"\*\*[^*\n]{1,120}\*\*")),
    ("# ", re.compile(r"^#{1,6} \S[^\n]{0,120}", re.MULTILINE)),
    ("--", re.compile(r"\|\s?:?-{3,}:?\s?\|?")),
    ("](http", re.compile(r"\[[^\]\n]{1,80}\]\(https?://[^)\s]{1,200}\)")),
    ("```", re.compile(r"^```", re.MULTILINE)),
    ("|\n", re.compile(r"^\|[^\n|]{1,80}\|[^\n]{0,200}\|\s?$", re.MULTILINE)),
)
_TOOL_NEEDLES = (
    "oaicite",
    "contentReference",
    "oai_citation",
    *(f"turn{turn}" for turn in range(10)),
    "utm_source=",
    "†",
    "grok_",
    "\ue200",
)
_SLOT = re.compile(
    r"\[(?:insert|your|add|name of|company|first|last|full|city|state|date|location|source|spokesperson|official|reporter|author"
    r"|publication|link|url)[^\]\n\d]{0,40}\]"
    r"|\[(?:[A-Z][a-z]{1,12} ){0,2}(?:Name|Date|Number|City|Title|Location|Amount|Place|Year|Link|Source|Quote)\]"
)
_BRACES = re.compile(r"\{\{[^}\n]{1,40}\}\}")
_SOURCES = re.compile(r"[*]{0,2}(?:sources?|references?|quellen?)[ *]{0,3}:[^\n]{0,200}$", re.IGNORECASE | re.MULTILINE)


def numeric_marks_rate(document: Document) -> Measure:
    """How often a numeric citation mark stands in a text that has no list of references, per 1,000 words."""
    text = document.text
    marks = matches(_NUMERIC, text, "[")
    return rate(document, [] if marks and _has_references(document, marks[-1][1]) else marks)


def stacked_marks_rate(document: Document) -> Measure:
    """How often numeric citation marks stand in a stack ("[2][3]"), per 1,000 words."""
    return rate(document, matches(_STACKED, document.text, "["))


def tool_tokens_rate(document: Document) -> Measure:
    """How often a token of a chat tool leaked into the text ("oaicite", "turn0search1"), per 1,000 words."""
    text = document.text
    tokens = matches(_TOOL_TOKEN, text, "") if any(needle in text for needle in _TOOL_NEEDLES) else []
    return rate(document, merge([*tokens, *phrases(document, "citation/tool_tokens")]))


def prompt_leak_rate(document: Document) -> Measure:
    """How often a prompt or a chat's answer leaked into the text ("as an AI language model"), per 1,000 words."""
    sentences, hits = document.words.sentences, phrases(document, "citation/prompt_leak")
    rows = [int(sentences[:, 0].searchsorted(start, side="right")) - 1 for start, _ in hits]
    return rate(document, merge((int(sentences[row, 0]), int(sentences[row, 1])) for row in rows))


def scaffold_labels_rate(document: Document) -> Measure:
    """How often a line opens with a label of a writing template ("Title:", "Meta description:"), per 1,000 words."""
    return rate(document, _opening(_LABEL, document))


def markdown(document: Document) -> Measure:
    """How much of the text is unrendered Markdown: bold marks, heading marks, links, broken tables; a share of its characters."""
    return share(document, merge(span for needle, pattern in _MARKDOWN for span in matches(pattern, document.text, needle)))


def sources_list_rate(document: Document) -> Measure:
    """How often a line lists the sources of the text ("Sources: …"), per 1,000 words."""
    return rate(document, merge([*_opening(_SOURCES, document), *phrases(document, "citation/sources_list")]))


def slots_rate(document: Document) -> Measure:
    """How often a slot of a template stands unfilled ("Dr. [Last Name]"), per 1,000 words."""
    return rate(document, merge([*matches(_SLOT, document.text, "["), *matches(_BRACES, document.text, "{{")]))


def _has_references(document: Document, after: int) -> bool:
    """Whether lines open with a mark, or numbered lines follow the last mark: then the marks lead somewhere."""
    text, lines = document.text, [start for start, _ in document.words.lines.tolist()]
    marked = sum(1 for start in lines if _REFERENCE.match(text, start))
    numbered = sum(1 for start in lines if start >= after and _NUMBERED.match(text, start))
    return max(marked, numbered) >= _REFERENCES


def _opening(pattern: re.Pattern[str], document: Document) -> list[Span]:
    """Where a pattern with a colon opens a line."""
    text = document.text
    lines = [start for start, _ in document.words.lines.tolist() if ":" in text[start : start + _LABEL_LENGTH]]
    return [match.span() for match in (pattern.match(text, start) for start in lines) if match]


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
