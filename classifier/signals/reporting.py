"""Reporting: whom a text has what it says from, and the marks of somebody having been there."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from classifier import lexicon as lx
from classifier import sourcing as src
from classifier.document import Batch, once
from classifier.signals import classes as cl
from classifier.signals.measure import Floats, Measure, Spans, join, opening, per_thousand, phrases, rate, ratio, share, tagged
from classifier.words import CAPITAL, GAP_SPACE, NUMBER, Ints, changes, word_hashes

_AGENCIES = "Reuters|AP|AFP|UPI|PTI|ANI|IANS|Xinhua|dpa|TASS|Bernama|Bloomberg|CNN|Kyodo|Yonhap"
# A place in capitals, or one that a tag or a date follows; then a dash and the sentence itself, on the same line. À-Þ are the capitals
# of Latin-1, à-ÿ its small letters.
_DATELINE = re.compile(
    r"[\"“]?(?!(?:Posted|Published|Updated?|UPDATED?|EXCLUSIVE|WATCH|FILE|LIVE|VIDEO|Last|Photo|Image|BREAKING|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b)"
    r"(?:(?:[A-ZÀ-Þ][A-ZÀ-Þ.'’-]{2,24}(?:[ /][A-ZÀ-Þ][A-ZÀ-Þ.'’-]{0,24}){0,3}(?:, [A-ZÀ-Þ][A-Za-zÀ-ÿ. ]{1,24}?){0,2}"
    r"|[A-ZÀ-Þ][A-Za-zÀ-ÿ.'’-]{1,24}(?: [A-ZÀ-Þ][A-Za-zÀ-ÿ.'’-]{1,24}){0,2}"
    r"(?:, [A-ZÀ-Þ][A-Za-zÀ-ÿ. ]{1,24}?){0,2}(?=,? (?:\(|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)))"
    r"(?:,? (?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.? \d{1,2}(?:,? \d{4})?)?"
    rf"(?: ?\((?:{_AGENCIES})\) ?[-–—:]{{0,2}}| ?\([A-Z][A-Za-z/ ]{{1,40}}\) ?[-–—:]{{1,2}}| ?[-–—]{{1,2}}) (?=[^\n]{{40}}))"
)
_DATELINE_LINES = 6  # it stands in the first of them
_DATELINE_LENGTH = 250  # characters, more than the pattern can match before its dash or bracket
_AGENCY_TAG = re.compile(rf"\((?:{_AGENCIES})\)")
_HANDLE = re.compile(r"(?<![\w.])@\w{2,20}\b|\bpic\.twitter\.com\b|\bt\.co/")
_HAT_TIP = re.compile(r"\((?:h/t|via|hat tip|source)\b[^)\n]{0,60}\)|\[(?:h/t|via|hat tip|source)\b[^\]\n]{0,60}\]|h/t\b", re.IGNORECASE)
_EMAIL = re.compile(r"(?<=\w)@[\w-]{1,60}\.[a-z]{2}\w{0,60}(?:\.\w{1,60}){0,4}", re.IGNORECASE)
_CLOCK_TIME = re.compile(r"\d{1,2}(?:[:.]\d\d)? ?(?:[ap]m\b|[ap]\.m\b\.?)", re.IGNORECASE)
_END_MARK = re.compile(r"# ?# ?#")
_NEAR = 3  # words between an outlet and the verb by which it reports
_GOES_ON = (src.PRONOUN, src.UNKNOWN)  # a statement of such a source goes on with the one before it
_BEFORE = 6  # words before a verb of telling in which the one who tells stands
_US = word_hashes("us")[0]
_DIRECT_WORDS = 4  # a shorter quotation is a title or a scare quote


def own_attribution_rate(batch: Batch) -> Measure:
    """How often something is said to the outlet itself ("told us", "told this newspaper"), per 1,000 words."""
    phrased = _of_ourselves(batch, phrases(batch, "reporting/own_attribution"))
    return rate(batch, join(_spans_of(batch, src.OWN), _unquoted(batch, phrased)))


def told_outlet_rate(batch: Batch) -> Measure:
    """How often something is said to a news outlet that is named ("told CNN"), per 1,000 words."""
    return rate(batch, _spans_of(batch, src.OUTLET, src.AGENCY, told=True))


def told_name_rate(batch: Batch) -> Measure:
    """How often something is said to a name that is no known outlet's ("told AGBI"), per 1,000 words."""
    return rate(batch, _spans_of(batch, src.NAME, told=True))


def insider_told_rate(batch: Batch) -> Measure:
    """How often a source without a name tells an outlet something ("an insider tells Orbit"), per 1,000 words."""
    found = src.statements(batch)
    before = (found.anchor[:, None] - np.arange(1, _BEFORE + 1)).clip(0)
    same = batch.words.sentence[before] == batch.words.sentence[found.anchor][:, None]
    insider = (((batch.found.tags[before] & lx.INSIDER) > 0) & same).any(axis=1)
    return rate(batch, _places_of(batch, found[found.told & insider & found.of(src.OWN, src.OUTLET, src.AGENCY, src.NAME)]))


def conversations_rate(batch: Batch) -> Measure:
    """How often somebody speaks or talks to a name or an outlet ("spoke to the Gazette"), per 1,000 words."""
    found = src.statements(batch)
    talked = src.converses(batch.words.hash[found.anchor])
    return rate(batch, _places_of(batch, found[found.told & talked & found.of(src.OUTLET, src.AGENCY, src.NAME)]))


def sole_listener(batch: Batch) -> Measure:
    """How many statements were made to one and the same outlet, where none reports anything itself, a count."""
    found = src.statements(batch)
    most = _most_of_one(batch, found[found.told & found.of(src.OUTLET, src.AGENCY, src.NAME)])
    citing = found[~found.told & found.of(src.OUTLET, src.AGENCY, src.SHOW)]
    most[batch.owner[citing.anchor]] = 0
    return Measure(most.astype(np.float64))


def outlet_attribution_rate(batch: Batch) -> Measure:
    """How often something is taken over from an outlet, a post or an unnamed report ("according to TMZ"), per 1,000 words."""
    return rate(batch, join(_spans_of(batch, src.OUTLET, told=False), phrases(batch, "reporting/borrowed")))


def agency_attribution_rate(batch: Batch) -> Measure:
    """How often a news agency is the source ("Reuters reported", "according to AFP"), per 1,000 words."""
    return rate(batch, _spans_of(batch, src.AGENCY, told=False))


def show_attribution_rate(batch: Batch) -> Measure:
    """How often a programme or a podcast is the source, per 1,000 words."""
    return rate(batch, _spans_of(batch, src.SHOW))


def platform_attribution_rate(batch: Batch) -> Measure:
    """How often a post on a social platform is the source, per 1,000 words."""
    return rate(batch, _spans_of(batch, src.PLATFORM))


def borrowed_share(batch: Batch) -> Measure:
    """The share of all statements whose source is another outlet, a programme or a platform, 0..1."""
    return Measure(_share_of(batch, *src.BORROWED))


def borrowed_first(batch: Batch) -> Measure:
    """How near to the beginning the first borrowed statement stands, 0..1."""
    found = src.statements(batch)
    borrowed = found.first[found.of(*src.BORROWED)]
    earliest = batch.first[1:].copy()
    np.minimum.at(earliest, batch.owner[borrowed], borrowed)
    return Measure(ratio(batch.first[1:] - earliest, batch.sizes))


def single_outlet(batch: Batch) -> Measure:
    """The share of all statements that hang on the one outlet cited most, 0..1."""
    found = src.statements(batch)
    most = _most_of_one(batch, found[found.of(src.OUTLET, src.AGENCY, src.SHOW)])
    return Measure(ratio(most, _statements_of(batch).sum(axis=1)))


def outlets_rate(batch: Batch) -> Measure:
    """How often outlets, agencies and programmes are named at all, per 1,000 words."""
    return rate(batch, _outlets(batch))


def different_outlets(batch: Batch) -> Measure:
    """How many different outlets, agencies and programmes are cited as sources, a count."""
    return Measure(_count_of_different(batch, src.OUTLET, src.AGENCY, src.SHOW).astype(np.float64))


def platforms_rate(batch: Batch) -> Measure:
    """How often social platforms are named at all, per 1,000 words."""
    return rate(batch, tagged(batch, lx.PLATFORM))


def person_attribution(batch: Batch) -> Measure:
    """The share of all statements that come from a named person, 0..1."""
    return Measure(_share_of(batch, src.PERSON))


def pronoun_attribution(batch: Batch) -> Measure:
    """The share of all statements that come from somebody named before ("she said"), 0..1."""
    return Measure(_share_of(batch, src.PRONOUN))


def official_attribution(batch: Batch) -> Measure:
    """The share of all statements that come from police, officials, companies and their like, 0..1."""
    return Measure(_share_of(batch, src.OFFICIAL))


def record_attribution(batch: Batch) -> Measure:
    """The share of all statements that come from a statement, a court paper or another record, 0..1."""
    return Measure(_share_of(batch, src.RECORD))


def study_attribution(batch: Batch) -> Measure:
    """The share of all statements that come from a study, researchers or experts, 0..1."""
    return Measure(_share_of(batch, src.STUDY))


def insider_attribution(batch: Batch) -> Measure:
    """The share of all statements that come from sources without a name, 0..1."""
    return Measure(_share_of(batch, src.INSIDER))


def public_attribution_rate(batch: Batch) -> Measure:
    """How often something is said or done in the open: before reporters, a court, a meeting, at a scene, per 1,000 words."""
    return rate(batch, join(_spans_of(batch, src.PUBLIC), phrases(batch, "reporting/events")))


def unknown_attribution(batch: Batch) -> Measure:
    """The share of all statements whose source the text does not name nearby, 0..1."""
    return Measure(_share_of(batch, src.UNKNOWN))


def own_surplus(batch: Batch) -> Measure:
    """How many more statements were made to the outlet itself or in the open than are borrowed, a count."""
    return Measure(np.maximum(_balance(batch), 0))


def borrowed_surplus(batch: Batch) -> Measure:
    """How many more statements are borrowed than were made to the outlet itself or in the open, a count."""
    return Measure(np.maximum(-_balance(batch), 0))


def borrowed_further(batch: Batch) -> Measure:
    """The share of all statements that go on with a borrowed one ("she added", after "told the Gazette"), 0..1."""
    found = src.statements(batch)
    further = found.of(*_GOES_ON) & found.of(*src.BORROWED)[_giver(batch)]
    goes_on = np.bincount(batch.owner[found.anchor[further]], minlength=len(batch))
    return Measure(ratio(goes_on, _statements_of(batch).sum(axis=1)))


def own_quotes(batch: Batch) -> Measure:
    """The share of quoted words that were said to the outlet itself or in the open, by the statement nearest to them, 0..1."""
    return Measure(_quoted_share(batch, src.OWN, src.PUBLIC))


def borrowed_quotes(batch: Batch) -> Measure:
    """The share of quoted words that are borrowed, by the statement nearest to them, 0..1."""
    return Measure(_quoted_share(batch, *src.BORROWED))


def attribution_rate(batch: Batch) -> Measure:
    """How often the text says where it has something from, per 1,000 words."""
    return Measure(per_thousand(batch, _statements_of(batch).sum(axis=1)))


def direct_speech(batch: Batch) -> Measure:
    """The share of the text's characters that stand in quotations of four words and more, 0..1."""
    return Measure(share(batch, _quotations(batch)).values)


def quotations_rate(batch: Batch) -> Measure:
    """How often a quotation of four words and more stands in the text, per 1,000 words."""
    return Measure(rate(batch, _quotations(batch)).values)


def scare_quotes_rate(batch: Batch) -> Measure:
    """How often a quotation of fewer than four words stands in the text, per 1,000 words."""
    all_quotes, long = batch.count(batch.words.quotes[:, 0]), batch.count(_quotations(batch).start)
    return Measure(per_thousand(batch, all_quotes - long))


def said_rate(batch: Batch) -> Measure:
    """How often something is told with "said", per 1,000 words."""
    return Measure(per_thousand(batch, batch.count_words((cl.classes(batch) & cl.SAID) > 0)))


def said_share(batch: Batch) -> Measure:
    """The share of all statements that are told with "said", 0..1."""
    return Measure(_share_with(batch, cl.SAID))


def says_share(batch: Batch) -> Measure:
    """The share of all statements that are told with "says", 0..1."""
    return Measure(_share_with(batch, cl.SAYS))


def reporting_outlets_rate(batch: Batch) -> Measure:
    """How often an outlet stands beside a word by which outlets are cited ("the Gazette writes", "per"), per 1,000 words."""
    return rate(batch, _outlets_near(batch, cl.CITED, -_NEAR, _NEAR))


def inquiring_outlet_rate(batch: Batch) -> Measure:
    """How often an outlet stands before a verb of its own inquiry ("the Gazette has learned"), per 1,000 words."""
    return rate(batch, _outlets_near(batch, cl.INQUIRED, -_NEAR, -1))


def repeated_outlet_rate(batch: Batch) -> Measure:
    """How often the outlet that is named most is named, per 1,000 words."""
    outlets = _outlets(batch)
    place = np.searchsorted(batch.words.start, outlets.start)
    row = batch.owner[place]
    keys = np.stack((row.astype(np.uint64), batch.words.hash[place]))
    _, name, times = np.unique(keys, axis=1, return_inverse=True, return_counts=True)
    most, often = np.zeros(len(batch), dtype=np.int64), times[name.ravel()]
    np.maximum.at(most, row, often)
    return Measure(per_thousand(batch, most), outlets[often == most[row]])


def closing_citations_rate(batch: Batch) -> Measure:
    """How often a sentence ends in the outlet that says so (", the Gazette reports."), per 1,000 words."""
    found = src.statements(batch)
    closes = np.append(changes(batch.words.sentence), True)[found.last]
    return rate(batch, _places_of(batch, found[closes & ~found.told & found.of(src.OUTLET, src.AGENCY) & (found.last - 1 == found.anchor)]))


def first_reports_rate(batch: Batch) -> Measure:
    """How often the text says who told a story first ("first reported by", "broke the story"), per 1,000 words."""
    return rate(batch, phrases(batch, "reporting/first_reports"))


def inquiries_rate(batch: Batch) -> Measure:
    """How often a newsroom says what it found out itself ("has learned that", "can reveal"), per 1,000 words."""
    return rate(batch, phrases(batch, "reporting/inquiries"))


def exclusives_rate(batch: Batch) -> Measure:
    """How often something is called exclusive, per 1,000 words."""
    return Measure(per_thousand(batch, batch.count_words((cl.classes(batch) & cl.EXCLUSIVE) > 0)))


def introductions_rate(batch: Batch) -> Measure:
    """How often a line ends in a colon, as before a passage that is taken over, per 1,000 words."""
    colons, points = batch.mark(":"), batch.points
    closing = (points[colons + 1] == ord("\n")) | ((points[colons + 1] == ord(" ")) & (points[colons + 2] == ord("\n")))
    return rate(batch, Spans(_begin_of(batch.words.lines, colons[closing]), colons[closing] + 1))


def hearsay_rate(batch: Batch) -> Measure:
    """How often the text passes on what it has not asked itself ("reportedly", "is said to"), per 1,000 words."""
    return rate(batch, phrases(batch, "reporting/hearsay"))


def handles_rate(batch: Batch) -> Measure:
    """How often the handle or the link of a post stands in the text ("@harborwatch"), per 1,000 words."""
    return rate(batch, _apart(opening(_HANDLE, batch, _posts(batch))))


def hat_tips_rate(batch: Batch) -> Measure:
    """How often the text thanks whom it has something from ("h/t", "(via …)"), per 1,000 words."""
    places = np.sort(np.concatenate((batch.mark("(["), batch.mark("/") - 1)))
    return rate(batch, _apart(opening(_HAT_TIP, batch, places[places >= 0])))


def speakers_rate(batch: Batch) -> Measure:
    """How many different persons are named as sources, per 1,000 words."""
    return Measure(per_thousand(batch, _persons(batch)))


def speakers(batch: Batch) -> Measure:
    """How many different persons are named as sources, a count."""
    return Measure(_persons(batch).astype(np.float64))


def dateline(batch: Batch) -> Measure:
    """1 where the text opens a line with a dateline ("PORT HALE, Oct. 3 —"), else 0."""
    lines = batch.words.lines[:, 0]
    row = batch.document_of(lines)
    place, closing = np.arange(len(lines)) - np.searchsorted(row, row), batch.mark("-–—(")
    soon = np.append(closing, batch.origin[-1] + _DATELINE_LENGTH)[np.searchsorted(closing, lines)] < lines + _DATELINE_LENGTH
    return _first_of_each(batch, opening(_DATELINE, batch, lines[(place < _DATELINE_LINES) & soon & _opens_name(batch, lines)]))


def agency_tag(batch: Batch) -> Measure:
    """1 where the tag of a news agency stands in the text ("(Reuters)"), else 0."""
    return _first_of_each(batch, opening(_AGENCY_TAG, batch, batch.mark("(")))


def agency_credit_rate(batch: Batch) -> Measure:
    """How often a line credits a news agency or names who reported and edited, per 1,000 words."""
    return rate(batch, phrases(batch, "reporting/credits"))


def repost_credit_rate(batch: Batch) -> Measure:
    """How often a line says where the text was taken from ("Source: BBC", "originally published on"), per 1,000 words."""
    return rate(batch, phrases(batch, "reporting/reposts"))


def anonymous_rate(batch: Batch) -> Measure:
    """How often the text leans on sources without a name ("a source close to"), per 1,000 words."""
    return rate(batch, phrases(batch, "reporting/anonymous"))


def documents_rate(batch: Batch) -> Measure:
    """How often the text quotes court papers, records or other documents, per 1,000 words."""
    return rate(batch, phrases(batch, "reporting/documents"))


def studies_rate(batch: Batch) -> Measure:
    """How often the text writes up a study ("published in the journal"), per 1,000 words."""
    return rate(batch, phrases(batch, "reporting/studies"))


def research_rate(batch: Batch) -> Measure:
    """How often studies, surveys, their authors and their findings are named, per 1,000 words."""
    return rate(batch, phrases(batch, "reporting/research"))


def comment_sought_rate(batch: Batch) -> Measure:
    """How often the text says whom it asked for comment ("did not respond to a request"), per 1,000 words."""
    return rate(batch, phrases(batch, "reporting/comment_sought"))


def interviews_rate(batch: Batch) -> Measure:
    """How often the text says how it asked ("in a telephone interview", "by email"), per 1,000 words."""
    return rate(batch, phrases(batch, "reporting/interviews"))


def release_ends_rate(batch: Batch) -> Measure:
    """How often the text tells what releases close with: funding, authors, contacts, "###", per 1,000 words."""
    return rate(batch, join(phrases(batch, "reporting/release_ends"), opening(_END_MARK, batch, batch.mark("#"))))


def release_rate(batch: Batch) -> Measure:
    """How often the language of a press release stands in the text ("is pleased to announce"), per 1,000 words."""
    return rate(batch, phrases(batch, "reporting/release"))


def wire_services_rate(batch: Batch) -> Measure:
    """How often a press-release service is named, per 1,000 words."""
    return rate(batch, tagged(batch, lx.WIRE_SERVICE))


def opinion_rate(batch: Batch) -> Measure:
    """How often the text argues in its own voice ("in my view", "we must"), outside quotations, per 1,000 words."""
    return rate(batch, _unquoted(batch, phrases(batch, "reporting/opinion")))


def transcript_rate(batch: Batch) -> Measure:
    """How often marks of an interview or a transcript stand in the text, per 1,000 words."""
    return rate(batch, phrases(batch, "reporting/qa"))


def dates_rate(batch: Batch) -> Measure:
    """How often a month or a weekday is named, per 1,000 words.

    May, Mar, Sat and Sun are words too, and do not count.
    """
    return Measure(_tag_rate(batch, lx.MONTH_OR_DAY))


def clock_times_rate(batch: Batch) -> Measure:
    """How often the text tells the time of day ("3:30 p.m."), per 1,000 words."""
    return rate(batch, _apart(opening(_CLOCK_TIME, batch, batch.words.start[(batch.words.shape & NUMBER) > 0])))


def emails_rate(batch: Batch) -> Measure:
    """How often an e-mail address stands in the text, per 1,000 words."""
    found, words = opening(_EMAIL, batch, batch.mark("@")), np.stack((batch.words.start, batch.words.end), axis=1)
    return rate(batch, Spans(_begin_of(words, found.start - 1), found.end))


def numbers_rate(batch: Batch) -> Measure:
    """How many words are numbers, per 1,000 words."""
    return Measure(per_thousand(batch, batch.count_words((batch.words.shape & NUMBER) > 0)))


def places_rate(batch: Batch) -> Measure:
    """How often a known place is named, per 1,000 words."""
    return Measure(_tag_rate(batch, lx.PLACE))


def names_rate(batch: Batch) -> Measure:
    """How many words are part of a proper name, per 1,000 words."""
    return Measure(_tag_rate(batch, lx.PROPER_NAME | lx.FIRST_NAME))


def titles_rate(batch: Batch) -> Measure:
    """How often a title or a role introduces somebody ("police chief"), per 1,000 words."""
    return Measure(_tag_rate(batch, lx.TITLE))


def titled_names_rate(batch: Batch) -> Measure:
    """How often a title stands before a name ("Mayor Okello"), per 1,000 words."""
    titles, names = ((batch.found.tags & bits) > 0 for bits in (lx.TITLE, lx.PROPER_NAME | lx.FIRST_NAME))
    paired = titles & np.append(names[1:], False)[: len(titles)] & (np.append(batch.owner[1:], -1)[: len(titles)] == batch.owner)
    return Measure(per_thousand(batch, batch.count_words(paired)))


def reader_voice_rate(batch: Batch) -> Measure:
    """How often "you" or "your" stands outside quotations, per 1,000 words."""
    yours = batch.words.start[(cl.classes(batch) & cl.SECOND) > 0]
    return Measure(per_thousand(batch, batch.count(yours[~batch.quoted(yours)])))


def own_voice_rate(batch: Batch) -> Measure:
    """How often "us", "me" or "our" stands outside quotations, per 1,000 words."""
    mine = batch.words.start[(batch.found.tags & lx.OURSELVES) > 0]
    return Measure(per_thousand(batch, batch.count(mine[~batch.quoted(mine)])))


def _outlets_near(batch: Batch, verbs: int, first: int, last: int) -> Spans:
    """Outlets that begin from `first` to `last` words away from a verb of some class, in the same document."""
    verb = np.flatnonzero((cl.classes(batch) & verbs) > 0)[:, None]
    near = (verb + np.arange(first, last + 1)).clip(0, max(len(batch.owner) - 1, 0))
    places = near[batch.owner[near] == batch.owner[verb]]
    outlets = _outlets(batch)
    return outlets[np.isin(outlets.start, batch.words.start[places])]


def _spans_of(batch: Batch, *kinds: str, told: bool | None = None) -> Spans:
    """Where statements of some kinds stand."""
    found = src.statements(batch)
    return _places_of(batch, found[found.of(*kinds) & (told is None or found.told == told)])


def _places_of(batch: Batch, chosen: src.Statements) -> Spans:
    """Where some statements stand."""
    return Spans(batch.words.start[_name_begins(batch)[chosen.first]], batch.words.end[chosen.last - 1])


@once
def _name_begins(batch: Batch) -> Ints:
    """For each word the first of the capitalised name that it goes on, or itself: "Daily Mail reported" does not begin with "Mail"."""
    words = batch.words
    named = ((words.shape & CAPITAL) > 0) & ((batch.found.tags & (lx.PROPER_NAME | lx.OUTLET | lx.AMBIGUOUS_OUTLET | lx.PLACE)) > 0)
    goes_on = named.copy()
    goes_on[1:] &= named[:-1] & ((words.gap[:-1] | GAP_SPACE) == GAP_SPACE)
    goes_on[:1] = False
    begins: Ints = np.maximum.accumulate(np.where(goes_on, 0, np.arange(len(named))))
    return begins


@once
def _statements_of(batch: Batch) -> Ints:
    """How many statements each document has of each kind, shape (documents, kinds)."""
    found, kinds = src.statements(batch), len(src.KINDS)
    cell = batch.owner[found.anchor] * kinds + found.source
    return np.bincount(cell, minlength=len(batch) * kinds).reshape(-1, kinds)


def _count_of(batch: Batch, *kinds: str) -> Ints:
    """How many statements of some kinds each document has."""
    counts: Ints = _statements_of(batch)[:, [src.KINDS.index(kind) for kind in kinds]].sum(axis=1)
    return counts


def _share_of(batch: Batch, *kinds: str) -> Floats:
    return ratio(_count_of(batch, *kinds), _statements_of(batch).sum(axis=1))


def _balance(batch: Batch) -> Floats:
    """How many more of each document's statements are its own than are borrowed."""
    return (_count_of(batch, src.OWN, src.PUBLIC) - _count_of(batch, *src.BORROWED)).astype(np.float64)


@once
def _giver(batch: Batch) -> Ints:
    """The statement that says whom each statement comes from: itself, or the last one before it where it only goes on."""
    found = src.statements(batch)
    own = ~found.of(*_GOES_ON) | changes(batch.owner[found.anchor])
    giver: Ints = np.maximum.accumulate(np.where(own, np.arange(len(found)), 0))
    return giver


def _quoted_share(batch: Batch, *kinds: str) -> Floats:
    """The share of each document's quoted words whose nearest statement comes from some kinds of source."""
    found, (first, last) = src.statements(batch), _quoted_words(batch)
    row, size = batch.owner[first], last - first
    chosen = np.zeros(len(first), dtype=bool)
    if len(found):
        chosen = _nearest_is(found.of(*kinds)[_giver(batch)], found.anchor, first, last, batch.owner)
    return ratio(np.bincount(row, size * chosen, len(batch)), np.bincount(row, size, len(batch)))


def _nearest_is(chosen: NDArray[np.bool_], anchor: Ints, first: Ints, last: Ints, owner: Ints) -> NDArray[np.bool_]:
    """Whether the anchor nearest to each stretch of words, in the same document, is one of the chosen."""
    beside = (np.searchsorted(anchor, first)[:, None] + np.array([-1, 0, 1])).clip(0, len(anchor) - 1)
    apart = np.minimum(np.abs(anchor[beside] - first[:, None]), np.abs(anchor[beside] - last[:, None]))
    apart[owner[anchor[beside]] != owner[first][:, None]] = len(owner)
    nearest = apart.argmin(axis=1)[:, None]
    near = np.take_along_axis(beside, nearest, axis=1)[:, 0]
    found: NDArray[np.bool_] = chosen[near] & (owner[anchor[near]] == owner[first])
    return found


def _share_with(batch: Batch, verbs: int) -> Floats:
    """The share of each document's statements that are told with a verb of some class."""
    anchors = src.statements(batch).anchor
    row = batch.owner[anchors[(cl.classes(batch)[anchors] & verbs) > 0]]
    return ratio(np.bincount(row, minlength=len(batch)), _statements_of(batch).sum(axis=1))


@once
def _persons(batch: Batch) -> Ints:
    """How many different persons each document names as sources."""
    return _count_of_different(batch, src.PERSON)


def _count_of_different(batch: Batch, *kinds: str) -> Ints:
    """How many different sources of some kinds each document cites by name."""
    found = src.statements(batch)
    row, _ = _different(batch, found[found.of(*kinds)])
    return np.bincount(row, minlength=len(batch))


def _most_of_one(batch: Batch, found: src.Statements) -> Ints:
    """How many of some statements name the source that each document names most."""
    row, times = _different(batch, found)
    most = np.zeros(len(batch), dtype=np.int64)
    np.maximum.at(most, row, times)
    return most


def _different(batch: Batch, found: src.Statements) -> tuple[Ints, Ints]:
    """For each source that some statements name, the document, and how often it is named there."""
    found = found[found.who > 0]
    row = batch.owner[found.anchor]
    order = np.lexsort((found.who, row))
    row, who = row[order], found.who[order]
    first = np.flatnonzero(changes(row) | changes(who))
    return row[first], np.diff(np.append(first, len(row)))


def _begin_of(pieces: Ints, places: Ints) -> Ints:
    """Where the piece of text begins that holds each of some characters; the character itself where none does."""
    edges = np.append(pieces, [[-1, -1]], axis=0)
    held = edges[np.searchsorted(pieces[:, 0], places, side="right") - 1]
    begins: Ints = np.where(held[:, 1] > places, held[:, 0], places)
    return begins


def _apart(spans: Spans) -> Spans:
    """Spans without those that begin before the one before them ends."""
    return spans[np.append(True, spans.start[1:] >= spans.end[:-1])[: len(spans)]]


def _tag_rate(batch: Batch, bits: int) -> Floats:
    return per_thousand(batch, batch.count_words((batch.found.tags & bits) > 0))


def _first_of_each(batch: Batch, spans: Spans) -> Measure:
    """1 for each document that holds one of some spans, with the first of them as evidence."""
    row, first = np.unique(batch.document_of(spans.start), return_index=True)
    return Measure(np.bincount(row, minlength=len(batch)).astype(np.float64), spans[first])


def _posts(batch: Batch) -> Ints:
    """Where the handle or the link of a post may begin."""
    points, slashes, stops = batch.points, batch.mark("/"), batch.mark(".")
    links = slashes[points[slashes - 1] == ord("o")] - len("t.co")
    pictures = stops[(points[stops - 1] == ord("c")) & (points[stops + 1] == ord("t"))] - len("pic")
    places = np.sort(np.concatenate((batch.mark("@"), links, pictures)))
    return places[places >= 0]


def _opens_name(batch: Batch, lines: Ints) -> NDArray[np.bool_]:
    """Whether lines open with a capital or a quotation mark."""
    opens = batch.points[lines]
    latin = ((opens >= ord("A")) & (opens <= ord("Z"))) | ((opens >= ord("À")) & (opens <= ord("Þ")))
    named: NDArray[np.bool_] = latin | (opens == ord('"')) | (opens == ord("“"))
    return named


@once
def _outlets(batch: Batch) -> Spans:
    """Where outlets, agencies and programmes are named."""
    return tagged(batch, lx.OUTLET | lx.AGENCY | lx.SHOW)


@once
def _quotations(batch: Batch) -> Spans:
    """Quotations long enough to be somebody's speech."""
    first, last = np.searchsorted(batch.words.start, batch.words.quotes.T)
    return Spans(*batch.words.quotes[last - first >= _DIRECT_WORDS].T)


def _unquoted(batch: Batch, spans: Spans) -> Spans:
    """Those spans that begin outside quotations: what the text says itself."""
    return spans[~batch.quoted(spans.start)]


def _of_ourselves(batch: Batch, spans: Spans) -> Spans:
    """Those spans in which no "us" is somebody else: "told US lawmakers", "told Us Weekly"."""
    others = batch.words.start[(batch.words.hash == _US) & ((batch.found.tags & lx.OURSELVES) == 0)]
    return spans[np.searchsorted(others, spans.start) == np.searchsorted(others, spans.end)]


@once
def _quoted_words(batch: Batch) -> tuple[Ints, Ints]:
    """The first word of each such quotation, and the word after it."""
    quotes = _quotations(batch)
    return np.searchsorted(batch.words.start, quotes.start), np.searchsorted(batch.words.start, quotes.end)


SIGNALS = (
    own_attribution_rate,
    told_outlet_rate,
    told_name_rate,
    insider_told_rate,
    conversations_rate,
    sole_listener,
    outlet_attribution_rate,
    agency_attribution_rate,
    show_attribution_rate,
    platform_attribution_rate,
    borrowed_share,
    borrowed_first,
    single_outlet,
    outlets_rate,
    different_outlets,
    platforms_rate,
    person_attribution,
    pronoun_attribution,
    official_attribution,
    record_attribution,
    study_attribution,
    insider_attribution,
    public_attribution_rate,
    unknown_attribution,
    own_surplus,
    borrowed_surplus,
    borrowed_further,
    own_quotes,
    borrowed_quotes,
    attribution_rate,
    direct_speech,
    quotations_rate,
    scare_quotes_rate,
    said_rate,
    said_share,
    says_share,
    reporting_outlets_rate,
    inquiring_outlet_rate,
    repeated_outlet_rate,
    closing_citations_rate,
    first_reports_rate,
    inquiries_rate,
    exclusives_rate,
    introductions_rate,
    hearsay_rate,
    handles_rate,
    hat_tips_rate,
    speakers_rate,
    speakers,
    dateline,
    agency_tag,
    agency_credit_rate,
    repost_credit_rate,
    anonymous_rate,
    comment_sought_rate,
    interviews_rate,
    documents_rate,
    studies_rate,
    research_rate,
    release_rate,
    release_ends_rate,
    wire_services_rate,
    opinion_rate,
    transcript_rate,
    dates_rate,
    clock_times_rate,
    emails_rate,
    numbers_rate,
    places_rate,
    names_rate,
    titles_rate,
    titled_names_rate,
    reader_voice_rate,
    own_voice_rate,
)
