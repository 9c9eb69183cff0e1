"""Reporting: whom a text has what it says from, and the marks of somebody having been there."""

from __future__ import annotations

import re

import numpy as np

from classifier import lexicon as lx
from classifier import sourcing as src
from classifier.document import Document
from classifier.signals.measure import Measure, Span, merge, phrases, rate, ratio, share
from classifier.words import CAPITAL, NUMBER

# A place in capitals, or one that a tag or a date follows; then a dash and the sentence itself, on the same line.
_DATELINE = re.compile(
    r"[\"“]?(?:(?:[A-Z][A-Z.'’-]{2,24}(?:[ /][A-Z][A-Z.'’-]{0,24}){0,3}(?:, [A-Z][A-Za-z. ]{1,24}?){0,2}"
    r"|[A-Z][A-Za-z.'’-]{1,24}(?: [A-Z][A-Za-z.'’-]{1,24}){0,2}"
    r"(?:, [A-Z][A-Za-z. ]{1,24}?){0,2}(?=,? (?:\(|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)))"
    r"(?:,? (?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.? \d{1,2}(?:,? \d{4})?)?"
    r"(?: ?\([A-Z][A-Za-z/ ]{1,40}\) ?[-–—:]{0,2}| ?[-–—]{1,2}) (?=[^\n]{40}))"
)
_DATELINE_LINES = 6  # it stands in the first of them
_AGENCY_TAG = re.compile(r"\((?:Reuters|AP|AFP|UPI|PTI|ANI|IANS|Xinhua|dpa|TASS|Bernama|Bloomberg|CNN|Kyodo|Yonhap)\)")
_DIRECT_WORDS = 4  # a shorter quotation is a title or a scare quote


def _rate_of(document: Document, *kinds: str, told: bool | None = None) -> Measure:
    return rate(document, _spans_of(document, *kinds, told=told))


def _spans_of(document: Document, *kinds: str, told: bool | None = None) -> list[Span]:
    words = document.words
    return [
        (int(words.start[s.first]), int(words.end[s.last - 1]))
        for s in src.statements(document)
        if s.source in kinds and (told is None or s.told == told)
    ]


def own_attribution_rate(document: Document) -> Measure:
    """How often something is said to the outlet itself ("told us", "told this newspaper"), per 1,000 words."""
    return rate(document, _join(_spans_of(document, src.OWN), phrases(document, "reporting/own_attribution")))


def told_outlet_rate(document: Document) -> Measure:
    """How often something is said to a news outlet that is named ("told CNN"), per 1,000 words."""
    return _rate_of(document, src.OUTLET, src.AGENCY, told=True)


def told_name_rate(document: Document) -> Measure:
    """How often something is said to a capitalised name that no list holds ("told AGBI"), per 1,000 words."""
    return _rate_of(document, src.NAME, told=True)


def outlet_attribution_rate(document: Document) -> Measure:
    """How often a news outlet is itself the source ("the Times reported", "according to TMZ"), per 1,000 words."""
    return rate(document, _join(_spans_of(document, src.OUTLET, told=False), phrases(document, "reporting/borrowed")))


def agency_attribution_rate(document: Document) -> Measure:
    """How often a news agency is the source ("Reuters reported", "according to AFP"), per 1,000 words."""
    return _rate_of(document, src.AGENCY, told=False)


def show_attribution_rate(document: Document) -> Measure:
    """How often a programme or a podcast is the source, per 1,000 words."""
    return _rate_of(document, src.SHOW)


def platform_attribution_rate(document: Document) -> Measure:
    """How often a post on a social platform is the source, per 1,000 words."""
    return _rate_of(document, src.PLATFORM)


def borrowed_share(document: Document) -> Measure:
    """The share of all statements whose source is another outlet, a programme or a platform, 0..1."""
    found = src.statements(document)
    return Measure(ratio(sum(s.source in src.BORROWED for s in found), len(found)))


def borrowed_first(document: Document) -> Measure:
    """How early the first borrowed statement comes: 1 in the first word, 0 where there is none."""
    first = next((s.first for s in src.statements(document) if s.source in src.BORROWED), len(document.words))
    return Measure(1 - ratio(first, len(document.words)) if len(document.words) else 0.0)


def single_outlet(document: Document) -> Measure:
    """The share of all statements that hang on the one outlet cited most, 0..1."""
    counts: dict[int, int] = {}
    found = src.statements(document)
    for statement in found:
        if statement.source in (src.OUTLET, src.AGENCY, src.SHOW):
            counts[statement.who] = counts.get(statement.who, 0) + 1
    return Measure(ratio(max(counts.values(), default=0), len(found)))


def outlets_rate(document: Document) -> Measure:
    """How often outlets, agencies and programmes are named at all, per 1,000 words."""
    return rate(document, _tagged(document, lx.OUTLET | lx.AGENCY | lx.SHOW))


def platforms_rate(document: Document) -> Measure:
    """How often social platforms are named at all, per 1,000 words."""
    return rate(document, _tagged(document, lx.PLATFORM))


def person_attribution(document: Document) -> Measure:
    """The share of all statements that come from a named person, 0..1."""
    return _share_of(document, src.PERSON)


def pronoun_attribution(document: Document) -> Measure:
    """The share of all statements that come from somebody named before ("she said"), 0..1."""
    return _share_of(document, src.PRONOUN)


def official_attribution(document: Document) -> Measure:
    """The share of all statements that come from police, officials, companies and their like, 0..1."""
    return _share_of(document, src.OFFICIAL)


def record_attribution(document: Document) -> Measure:
    """The share of all statements that come from a statement, a court paper or another record, 0..1."""
    return _share_of(document, src.RECORD)


def study_attribution(document: Document) -> Measure:
    """The share of all statements that come from a study, researchers or experts, 0..1."""
    return _share_of(document, src.STUDY)


def insider_attribution(document: Document) -> Measure:
    """The share of all statements that come from sources without a name, 0..1."""
    return _share_of(document, src.INSIDER)


def public_attribution_rate(document: Document) -> Measure:
    """How often something is said in the open: to reporters, a court, a meeting, per 1,000 words."""
    return rate(document, _join(_spans_of(document, src.PUBLIC), phrases(document, "reporting/events")))


def unknown_attribution(document: Document) -> Measure:
    """The share of all statements whose source the text does not name nearby, 0..1."""
    return _share_of(document, src.UNKNOWN)


def attribution_rate(document: Document) -> Measure:
    """How often the text says where it has something from, per 1,000 words."""
    return Measure(1000 * ratio(len(src.statements(document)), len(document.words)))


def direct_speech(document: Document) -> Measure:
    """The share of the text's characters that stand in quotations of four words and more, 0..1."""
    quotes = _quotations(document)
    return Measure(share(document, quotes).value)


def quotations_rate(document: Document) -> Measure:
    """How often a quotation of four words and more stands in the text, per 1,000 words."""
    return Measure(rate(document, _quotations(document)).value)


def scare_quotes_rate(document: Document) -> Measure:
    """How often a quotation of fewer than four words stands in the text, per 1,000 words."""
    return Measure(1000 * ratio(len(document.words.quotes) - len(_quotations(document)), len(document.words)))


def speakers_rate(document: Document) -> Measure:
    """How many different persons are named as sources, per 1,000 words."""
    names = {s.who for s in src.statements(document) if s.source == src.PERSON}
    return Measure(1000 * ratio(len(names), len(document.words)))


def dateline(document: Document) -> Measure:
    """1 where the text opens a line with a dateline ("PORT HALE, Oct. 3 —"), else 0."""
    heads = document.words.lines[:_DATELINE_LINES, 0].tolist()
    match = next(filter(None, (_DATELINE.match(document.text, start) for start in heads)), None)
    return Measure(1.0, [match.span()]) if match else Measure(0.0)


def agency_tag(document: Document) -> Measure:
    """1 where the tag of a news agency stands in the text ("(Reuters)"), else 0."""
    match = _AGENCY_TAG.search(document.text) if "(" in document.text else None
    return Measure(1.0, [match.span()]) if match else Measure(0.0)


def agency_credit_rate(document: Document) -> Measure:
    """How often a line credits a news agency or names who reported and edited, per 1,000 words."""
    return rate(document, phrases(document, "reporting/credits"))


def anonymous_rate(document: Document) -> Measure:
    """How often the text leans on sources without a name ("a source close to"), per 1,000 words."""
    return rate(document, phrases(document, "reporting/anonymous"))


def documents_rate(document: Document) -> Measure:
    """How often the text quotes court papers, records or other documents, per 1,000 words."""
    return rate(document, phrases(document, "reporting/documents"))


def studies_rate(document: Document) -> Measure:
    """How often the text writes up a study ("published in the journal"), per 1,000 words."""
    return rate(document, phrases(document, "reporting/studies"))


def release_rate(document: Document) -> Measure:
    """How often the language of a press release stands in the text ("is pleased to announce"), per 1,000 words."""
    return rate(document, phrases(document, "reporting/release"))


def wire_services_rate(document: Document) -> Measure:
    """How often a press-release service is named, per 1,000 words."""
    return rate(document, _tagged(document, lx.WIRE_SERVICE))


def opinion_rate(document: Document) -> Measure:
    """How often the text argues in its own voice ("in my view", "we must"), per 1,000 words."""
    return rate(document, phrases(document, "reporting/opinion"))


def transcript_rate(document: Document) -> Measure:
    """How often marks of an interview or a transcript stand in the text, per 1,000 words."""
    return rate(document, phrases(document, "reporting/qa"))


def dates_rate(document: Document) -> Measure:
    """How often a month or a weekday is named, per 1,000 words."""
    return Measure(_tag_rate(document, lx.MONTH_OR_DAY))


def numbers_rate(document: Document) -> Measure:
    """How many words are numbers, per 1,000 words."""
    return Measure(1000 * ratio(int(np.count_nonzero(document.words.shape & NUMBER)), len(document.words)))


def places_rate(document: Document) -> Measure:
    """How often a known place is named, per 1,000 words."""
    return Measure(_tag_rate(document, lx.PLACE))


def names_rate(document: Document) -> Measure:
    """How many words are part of a proper name, per 1,000 words."""
    return Measure(_tag_rate(document, lx.PROPER_NAME | lx.FIRST_NAME))


def titles_rate(document: Document) -> Measure:
    """How often a title or a role introduces somebody ("police chief"), per 1,000 words."""
    return Measure(_tag_rate(document, lx.TITLE))


def own_voice_rate(document: Document) -> Measure:
    """How often "us", "me" or "our" stands outside quotations, per 1,000 words."""
    words = document.words
    mine = (document.found.tags & lx.OURSELVES).nonzero()[0]
    outside = sum(not quoted for quoted in _quoted(document, words.start[mine].tolist()))
    return Measure(1000 * ratio(outside, len(words)))


def _share_of(document: Document, kind: str) -> Measure:
    found = src.statements(document)
    return Measure(ratio(sum(s.source == kind for s in found), len(found)))


def _tag_rate(document: Document, bits: int) -> float:
    return 1000 * ratio(int(np.count_nonzero(document.found.tags & bits)), len(document.words))


def _tagged(document: Document, bits: int) -> list[Span]:
    """Runs of words that carry a tag, as spans of characters."""
    words = document.words
    places = (document.found.tags & bits).nonzero()[0].tolist()
    spans: list[Span] = []
    last = -2
    for place in places:
        start, end = int(words.start[place]), int(words.end[place])
        if place == last + 1 and words.shape[place] & CAPITAL:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
        last = place
    return spans


def _quotations(document: Document) -> list[Span]:
    words = document.words
    if not len(words.quotes):
        return []
    sizes = np.searchsorted(words.start, words.quotes[:, 1]) - np.searchsorted(words.start, words.quotes[:, 0])
    return [(start, end) for (start, end), size in zip(words.quotes.tolist(), sizes.tolist(), strict=True) if size >= _DIRECT_WORDS]


def _quoted(document: Document, places: list[int]) -> list[bool]:
    """For each character, whether it stands in a quotation."""
    quotes = document.words.quotes
    if not len(quotes) or not places:
        return [False] * len(places)
    row = np.searchsorted(quotes[:, 0], places, side="right") - 1
    inside: list[bool] = ((row >= 0) & (quotes[row, 1] > places)).tolist()
    return inside


def _join(*spans: list[Span]) -> list[Span]:
    return merge(span for group in spans for span in group)


SIGNALS = (
    own_attribution_rate,
    told_outlet_rate,
    told_name_rate,
    outlet_attribution_rate,
    agency_attribution_rate,
    show_attribution_rate,
    platform_attribution_rate,
    borrowed_share,
    borrowed_first,
    single_outlet,
    outlets_rate,
    platforms_rate,
    person_attribution,
    pronoun_attribution,
    official_attribution,
    record_attribution,
    study_attribution,
    insider_attribution,
    public_attribution_rate,
    unknown_attribution,
    attribution_rate,
    direct_speech,
    quotations_rate,
    scare_quotes_rate,
    speakers_rate,
    dateline,
    agency_tag,
    agency_credit_rate,
    anonymous_rate,
    documents_rate,
    studies_rate,
    release_rate,
    wire_services_rate,
    opinion_rate,
    transcript_rate,
    dates_rate,
    numbers_rate,
    places_rate,
    names_rate,
    titles_rate,
    own_voice_rate,
)
