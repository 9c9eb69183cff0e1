"""How names and phrases are found, and what the shipped lists promise."""

from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.lexicon import COMMON_WORD, FIRST_NAME, OUTLET, PLACE, PROPER_NAME, Lexicon, Phrases, parse_list, read_lists, shipped
from classifier.words import run_together, split, split_many

LISTS = read_lists(files("classifier") / "lists")
PHRASES = [phrases for phrases in LISTS if not phrases.name.startswith("names/")]
BY_NAME = {phrases.name: phrases for phrases in LISTS}


def lexicon_of(name, *entries):
    return Lexicon([Phrases(name, {}, entries)])


def found_in(lexicon, texts):
    """What one pass finds in each of some texts: the phrases as (list, first word, word after the last), and the tags of its words."""
    words, origin = run_together(texts)
    found, edges = lexicon.find(words), np.searchsorted(words.start, origin)
    cuts = np.searchsorted(found.first, edges)
    told = []
    for begin, end, cut, until in zip(edges, edges[1:], cuts, cuts[1:], strict=False):
        columns = [found.names[place] for place in found.list[cut:until]], found.first[cut:until] - begin, found.last[cut:until] - begin
        told.append((list(zip(*columns, strict=True)), found.tags[begin:end].tolist()))
    return told


def hits(text, *entries):
    """The words that each hit of a phrase list covers."""
    words = split(text)
    first, last = lexicon_of("spin/slang", *entries).find(words).of("spin/slang")
    return [text[start:end] for start, end in zip(words.start[first], words.end[last - 1], strict=True)]


def tagged(text, *entries, name="names/outlets", bit=OUTLET):
    """The words that an entry of a list of names tags."""
    words = split(text)
    tags = lexicon_of(name, *entries).find(words).tags
    return [text[start:end] for start, end, tag in zip(words.start, words.end, tags, strict=True) if tag & bit]


# Phrases


@pytest.mark.parametrize(
    ("text", "entry", "found"),
    [
        ("", "mega move", []),
        ("A mega move for all.", "mega move", ["mega move"]),
        ("A MEGA MOVE for all.", "mega move", ["MEGA MOVE"]),
        ("A mega-move, a mega\nmove.", "mega move", ["mega-move", "mega\nmove"]),
        ("A megа moνe.", "mega move", ["megа moνe"]),
        ("A mega moves.", "mega move", []),
        ("A mega big move.", "mega move", []),
        ("It was mega. Move on.", "mega move", []),
        ("mega mega move", "mega move", ["mega move"]),
        ("ha ha ha", "ha ha", ["ha ha", "ha ha"]),
        ("It isn’t over.", "isn't over", ["isn’t over"]),
        ("The mayor's car.", "mayor", []),
    ],
)
def test_a_phrase_is_found_by_its_words_within_a_sentence(text, entry, found):
    assert hits(text, entry) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("Stay tuned for more.", ["Stay tuned"]),
        ("- stay tuned for more", ["stay tuned"]),
        ("The end.\n  Stay tuned.", ["Stay tuned"]),
        ("Please stay tuned.", []),
        ("It ends. Stay tuned.", []),
    ],
)
def test_a_caret_asks_for_the_start_of_a_line(text, found):
    assert hits(text, "^stay tuned") == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("Then read more", ["read more"]),
        ("Then read more »\nNext line", ["read more"]),
        ("Then read more of it", []),
        ("Then read more. Now.", []),
    ],
)
def test_a_dollar_asks_for_the_end_of_a_line(text, found):
    assert hits(text, "read more$") == found


@pytest.mark.parametrize(("text", "found"), [("Share", ["Share"]), ("Share this", []), ("A share", []), ("One\nShare\nTwo", ["Share"])])
def test_both_anchors_ask_for_a_line_of_its_own(text, found):
    assert hits(text, "^share$") == found


def test_no_phrase_runs_from_one_text_into_the_next():
    found = found_in(lexicon_of("spin/slang", "mega move"), ["so mega", "move on", "mega move"])

    assert [phrases for phrases, _ in found] == [[], [], [("spin/slang", 0, 2)]]


def test_the_phrases_of_some_lists_come_in_the_order_of_the_text():
    lists = [Phrases(name, {}, entries) for name, entries in (("a/b", ["dry", "so dry"]), ("c/d", ["so"]), ("e/f", ["dry town"]))]
    found = Lexicon(lists).find(split("so dry town, so dry"))

    assert [column.tolist() for column in found.of("a/b", "e/f")] == [[0, 1, 1, 3, 4], [2, 2, 3, 5, 5]]
    assert [column.tolist() for column in found.of("c/d")] == [[0, 3], [1, 4]]
    assert [column.tolist() for column in found.of()] == [[], []]


@pytest.mark.parametrize("size", range(1, 13))
def test_a_phrase_of_any_length_is_found_among_longer_and_shorter_ones(size):
    words = ["rain", "fell", "on", "the", "old", "town", "and", "the", "river", "rose", "by", "noon", "today"]
    entries = [" ".join(words[:end]) for end in {size, max(size - 1, 1), min(size + 1, 13)}]
    text = " ".join(["so", *words[:size], "dry", *words[:size]])

    assert hits(text, " ".join(words[:size])) == [" ".join(words[:size])] * 2
    assert sorted(set(hits(text, *entries))) == sorted({entry for entry in entries if len(entry.split()) <= size})


@pytest.mark.parametrize("size", range(1, 11))
def test_a_name_of_any_length_is_found_with_its_capitals_alone(size):
    words = ["Rain", "Falls", "On", "The", "Old", "Town", "And", "The", "River", "Rises"][:size]

    assert tagged(" ".join(["so", *words, "dry"]), " ".join(words)) == words
    assert tagged(" ".join(["so", *words[:-1], words[-1].lower(), "dry"]), " ".join(words)) == []
    assert tagged(" ".join(["so", *words[:-1], words[-1] + "'s", "dry"]), " ".join(words)) == [*words[:-1], words[-1] + "'s"]


# Names


@pytest.mark.parametrize(
    ("text", "entry", "found"),
    [
        ("", "Hale Gazette", []),
        ("The Hale Gazette reported.", "Hale Gazette", ["Hale", "Gazette"]),
        ("The HALE GAZETTE reported.", "Hale Gazette", ["HALE", "GAZETTE"]),
        ("The Hale gazette of laws.", "Hale Gazette", []),
        ("The hale Gazette.", "Hale Gazette", []),
        ("The Hale Gazette's editor.", "Hale Gazette", ["Hale", "Gazette's"]),
        ("The Hale Gazette’s editor.", "Hale Gazette", ["Hale", "Gazette’s"]),
        ("The Hale's Gazette.", "Hale Gazette", []),
        ("Miner's Weekly said.", "Miner's Weekly", ["Miner's", "Weekly"]),
        ("Miner's Weekly's editor.", "Miner's Weekly", ["Miner's", "Weekly's"]),
        ("The Miner Weekly said.", "Miner's Weekly", []),
        ("Dory's said.", "Dory's", ["Dory's"]),
        ("Dory said.", "Dory's", []),
        ("the iDay and the IDay", "iDay", ["iDay", "IDay"]),
        ("He said; she Said.", "said", ["said", "Said"]),
    ],
)
def test_a_name_is_found_with_its_capitals_and_in_the_genitive(text, entry, found):
    assert tagged(text, entry) == found


@pytest.mark.parametrize(
    ("text", "proper"),
    [
        ("", []),
        ("She met Okello there.", ["Okello"]),
        ("Okello met her.", []),
        ("Anna met her.", ["Anna"]),
        ("They met The Hague.", ["Hague"]),
        ("no capitals here", []),
    ],
)
def test_a_proper_name_is_a_capitalised_word_that_is_no_common_one(text, proper):
    words = split(text)
    lists = [Phrases("names/common_words", {}, ["the", "met", "her"]), Phrases("names/first_names", {}, ["Anna"])]
    tags = Lexicon(lists).find(words).tags

    assert [text[start:end] for start, end, tag in zip(words.start, words.end, tags, strict=True) if tag & PROPER_NAME] == proper


def test_a_word_can_be_part_of_several_lists():
    lexicon = Lexicon(
        [Phrases("names/places", {}, ["Hale"]), Phrases("names/first_names", {}, ["Hale"]), Phrases("names/outlets", {}, ["Hale Post"])]
    )

    assert lexicon.find(split("in Hale Post")).tags.tolist() == [0, PLACE | FIRST_NAME | OUTLET | PROPER_NAME, OUTLET | PROPER_NAME]


@pytest.mark.parametrize(
    ("text", "entry", "found"),
    [
        ("The DR reported. Dr Vale said so. The DR’s desk.", "DR", ["DR", "DR’s"]),
        ("As it says, the AS says.", "AS", ["AS"]),
        ("She told Us. The US fell.", "Us", ["Us"]),
        ("THE GAZETTE SAYS SO. The Gazette.", "Gazette", ["GAZETTE", "Gazette"]),
    ],
)
def test_the_name_of_an_outlet_stands_as_it_is_written(text, entry, found):
    assert tagged(text, entry) == found


# The fast search against a slow, obvious one

WORDS = ("river", "River", "bank", "Bank", "BANK", "Bank's", "bank’s", "dry", "Dry")
ENTRIES = st.lists(
    st.builds(
        lambda caret, words, dollar: caret + " ".join(words) + dollar,
        st.sampled_from(["", "", "^"]),
        st.lists(st.sampled_from([word for word in WORDS if "’" not in word]), min_size=1, max_size=4),
        st.sampled_from(["", "", "$"]),
    ),
    min_size=1,
    max_size=8,
    unique=True,
)
PAGES = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from([" ", " ", ", ", "-", ". ", "\n", "\n\n"])), max_size=12).map(
    lambda pairs: "".join(word + gap for word, gap in pairs)
)


def slow_find(entry, text, *, is_name):
    """Every place of one entry, word by word."""
    words = split(text)
    written = [text[start:end] for start, end in zip(words.start, words.end, strict=True)]
    wanted = entry.strip("^$").split()
    found = []
    for first in range(len(written) - len(wanted) + 1):
        last = first + len(wanted)
        if all(same_word(w, t, is_name=is_name, genitive=t is written[last - 1]) for w, t in zip(wanted, written[first:last], strict=True)):
            one_sentence = words.sentence[first] == words.sentence[last - 1]
            starts = first == 0 or words.line[first - 1] != words.line[first]
            ends = last == len(written) or words.line[last] != words.line[last - 1]
            shouted = is_name and entry.isalpha() and entry.isupper() and not written[first].removesuffix("’s").removesuffix("'s").isupper()
            if one_sentence and not shouted and (starts or entry[0] != "^") and (ends or entry[-1] != "$"):
                found.append((first, last))
    return found


def same_word(wanted, written, *, is_name, genitive):
    if is_name and wanted != wanted.lower() and written == written.lower():
        return False
    plain = written.lower().replace("’", "'")
    return plain == wanted.lower() or (is_name and genitive and plain == wanted.lower() + "'s")


@given(ENTRIES, st.lists(PAGES, min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_phrases_are_found_where_a_slow_search_finds_them(entries, pages):
    found = found_in(lexicon_of("spin/slang", *entries), pages)

    for (phrases, _), page in zip(found, pages, strict=True):
        slow = sorted(hit for entry in entries for hit in slow_find(entry, page, is_name=False))
        assert [hit for _, *hit in phrases] == [list(hit) for hit in slow]


@given(ENTRIES, st.lists(PAGES, min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_names_are_found_where_a_slow_search_finds_them(entries, pages):
    found = found_in(lexicon_of("names/outlets", *entries), pages)

    for (_, tags), page in zip(found, pages, strict=True):
        slow = {place for entry in entries for hit in slow_find(entry, page, is_name=True) for place in range(*hit)}
        assert {place for place, tag in enumerate(tags) if tag & OUTLET} == slow


# The shipped lists


def test_a_list_is_read_from_its_file():
    phrases = parse_list("spin/slang", "# Words of the street.\n# seen: blogs\n# has: So dope: yes.\n# lookalike: a: b\n\ndope\n so fly \n")

    assert phrases.entries == ["dope", "so fly"]
    assert phrases.about == {"summary": ["Words of the street."], "seen": ["blogs"], "has": ["So dope: yes."], "lookalike": ["a: b"]}


@pytest.mark.parametrize("name", BY_NAME)
def test_a_shipped_list_says_what_it_is(name):
    assert BY_NAME[name].about.get("summary"), f"{name} has no summary line."


@pytest.mark.parametrize("name", BY_NAME)
def test_a_shipped_list_is_sorted_and_without_doubles(name):
    entries = list(BY_NAME[name].entries)

    assert entries == sorted(set(entries))


@pytest.mark.parametrize("name", BY_NAME)
def test_every_shipped_entry_holds_a_word(name):
    empty = [entry for entry, words in zip(BY_NAME[name].entries, split_many(BY_NAME[name].entries), strict=True) if not len(words)]

    assert empty == []


@pytest.mark.parametrize("phrases", PHRASES, ids=lambda phrases: phrases.name)
def test_a_phrase_list_shows_texts_that_have_it_and_texts_that_only_look_like_it(phrases):
    assert {"seen", "resembles", "has", "lookalike"} <= set(phrases.about)


@pytest.mark.parametrize("phrases", LISTS, ids=lambda phrases: phrases.name)
def test_a_list_is_found_in_every_text_that_has_it_and_in_no_lookalike(phrases):
    lexicon = Lexicon([phrases])
    has, lookalikes = phrases.about.get("has", ()), phrases.about.get("lookalike", ())
    found = [bool(hits) or any(tag & ~PROPER_NAME for tag in tags) for hits, tags in found_in(lexicon, [*has, *lookalikes])]

    missed = [text for text, hit in zip(has, found, strict=False) if not hit]
    mistaken = [text for text, hit in zip(lookalikes, found[len(has) :], strict=True) if hit]
    assert (missed, mistaken) == ([], [])


@pytest.mark.parametrize("phrases", PHRASES, ids=lambda phrases: phrases.name)
def test_every_shipped_phrase_is_found_in_a_text_of_its_own(phrases):
    texts = [entry.strip("^$") for entry in phrases.entries]
    missed = [text for text, (hits, _) in zip(texts, found_in(Lexicon([phrases]), texts), strict=True) if not hits]

    assert missed == []


@pytest.mark.parametrize("phrases", [phrases for phrases in LISTS if phrases not in PHRASES], ids=lambda phrases: phrases.name)
def test_every_shipped_name_is_found_in_a_text_of_its_own(phrases):
    found = found_in(Lexicon([phrases]), phrases.entries)
    missed = [text for text, (_, tags) in zip(phrases.entries, found, strict=True) if not all(tag & ~PROPER_NAME for tag in tags)]

    assert missed == []


def test_the_whole_lexicon_finds_of_each_list_what_the_list_finds_alone():
    texts = [text for phrases in LISTS for text in (*phrases.about.get("has", ()), *phrases.about.get("lookalike", ()))]
    together = [hit for hits, _ in found_in(shipped(), texts) for hit in hits]
    alone = {phrases.name: [hit for hits, _ in found_in(Lexicon([phrases]), texts) for hit in hits] for phrases in PHRASES}

    assert len(together) > len(texts) / 2
    assert {name: [hit for hit in together if hit[0] == name] for name in alone} == alone


def test_the_shipped_lexicon_tags_common_words():
    assert (shipped().find(split("the council said")).tags & COMMON_WORD).any()
