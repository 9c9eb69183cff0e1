"""How a text falls into words, sentences, lines and quotations, whatever characters it is made of."""

import itertools
import unicodedata
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classifier.characters import LOOKALIKES, tables
from classifier.lexicon import read_lists
from classifier.words import (
    ALL_CAPITALS,
    CAPITAL,
    GAP_CLOSE,
    GAP_COMMA,
    GAP_HYPHEN,
    GAP_NEWLINE,
    GAP_OPEN,
    GAP_QUOTE,
    GAP_SPACE,
    GAP_STOP,
    MIXED_ALPHABETS,
    NUMBER,
    WordClasses,
    run_together,
    split,
    split_many,
    word_hashes,
)

# Every kind of character that the splitter tells apart, and those that broke other splitters.
TEXTS = st.one_of(
    st.text(max_size=80),
    st.text("aZé9 .,'’\"“”‘\n\r\t-()!?\u0301\u200b\ufeff\0\ud800а😀א日", max_size=80),
)


def quoted(text, spans):
    return [text[start:end] for start, end in spans]


def words_of(text):
    words = split(text)
    return quoted(text, zip(words.start, words.end, strict=True))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t\r\n\u2028", []),
        ("…?! “” — ()", []),
        ("😀 👍🏽", []),
        ("Rain", ["Rain"]),
        ("It rained.\r\nThen it stopped.", ["It", "rained", "Then", "it", "stopped"]),
        ("\ufeffThe mayor left.", ["The", "mayor", "left"]),
        ("a\0b", ["a", "b"]),
        ("one \ud800 two\udfff three", ["one", "two", "three"]),
        ("vo\u200bte vo\u00adte", ["vo\u200bte", "vo\u00adte"]),
        ("the cafe\u0301s shut", ["the", "cafe\u0301s", "shut"]),
        ("isn't l’homme rock'n'roll", ["isn't", "l’homme", "rock'n'roll"]),
        ("'tis the dogs' bowl", ["tis", "the", "dogs", "bowl"]),
        ("5'11", ["5", "11"]),
        ("$3.5m, 1,200.75 and 2,5", ["3.5m", "1,200.75", "and", "2,5"]),
        ("in 1999, 2000. 1", ["in", "1999", "2000", "1"]),
        ("a,b and a.b", ["a", "b", "and", "a", "b"]),
        ("state-of-the-art", ["state", "of", "the", "art"]),
        ("קרא את העיתון", ["קרא", "את", "העיתון"]),
        ("「日本語」です", ["日本語", "です"]),
        ("end\u2028next\x85line\x0bfeed", ["end", "next", "line", "feed"]),
    ],
)
def test_a_text_falls_into_words(text, words):
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("...", []),
        ("No stop at the end", ["No stop at the end"]),
        ("Is it? Yes! No… Well.", ["Is it?", "Yes!", "No…", "Well."]),
        ("Dr. Okello met Mr. Pell on Jan. 5 at St. Ann's.", ["Dr. Okello met Mr. Pell on Jan. 5 at St. Ann's."]),
        ("The doctor. Okello left.", ["The doctor.", "Okello left."]),
        ("J. K. Pell wrote. It sold.", ["J. K. Pell wrote.", "It sold."]),
        ("The U.S. Senate voted at 3 p.m. in the hall.", ["The U.S. Senate voted at 3 p.m. in the hall."]),
        ("She told E! News that OK! Magazine erred. Really! Yes.", ["She told E! News that OK! Magazine erred.", "Really!", "Yes."]),
        ("He got an OK!\nMagazine sales rose.", ["He got an OK!", "Magazine sales rose."]),
        ("It rose 3.5 percent. Then 2.", ["It rose 3.5 percent.", "Then 2."]),
        ("It opened in 1984. A year later it shut.", ["It opened in 1984.", "A year later it shut."]),
        ("He left.She stayed.", ["He left.", "She stayed."]),
        ("Visit example.Com or A.B now", ["Visit example.", "Com or A.B now"]),
        ("Read files.txt and a.b today", ["Read files.txt and a.b today"]),
        ("She said no. then left", ["She said no. then left"]),
        ("A headline\nThe text.", ["A headline", "The text."]),
        ("The line goes\non here.", ["The line goes\non here."]),
        ("The line ends.\non here.", ["The line ends.", "on here."]),
        ("A paragraph\n\nand another", ["A paragraph", "and another"]),
        ("He “told us.” We left.", ["He “told us.”", "We left."]),
        ("“Go,” she said. ‘Stay,’ he said.", ["“Go,” she said.", "‘Stay,’ he said."]),
        ("קרא את העיתון. היום גשם.", ["קרא את העיתון.", "היום גשם."]),
    ],
)
def test_a_text_falls_into_sentences(text, sentences):
    assert quoted(text, split(text).sentences) == sentences


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("\n \r\n\t\n", []),
        ("one line", ["one line"]),
        ("  trimmed \t\n", ["trimmed"]),
        ("unix\nwindows\r\nmac\rend", ["unix", "windows", "mac", "end"]),
        ("a\n\n\nb", ["a", "b"]),
        ("a\n***\nb", ["a", "***", "b"]),
        ("\ufeffTitle\nText", ["Title", "Text"]),
        ("a\u2028b\u2029c\x85d\x0ce", ["a", "b", "c", "d", "e"]),
        ("a\\nb", ["a\\nb"]),
    ],
)
def test_a_text_falls_into_lines(text, lines):
    assert quoted(text, split(text).lines) == lines


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("", []),
        ("No quotation here.", []),
        ("“Go,” she said.", ["“Go,”"]),
        ('"Run," they said, "now."', ['"Run,"', '"now."']),
        ("‘Stay here,’ he said.", ["‘Stay here,’"]),
        ("She said 'it's fine' today.", ["'it's fine'"]),
        ("„Geh“ und «va» together", ["„Geh“ und «va»"]),
        ("The mayor's dog isn't the dogs’.", []),
        ("five feet 5'11 tall", []),
        ("In the '90s, \"we ate,\" she told 'em.", ['"we ate,"']),
        ("In the ’90s, “we ate,” she said.", ["“we ate,”"]),
        ("'I said \"go\" and he went,' she said.", ["'I said \"go\" and he went,'"]),
        ("“He said ‘no’ to us,” she said.", ["“He said ‘no’ to us,”"]),
        ("A “quote never closed\nNext line.", ["“quote never closed"]),
        ("“First paragraph.\n\n“Second one.” End.", ["“First paragraph.", "“Second one.”"]),
        ("the closing ” alone", []),
        ("An inch is 1\" long", []),
    ],
)  # fmt: skip
def test_a_text_has_its_quotations(text, quotes):
    assert quoted(text, split(text).quotes) == quotes


@pytest.mark.parametrize(("text", "emoji"), [("", []), ("plain © ™ text", []), ("wow 😀😜 end 👀", ["😀", "😜", "👀"]), ("love ❤️", ["❤"])])
def test_emoji_are_found(text, emoji):
    assert [text[place] for place in split(text).emoji] == emoji


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MAYOR", "mayor"),
        (unicodedata.normalize("NFC", "café Zürich"), unicodedata.normalize("NFD", "café Zürich")),
        ("café", "cafe"),
        ("vo\u200bte", "vote"),
        ("vo\u00adte", "vote"),
        ("vo\ufe0fte", "vote"),
        ("Тhе mауоr", "the mayor"),
        ("isn’t", "isn't"),
        ("isn`t", "isn't"),
        ("Ｆｕｌｌ", "full"),
        ("𝐛𝐨𝐥𝐝", "bold"),
    ],
)
def test_words_that_read_alike_have_one_hash(one, other):
    assert split(one).hash.tolist() == split(other).hash.tolist()


@pytest.mark.parametrize(
    ("one", "other"), [("mayor", "mayors"), ("on", "no"), ("isn't", "isnt"), ("1.5", "15"), ("мир", "mup"), ("won", "own")]
)
def test_words_that_differ_have_different_hashes(one, other):
    assert split(one).hash.tolist() != split(other).hash.tolist()


@pytest.mark.parametrize("character", LOOKALIKES)
def test_a_lookalike_letter_hashes_as_the_latin_one(character):
    assert split(character).hash.tolist() == split(LOOKALIKES[character]).hash.tolist()


@pytest.mark.parametrize(("text", "stem"), [("mayor's", "mayor"), ("Mayor’s", "mayor"), ("MAYOR'S", "mayor"), ("it's", "it")])
def test_a_stem_is_the_word_without_its_possessive_ending(text, stem):
    assert split(text).stem.tolist() == word_hashes(stem).tolist()


@pytest.mark.parametrize("text", ["mayors", "isn't", "o'clock", "l'as", "'s", "s"])
def test_a_word_without_possessive_ending_is_its_own_stem(text):
    words = split(text)

    assert words.stem.tolist() == words.hash.tolist()


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("rain", 0),
        ("Rain", CAPITAL),
        ("iPhone", CAPITAL),
        ("RAIN", CAPITAL | ALL_CAPITALS),
        ("2nd", NUMBER),
        ("1,200", NUMBER),
        ("B2B", CAPITAL | ALL_CAPITALS | NUMBER),
        ("mауor", MIXED_ALPHABETS),
        ("Тhe", CAPITAL | MIXED_ALPHABETS),
        ("мэр", 0),
        ("café", 0),
    ],
)
def test_a_shape_tells_what_a_word_looks_like(text, shape):
    assert split(text).shape.tolist() == [shape]


@pytest.mark.parametrize(
    ("text", "gap"),
    [
        ("a b", GAP_SPACE),
        ("a, b", GAP_COMMA | GAP_SPACE),
        ("a. b", GAP_STOP | GAP_SPACE),
        ("a\nb", GAP_NEWLINE),
        ("a\r\nb", GAP_NEWLINE | GAP_SPACE),
        ("a-b", GAP_HYPHEN),
        ("a (b", GAP_SPACE | GAP_OPEN),
        ("a) b", GAP_CLOSE | GAP_SPACE),
        ("a “b", GAP_SPACE | GAP_QUOTE),
        ("a,” b", GAP_COMMA | GAP_QUOTE | GAP_SPACE),
        ("a/b", 0),
    ],
)
def test_a_gap_tells_what_stands_between_two_words(text, gap):
    assert split(text).gap.tolist()[0] == gap


def test_the_last_word_of_a_text_stands_before_a_line_break():
    assert [words.gap.tolist() for words in split_many(["one, two", "three", "“four.”"])] == [[GAP_COMMA | GAP_SPACE, GAP_NEWLINE]] + [
        [GAP_NEWLINE]
    ] * 2


def test_every_code_point_has_a_class_and_a_folded_form():
    classes, folded = tables()

    assert len(classes) == len(folded) == 0x110000
    assert classes.max() < 18


@given(TEXTS)
@example("\u0301\u200b")
@example('"')
@example("’")
@settings(max_examples=50, deadline=None)
def test_every_piece_lies_in_the_text_and_in_order(text):
    words = split(text)

    for spans in (np.stack((words.start, words.end), axis=1), words.sentences, words.lines, words.quotes):
        flat = spans.ravel().tolist()
        assert flat == sorted(flat)
        assert not flat or (flat[0] >= 0 and flat[-1] <= len(text))
        assert all(start < end for start, end in spans.tolist())
    assert all(0 <= place < len(text) for place in words.emoji.tolist())


@pytest.mark.parametrize("often", [1, 40, 400])
def test_characters_that_nobody_sees_change_no_word_however_many_they_are(often):
    words = [f"Word{n % 7}," for n in range(400)]
    shown = split(" ".join(words))
    text = " ".join(f"{word[:2]}\u200b{word[2:]}" if n % often == 0 else word for n, word in enumerate(words))
    found = split(text)

    assert found.hash.tolist() == shown.hash.tolist()
    assert [text[start:end].replace("\u200b", "") for start, end in zip(found.start, found.end, strict=True)] == [
        word[:-1] for word in words
    ]


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_every_word_lies_in_its_sentence_and_in_its_line(text):
    words = split(text)

    for spans, row in ((words.sentences, words.sentence), (words.lines, words.line)):
        assert (spans[row, 0] <= words.start).all()
        assert (words.end <= spans[row, 1]).all()


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_every_sentence_holds_a_word_and_every_line_something_solid(text):
    words = split(text)

    assert np.unique(words.sentence).tolist() == list(range(len(words.sentences)))
    assert all(line == line.strip(" \t\r\n") for line in quoted(text, words.lines))


@given(st.lists(TEXTS, max_size=5))
@settings(max_examples=50, deadline=None)
def test_splitting_many_texts_equals_splitting_each(texts):
    together = list(split_many(texts))

    assert len(together) == len(texts)
    for words, text in zip(together, texts, strict=True):
        alone = split(text)
        assert all(np.array_equal(getattr(words, name), getattr(alone, name)) for name in type(alone).__slots__)


@given(st.lists(TEXTS, max_size=5))
@settings(max_examples=50, deadline=None)
def test_texts_run_together_are_numbered_through_all_of_them(texts):
    words, origin = run_together(texts)
    whole = "".join(text + "\n\n" for text in texts)

    assert origin.tolist() == [sum(len(text) + 2 for text in texts[:k]) for k in range(len(texts) + 1)]
    for spans in (np.stack((words.start, words.end), axis=1), words.sentences, words.lines, words.quotes):
        own = [spans[(spans[:, 0] >= begin) & (spans[:, 0] < end)] for begin, end in itertools.pairwise(origin)]
        assert sum(map(len, own)) == len(spans)
        assert all((each[:, 1] <= begin + len(text)).all() for each, begin, text in zip(own, origin, texts, strict=False))
    assert [quoted(whole, words.lines[words.line]), quoted(whole, words.sentences[words.sentence])] == [
        [piece for text in texts for piece in quoted(text, getattr(split(text), spans)[getattr(split(text), row)])]
        for spans, row in (("lines", "line"), ("sentences", "sentence"))
    ]


# The pieces that are left outside some spans

SPANS = st.lists(st.integers(0, 90), unique=True, max_size=8).map(
    lambda places: np.array(sorted(places)[: len(places) // 2 * 2]).reshape(-1, 2)
)


def without(text, spans):
    """What is left of the pieces of a text outside some spans, by looking at one after the other."""
    words = split(text)
    inside = {place for start, end in spans.tolist() for place in range(start, end)}
    kept = [k for k, start in enumerate(words.start.tolist()) if start not in inside]
    sentences, lines = (sorted({int(row[k]) for k in kept}) for row in (words.sentence, words.line))
    lines = sorted(lines + [k for k, (start, _) in enumerate(words.lines.tolist()) if k not in words.line and start not in inside])
    return {
        **{name: [getattr(words, name).tolist()[k] for k in kept] for name in ("start", "end", "hash", "stem", "shape", "gap")},
        "sentence": [sentences.index(words.sentence[k]) for k in kept],
        "line": [lines.index(words.line[k]) for k in kept],
        "sentences": [words.sentences[k].tolist() for k in sentences],
        "lines": [words.lines[k].tolist() for k in lines],
        "quotes": [span for span in words.quotes.tolist() if span[0] not in inside],
        "emoji": [place for place in words.emoji.tolist() if place not in inside],
    }


@given(TEXTS, SPANS)
@example("One. Two", np.zeros((0, 2), dtype=np.int64))
@example("One. “Two”\nThree 😀", np.array([[0, 20]]))
@example("One two. Three", np.array([[0, 4], [4, 9]]))
@example("***\nOne\n- ", np.array([[4, 7]]))
@example("***\nOne\n- ", np.array([[0, 3]]))
@settings(max_examples=150, deadline=None)
def test_the_words_without_some_spans_are_those_outside_them(text, spans):
    left, keep = split(text).without(spans)

    assert {name: getattr(left, name).tolist() for name in type(left).__slots__} == without(text, spans)
    assert split(text).start[keep].tolist() == left.start.tolist()


# Classes of words

PLAIN_WORDS = st.from_regex(r"[abé]{1,3}('[abé])?", fullmatch=True)


@given(st.lists(st.lists(PLAIN_WORDS, max_size=12), min_size=1, max_size=4), st.lists(PLAIN_WORDS, max_size=30))
@settings(max_examples=100, deadline=None)
def test_word_classes_find_exactly_their_words(classes, written):
    plain = [{word.replace("é", "e") for word in words} for words in classes]
    found = WordClasses(*map(" ".join, classes)).of(split(" ".join(written)).hash)

    assert found.tolist() == [sum((word.replace("é", "e") in words) << bit for bit, words in enumerate(plain)) for word in written]


def test_a_word_of_a_class_is_known_however_it_is_written():
    classes = WordClasses("river café", "I'm river")

    assert classes.of(split("The RIVER, a cafe\u0301; i’m in").hash).tolist() == [0, 0b11, 0, 0b01, 0b10, 0]


def test_more_words_than_their_table_can_part_are_refused():
    with pytest.raises(ValueError, match=r"^2000 words are too many for a table of"):
        WordClasses(" ".join(f"w{number}" for number in range(2000)))


def test_of_all_shipped_words_only_those_of_a_class_are_in_it(every_word):
    chosen = every_word[::200]
    classes = WordClasses(" ".join(chosen[::2]), " ".join(chosen[1::2]))
    found = dict(zip(every_word, classes.of(word_hashes(" ".join(every_word))).tolist(), strict=True))

    assert found == dict.fromkeys(every_word, 0) | dict.fromkeys(chosen[::2], 0b01) | dict.fromkeys(chosen[1::2], 0b10)


@pytest.fixture(scope="module")
def every_word():
    """Every word of the shipped lists once."""
    texts = [entry.strip("^$") for phrases in read_lists(files("classifier") / "lists") for entry in phrases.entries]
    words = split("\n".join(texts))
    _, first = np.unique(words.hash, return_index=True)
    return list(quoted("\n".join(texts), zip(words.start[first], words.end[first], strict=True)))


def test_texts_larger_than_a_batch_are_split_as_each_alone():
    texts = ["rain " * 30_000, "", "one two", "sun " * 30_000]

    assert [len(words) for words in split_many(texts)] == [30_000, 0, 2, 30_000]


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_a_word_found_in_a_text_has_its_hash_when_it_stands_alone(text):
    alone = [words.hash.tolist() for words in split_many(words_of(text))]

    assert alone == [[value] for value in split(text).hash.tolist()]


def test_one_line_of_two_megabytes_falls_into_its_words():
    words = split("a" + " word" * 400_000)

    assert (len(words), len(words.lines), len(words.sentences)) == (400_001, 1, 1)


@pytest.mark.parametrize(
    ("piece", "words", "quotes", "lines"),
    [
        ('"', 0, 50_000, 1),
        ("“", 0, 1, 1),
        ("'a", 1, 0, 1),
        ("a,", 100_000, 0, 1),
        (".", 0, 0, 1),
        ("[", 0, 0, 1),
        ("a\n", 100_000, 0, 100_000),
        ("\u0301", 0, 0, 0),
        ("😀", 0, 0, 1),
    ],
)
def test_a_hundred_thousand_marks_in_a_row_are_split(piece, words, quotes, lines):
    found = split(piece * 100_000)

    assert (len(found), len(found.quotes), len(found.lines)) == (words, quotes, lines)
