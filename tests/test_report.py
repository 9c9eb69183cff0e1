"""The report on a run is one small page that shows the right figures, harms nobody, and works in a real browser without a network."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from classifier import Decisions, QualityError, filter_again, filter_corpus
from classifier.report import drawing, page, render
from classifier.verdict import LABELS

pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'quality-classifier[filter]'")

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
VOID = {"meta", "br"}
BAD = '<script>alert(1)</script>"\x1b[31m'


class Balance(HTMLParser):
    """Checks that every tag is closed where it should be."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.text = [], [], []

    def handle_starttag(self, tag, attributes):
        del attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        """Nothing stays open."""

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with something of everything in it."""
    folder = tmp_path_factory.mktemp("run")
    texts = [path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*/*.txt"))]
    rows = [
        {"id": f"doc-{k}", "text": text, "url": f"https://site{k % 7}.example/{k}", "title": f"Story {k}"} for k, text in enumerate(texts)
    ]
    rows += [
        {"id": BAD, "title": BAD, "text": f"{texts[0]}\n{BAD}", "url": "https://site0.example/copy", "date": "2024-01-01"},
        {"text": None},
    ]
    source = folder / "in.jsonl"
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    filter_corpus([source], folder / "out", Decisions(dedup=True), jobs=1)
    return folder / "out"


@pytest.fixture(scope="module")
def made(run):
    return render(run)


def text_of(made):
    parser = Balance()
    parser.feed(made)
    return " ".join(" ".join(parser.text).split())


def test_the_page_is_small_and_asks_for_nothing(made):
    assert len(made.encode()) < 300_000
    assert not re.search(r"""(?:src|href)\s*=|url\(|@import|https?://(?!site)""", made)


def test_the_page_is_whole(made):
    parser = Balance()
    parser.feed(made)

    assert (parser.wrong, parser.open) == ([], [])


def test_the_page_tells_the_totals(made, run):
    summary = json.loads((run / "summary.json").read_bytes())
    told = text_of(made)

    assert f"{summary['kept']} of {summary['records']} documents kept" in told
    assert f"{summary['rejected']} rejected" in told
    assert "1 errors" in told
    for heading in ("Labels", "Why documents were not kept", "Sites", "Copies and retellings", "Uncertain verdicts", "Examples"):
        assert f" {heading} " in told


def test_charts_tell_their_numbers_to_those_who_cannot_see_them():
    bar = drawing.stacked_bar({"original": 0.25, "filler": 0.75}, "Share of each label")
    chart = drawing.histogram({"original": [0, 2], "filler": [0, 1]}, "Quality")

    assert 'aria-label="Share of each label: original 25.0%, filler 75.0%"' in bar
    assert 'aria-label="Quality, documents: 0.50 to 1.00: 3"' in chart


def test_a_share_stands_on_its_part_of_the_bar_where_it_fits():
    bar = drawing.stacked_bar({"original": 0.7, "rewrite": 0.2, "filler": 0.1}, "Share of each label")

    assert re.findall(r'<text [^>]*class="([a-z ]+)">(\w+)', bar) == [("on", "original"), ("on tight", "rewrite")]


def test_the_tallest_bar_is_not_taken_for_the_total():
    assert ">tallest bar: 3</text>" in drawing.histogram({"original": [1, 2], "filler": [0, 1]}, "Quality")


def brightness(color):
    channels = [int(color[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    return sum(
        w * (c / 12.92 if c <= 0.04 else ((c + 0.055) / 1.055) ** 2.4) for w, c in zip((0.2126, 0.7152, 0.0722), channels, strict=True)
    )


def test_the_shares_on_the_bar_can_be_read_by_light_and_by_dark(made):
    themes = [dict(re.findall(r"--(\w+):#(\w+)", found)) for found in re.findall(r":root\{(.*?)\}", made)]

    assert len(themes) == 2
    for theme in themes:
        colors = {name: brightness((code * 2)[:6]) for name, code in theme.items()}
        for label in LABELS:
            low, high = sorted((colors["card"], colors[label]))
            assert (high + 0.05) / (low + 0.05) >= 4.5, label


def test_sites_stand_by_their_share_of_filler(made):
    table = made.partition("<h2>Sites</h2>")[2].partition("</table>")[0]
    shares = [float(share) for share in re.findall(r'</svg></td><td class=n data-v="([\d.e-]+)">', table)]

    assert len(shares) == 7
    assert shares == sorted(shares, reverse=True)


def test_a_text_cannot_command_the_page(made):
    assert "<script>alert" not in made
    assert "\x1b" not in made
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in made


def test_evidence_is_marked_where_it_stands():
    text = "a" * 400 + " told this paper " + "b" * 400

    shown = page.marked(text, [(401, 416, "reporting.attribution")])

    assert '<mark title="reporting.attribution">told this paper</mark>' in shown
    assert len(shown) < 800


def test_what_is_cut_is_struck_through_whatever_else_it_is_evidence_of():
    text = "The pier reopens. Sign up for our newsletter. Ferries sail again."

    shown = page.marked(text, [(9, 45, "spin.damage"), (18, 45, "citation.marks"), (18, 45, "to cut: subscribe")])

    assert '<mark title="spin.damage">reopens. </mark>' in shown
    assert '<mark class="cut" title="citation.marks, spin.damage, to cut: subscribe">Sign up for our newsletter.</mark>' in shown


def test_of_a_long_cut_what_is_shown_is_struck_through():
    text = "word " * 800

    shown = page.marked(text, [(20, 3_900, "to cut: promo")])

    assert shown.startswith('word word word word <mark class="cut" title="to cut: promo">word')
    assert len(shown) < 1_000


def test_examples_strike_out_boilerplate(run, made):
    marks = [mark for row in map(json.loads, (run / "examples.jsonl").read_text().splitlines()) for mark in row["marks"]]
    cuts = {(start, end) for start, end, name in marks if name.startswith("to cut")}

    assert cuts
    assert not [name for start, end, name in marks if (start, end) in cuts and name.startswith("boilerplate.")]
    assert '<mark class="cut"' in made


def test_a_text_full_of_marks_stays_short():
    text = "word " * 4_000

    assert len(page.marked(text, [(k, k + 4, "style.x") for k in range(0, 20_000, 5)])) < 30_000


def test_only_a_complete_run_has_a_report(tmp_path):
    with pytest.raises(QualityError, match="no run of `quality filter` in this folder"):
        render(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("errors.jsonl", b'{"a'),
        ("errors.jsonl", b"\xff"),
        ("examples.jsonl", b'{"a\n'),
        ("examples.jsonl", b"{}\n"),
        ("examples.jsonl", b"[]\n"),
        ("summary.json", b'{"a'),
        ("summary.json", b"{}"),
        ("summary.json", b"[]"),
        ("ledger/{part}", b"PAR"),
    ],
)
def test_a_damaged_file_of_a_run_is_named(run, tmp_path, name, content):
    shutil.copytree(run, tmp_path / "run")
    damaged = tmp_path / "run" / name.format(part=next((run / "ledger").iterdir()).name)
    damaged.write_bytes(content)

    with pytest.raises(QualityError, match=rf"^{re.escape(str(damaged))}: this file is damaged\. .*anew"):
        render(tmp_path / "run")


def test_a_file_of_a_run_that_is_gone_is_named(run, tmp_path):
    shutil.copytree(run, tmp_path / "run")
    (tmp_path / "run" / "errors.jsonl").unlink()

    with pytest.raises(QualityError, match=r"errors\.jsonl: no such file or directory\. Run the filter anew with --again"):
        render(tmp_path / "run")


def test_a_ledger_that_does_not_add_up_is_refused(run, tmp_path):
    shutil.copytree(run, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "ledger")

    with pytest.raises(QualityError, match=r"ledger: holds 0 documents, but summary\.json counts \d+\. Filter anew\."):
        render(tmp_path / "run")


def test_what_is_damaged_beside_the_ledger_is_made_anew(run, tmp_path):
    shutil.copytree(run, tmp_path / "run")
    for name in ("errors.jsonl", "examples.jsonl", "summary.json"):
        (tmp_path / "run" / name).write_text("{}")

    filter_again(tmp_path / "run", Decisions(dedup=True), jobs=1)

    assert render(tmp_path / "run") == render(run)


@pytest.fixture(scope="module")
def browser():
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("needs chromium: apt-get install chromium")
    return found


def test_a_browser_sorts_the_tables_without_a_network(made, browser, tmp_path):
    """The page clicks on a head itself, twice; what stands first is read from the page as the browser has it then."""
    click = (
        '<script>var t=Array.from(document.querySelectorAll("h2")).find(h=>h.textContent=="Sites").parentNode.querySelectorAll("table")[2];'
        'var b=t.querySelectorAll("th button")[1];b.click();document.title="most "+t.tBodies[0].rows[0].cells[1].textContent;'
        'b.click();document.title+=" least "+t.tBodies[0].rows[0].cells[1].textContent;'
        'document.title+=" wide "+(document.body.scrollWidth>innerWidth)</script>'
    )
    path = tmp_path / "report.html"
    path.write_text(made + click, encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=390,844"]

    done = subprocess.run([*command, "--dump-dom", path.as_uri()], capture_output=True, text=True, timeout=180, check=False)

    title = re.search("<title>(.*?)</title>", done.stdout)
    assert title, done.stderr[-500:]
    most, least, wide = re.fullmatch(r"most (\d+) least (\d+) wide (\w+)", title.group(1)).groups()
    assert int(most) > int(least)
    assert wide == "false"
