"""How a verdict looks: bars, rows, marked text, and that nothing in it can command a terminal."""

import io
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from classifier import view
from classifier.document import Match
from classifier.verdict import Boilerplate, Evidence, Line, Verdict

TEXT = "Top honchos met.[1][2]\nSubscribe to our newsletter!\n"
VERDICT = Verdict(
    id="page.txt",
    label="rewrite",
    confidence=0.714,
    probabilities={"original": 0.2, "rewrite": 0.714, "filler": 0.086},
    uncertain=False,
    quality=0.2,
    language="en",
    reasons=("carries two citation marks and no list of references", "a stock phrase stands odd"),
    evidence=(
        Evidence("spin.damage", 0, 11, TEXT[0:11]),
        Evidence("citation.marks", 16, 22, TEXT[16:22]),
        Evidence("citation.stacked", 16, 19, TEXT[16:19]),
        Evidence("boilerplate.subscribe", 23, 51, TEXT[23:51]),
    ),
    boilerplate=Boilerplate(0.123, (Line(23, 51, "subscribe", 0.98, TEXT[23:51]),)),
    duplicate_of=None,
    derived_from=None,
    signals={},
    clean_text="Top honchos met.",
    model="test 1",
)
SCORES = {"spin": 1.0, "reporting": -2.0, "style": 0.0}
HOSTILE = "".join(map(chr, [*range(32), *range(0x7F, 0xA0)])) + "\u202e\u2066\u200f\u2028\u200b\ufeff\ud800\U000e0041" + "\x1b]0;pwned\x07"
COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]")


def on_terminal(*things, color=None):
    drawn = io.StringIO()
    console = Console(file=drawn, force_terminal=True, color_system=color, width=80, markup=False, highlight=False, emoji=False)
    for thing in things:
        console.print(thing)
    return drawn.getvalue()


def hostile(verdict):
    """The verdict with commands for a terminal wherever other people's text can stand."""
    return replace(
        verdict,
        reasons=(HOSTILE,),
        duplicate_of=Match(HOSTILE, 0.9),
        derived_from=Match(HOSTILE, 0.4, (HOSTILE,)),
        evidence=(Evidence("spin.damage", 5, len(HOSTILE), HOSTILE[5:]),),
        clean_text=HOSTILE,
    )


@pytest.mark.parametrize(
    ("share", "shown"), [(0, "0%"), (0.001, "<1%"), (0.006, "1%"), (0.5, "50%"), (0.994, "99%"), (0.9951, ">99%"), (1, "100%")]
)
def test_a_percentage_never_claims_certainty(share, shown):
    assert view.percent(share) == shown


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("", ""),
        ("plain\n\ttext é 今日", "plain\n\ttext é 今日"),
        ("\x1b[31m", "␛[31m"),
        ("a\r\nb\rc\r", "a\nb␍c"),
        ("\x7f\x9b", "␡<U+009B>"),
        ("\u202eabc", "<U+202E>abc"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
    ],
)
def test_what_a_terminal_would_obey_is_made_visible(text, safe):
    assert view.neutralize(text) == safe


@settings(deadline=None)  # the machine may be busy
@given(st.text(alphabet=st.characters()))
def test_neutral_text_holds_no_command(text):
    assert not COMMANDS.search(view.neutralize(text))
    assert not set("\n\t") & set(view.neutralize(text, one_line=True))


@settings(deadline=None)  # the machine may be busy
@given(st.text(alphabet=st.characters()))
def test_a_json_line_holds_the_text_and_no_command(text):
    line = view.json_line({"text": text})

    assert json.loads(line) == {"text": text}
    assert line.count("\n") == 1
    assert not COMMANDS.search(line)


def test_json_keeps_readable_characters():
    assert view.json_line({"é": "今日"}) == '{"é": "今日"}\n'


@pytest.mark.parametrize("form", ["card", "plain card", "row", "marked", "marked plain", "table", "plain table"])
def test_nothing_that_is_shown_can_command_a_terminal(form):
    verdict = hostile(VERDICT)
    shown = {
        "card": lambda: on_terminal(view.card(verdict, HOSTILE, SCORES)),
        "plain card": lambda: view.plain_card(verdict, HOSTILE, SCORES),
        "row": lambda: on_terminal(view.text_of(view.row(verdict, HOSTILE))),
        "marked": lambda: on_terminal(view.text_of(view.heading(verdict, HOSTILE)), view.marked(verdict, HOSTILE)),
        "marked plain": lambda: view.marked_plain(verdict, HOSTILE),
        "table": lambda: on_terminal(view.table(("a",), [(HOSTILE,)])),
        "plain table": lambda: view.plain_table(("a",), [(HOSTILE,)]),
    }[form]()

    assert "pwned" in shown
    assert not COMMANDS.search(shown)


def test_rich_markup_in_a_text_is_only_text():
    verdict = replace(VERDICT, reasons=("[bold]x[/bold] :smile: [/]",))

    assert "[bold]x[/bold] :smile: [/]" in on_terminal(view.card(verdict, "[red]name[/red]", SCORES))


def test_a_plain_card_tells_the_whole_verdict():
    assert view.plain_card(VERDICT, "page.txt", SCORES) == (
        "page.txt\n"
        "  label        rewrite  71%\n"
        "  original     #####...................  20%\n"
        "  rewrite      #################.......  71%\n"
        "  filler       ##......................   9%\n"
        "\n"
        "  for rewrite  or against it, by family of signals\n"
        "  spin                   |#####      +1.0\n"
        "  reporting    ----------|           -2.0\n"
        "  style                  |           +0.0\n"
        "\n"
        "  reasons      • carries two citation marks and no list of references\n"
        "               • a stock phrase stands odd\n"
        "  boilerplate  12% of the text, 1 line: subscribe 1\n"
        "\n"
    )


def test_a_card_on_a_terminal_tells_the_same():
    shown = on_terminal(view.card(replace(VERDICT, uncertain=True, duplicate_of=Match("b.txt", 0.93)), "page.txt", SCORES))

    for expected in (
        "page.txt",
        "rewrite  71%  uncertain",
        "█████",
        "-2.0",
        "two citation marks",
        "12% of the text",
        "b.txt  similarity 0.93",
    ):
        assert expected in shown


def test_a_wrapped_reason_hangs_below_its_first_word():
    drawn = io.StringIO()
    reasons = ("The ferry of Ossel Bay is told of by its own crew, and by nobody else. " * 3, "Short.")
    Console(file=drawn, width=60).print(view.card(replace(VERDICT, reasons=reasons), "page.txt", {}))
    lines = drawn.getvalue().splitlines()

    first, last = (number for number, line in enumerate(lines) if "• " in line)
    column = lines[first].index("• ")
    assert last > first + 3
    assert all(line[column : column + 2] == "  " and line[column + 2] != " " for line in lines[first + 1 : last])


def test_a_verdict_without_scores_or_boilerplate_has_a_card():
    verdict = replace(VERDICT, boilerplate=Boilerplate(0.0, ()), reasons=())

    assert "boilerplate  none" in view.plain_card(verdict, "x", {})
    assert "+0.0" in view.plain_card(verdict, "x", {"spin": 0.0})


def test_a_row_lines_up_with_its_head_and_ends_with_the_name():
    head = view.plain_of(view.row_head())
    line = view.plain_of(view.row(replace(VERDICT, uncertain=True, derived_from=Match("b", 0.5)), "a b.txt"))

    assert line == "rewrite    71%   12%  uncertain retold       a b.txt\n"
    assert head.index("file") == line.index("a b.txt")


def test_evidence_is_marked_in_place():
    assert view.marked_plain(VERDICT, TEXT) == (
        "«Top honchos»[spin.damage] met.«[1][2]»[citation.marks, citation.stacked]\n«Subscribe to our newsletter!»[to cut: subscribe]\n\n"
    )


def test_evidence_in_a_line_to_cut_is_marked_within_it():
    verdict = replace(VERDICT, evidence=(Evidence("spin.hype", 37, 41, ""),))

    assert view.marked_plain(verdict, TEXT).splitlines()[1] == (
        "«Subscribe to o»[to cut: subscribe]«ur n»[spin.hype, to cut: subscribe]«ewsletter!»[to cut: subscribe]"
    )


def test_evidence_is_colored_on_a_terminal():
    shown = on_terminal(view.marked(VERDICT, TEXT), color="standard")

    assert "\x1b[30;45mTop honchos\x1b[0m met." in shown
    assert re.search("\x1b\\[[0-9;]*9mSubscribe to our newsletter!\x1b", shown), "not struck through"


def test_the_legend_names_every_signal_with_its_count():
    lines = [view.plain_of(spans).strip() for spans in view.legend(VERDICT)]

    assert lines == [
        "spin.damage  × 1",
        "citation.marks  × 1",
        "citation.stacked  × 1",
        "boilerplate.subscribe  × 1",
        "to cut: subscribe  × 1",
    ]


@settings(deadline=None)  # the machine may be busy
@given(st.data(), st.text(max_size=40))
def test_marking_loses_and_adds_no_character(data, text):
    place = st.integers(0, len(text))
    spans = data.draw(st.lists(st.tuples(place, place, st.sampled_from(["a.b", "c.d", "boilerplate.e"]))))
    evidence = tuple(Evidence(name, min(i, j), max(i, j), "") for i, j, name in spans)
    verdict = replace(VERDICT, evidence=evidence, boilerplate=Boilerplate(0.0, ()))
    position = 0

    for piece, names in view.segments(verdict, text):
        assert piece
        assert text[position : position + len(piece)] == piece
        assert set(names) == {e.signal for e in evidence if e.start < position + len(piece) and position < e.end}
        position += len(piece)
    assert position == len(text)


def test_a_table_aligns_its_columns():
    assert view.plain_table(("model", "F1"), [("shipped", "0.79"), ("mine", "0.8")], "title") == (
        "title\nmodel    F1\nshipped  0.79\nmine     0.8\n\n"
    )


def test_scores_become_figures():
    score = {"texts": 1200, "macro_f1": 0.8, "accuracy": 0.81234, "calibration_error": 0.02, "recall": {"original": 0.9, "filler": None}}

    head, rows = view.figures([("shipped", score)])

    assert head == ("measured", "texts", "macro-F1", "accuracy", "calibration error", "recall original", "recall filler")
    assert rows == [["shipped", "1,200", "0.800", "0.812", "0.020", "0.900", "none"]]
