"""What `quality` prints, where, and with which exit code; on a pipe, on a terminal, and for bad input."""

import contextlib
import gzip
import json
import os
import pty
import random
import re
import signal
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

from classifier import Document, Scorer, cli, open_index, view
from classifier.cli.app import COMMANDS
from classifier.signals import FAMILIES
from classifier.verdict import LABELS

ROOT = Path(__file__).resolve().parent.parent
QUALITY = (sys.executable, "-m", "classifier.cli")
ENVIRONMENT = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}}
ENVIRONMENT |= {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
COLORS = re.compile(r"\x1b\[[0-9;]*m")


class Outcome:
    """What a command printed, and its exit code."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def objects(self):
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def quality(monkeypatch, capsys):
    """Run the command inside this process, its output on a pipe."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["quality", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        printed = capsys.readouterr()
        return Outcome(left.value.code or 0, printed.out, printed.err)

    return run


def spawn(*arguments, **options):
    """Run the command in a process of its own."""
    options = {"capture_output": True, "timeout": 120, "cwd": ROOT, "env": ENVIRONMENT} | options
    done = subprocess.run([*QUALITY, *map(str, arguments)], check=False, **options)
    return Outcome(done.returncode, (done.stdout or b"").decode(), (done.stderr or b"").decode())


def on_terminal(*arguments, **environment):
    """What a terminal receives from the command, on both streams."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        process = subprocess.Popen(
            [*QUALITY, *map(str, arguments)], stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=ENVIRONMENT | environment
        )
        os.close(theirs)
        received = b"".join(iter(lambda: receive(terminal), b""))
        process.wait(timeout=120)
    return received.decode()


def receive(terminal):
    try:
        return terminal.read(65536)
    except OSError:  # how Linux says that the other end is closed
        return b""


@pytest.fixture(scope="session")
def scorer():
    return Scorer()


@pytest.fixture
def pages(seeds):
    """Two texts of each label."""
    return [path for label in LABELS for path in sorted((seeds / label).glob("*.txt"))[:2]]


@pytest.fixture
def page(pages):
    return pages[0]


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# Verdicts


def test_json_is_what_the_python_api_says(quality, scorer, page):
    done = quality("score", "--json", page)

    assert done.code == 0
    assert done.err == ""
    assert done.objects() == [scorer.score(page.read_text(), id=str(page)).to_dict()]


def test_several_texts_give_one_json_object_a_line_in_order(quality, pages):
    assert [fact["id"] for fact in quality("score", "--json", *pages).objects()] == list(map(str, pages))


def test_a_folder_gives_its_texts_sorted(quality, seeds):
    names = [fact["id"] for fact in quality("score", "--json", seeds / "filler").objects()]

    assert names == sorted(map(str, (seeds / "filler").glob("*.txt")))


def test_standard_input_is_judged(page, scorer):
    done = spawn("score", "--json", "-", input=page.read_bytes())

    assert done.objects() == [scorer.score(page.read_text(), id="-").to_dict()]


def test_a_few_texts_are_cards(quality, pages, scorer):
    done = quality("score", *pages[:3])
    verdict = scorer.score(pages[0].read_text(), id=str(pages[0]))

    assert done.err == ""
    assert done.out.startswith(view.plain_card(verdict, str(pages[0]), scorer.family_scores(verdict)))
    for expected in chain(map(str, pages[:3]), LABELS, FAMILIES, verdict.reasons, ["boilerplate"]):
        assert expected in done.out
    assert "\t" not in done.out


def test_many_texts_are_one_row_each_with_a_summary_apart(quality, pages):
    done = quality("score", *pages)
    head, *rows = done.out.splitlines()

    assert head.split() == ["label", "sure", "cut", "flags", "file"]
    assert [row.split()[-1] for row in rows] == list(map(str, pages))
    assert {row.split()[0] for row in rows} <= set(LABELS)
    assert done.err.startswith("6 texts: ")


def test_clean_gives_the_text_without_its_boilerplate(quality, scorer, page):
    assert quality("score", "--clean", page).out == scorer.score(page.read_text()).clean_text.rstrip("\n") + "\n"


def test_several_clean_texts_are_told_apart(quality, pages):
    out = quality("score", "--clean", *pages).out

    assert [line for line in out.splitlines() if line.startswith("==> ")] == [f"==> {page} <==" for page in pages]


def test_why_marks_the_evidence_in_the_text(quality, scorer, seeds):
    page = seeds / "rewrite" / "tram-battery-oaicite-leak.txt"
    text = page.read_text()
    verdict = scorer.score(text)
    out = quality("score", "--why", page).out

    assert out.startswith(f"{page}  {verdict.label}  ")
    for evidence in verdict.evidence:
        assert evidence.text == text[evidence.start : evidence.end]
        assert evidence.signal in out or evidence.signal.startswith("boilerplate.")
    shown = re.sub(r"«|»\[[^]]*\]", "", out)
    assert text.strip() in shown


def test_require_is_met_by_its_label_alone(quality, scorer, page):
    label = scorer.score(page.read_text()).label

    for wanted in LABELS:
        assert quality("score", page, "--require", wanted, "-q").code == (wanted != label)


def test_an_uncertain_verdict_does_not_pass_where_certainty_is_required(quality, scorer, tmp_path, page):
    short = write(tmp_path / "short.txt", "The council voted on Monday.")
    label, sure = scorer.score(short.read_text()).label, scorer.score(page.read_text())

    assert not sure.uncertain
    assert quality("score", page, "--require", sure.label, "--certain", "-q").code == 0
    assert quality("score", short, "--require", label, "-q").code == 0
    done = quality("score", short, "--require", label, "--certain")
    assert (done.code, done.err) == (1, f"not certainly {label}: 1 of 1\n")


def test_an_unmet_requirement_is_told(quality, pages, scorer):
    wanted = scorer.score(pages[0].read_text()).label
    missed = sum(scorer.score(page.read_text()).label != wanted for page in pages)
    done = quality("score", "--json", *pages, "--require", wanted)

    assert (done.code, done.err) == (1, f"not {wanted}: {missed} of 6\n")


def test_a_copy_is_found_among_texts_given_by_hand(quality, tmp_path, pages):
    copy = write(tmp_path / "archive" / "copy.txt", pages[0].read_bytes())
    done = quality("score", "--json", pages[0], "--against", pages[1], "--against", tmp_path / "archive")

    assert done.objects()[0]["duplicate_of"]["id"] == str(copy)
    assert f"copy of      {copy}" in quality("score", pages[0], "--against", copy).out


def test_a_text_is_no_copy_of_itself_however_its_path_is_spelled(quality, page):
    other = page.parent / ".." / page.parent.name / page.name

    assert quality("score", "--json", page, "--against", other).objects()[0]["duplicate_of"] is None
    assert quality("score", "--json", page, "--against", page, "--against", other).objects()[0]["duplicate_of"] is None


def test_a_text_is_no_copy_of_itself(quality, tmp_path, page):
    write(tmp_path / "a.txt", page.read_bytes())

    assert quality("score", "--json", tmp_path, "--against", tmp_path).objects()[0]["duplicate_of"] is None


def test_a_copy_is_found_in_an_index_of_the_python_api(scorer, page):
    index = open_index(":memory:")
    index.add("a", page.read_text())
    verdict = Scorer(index=index).score(Document(page.read_text(), id="b"))

    assert "copy of      a  similarity" in view.plain_card(verdict, "b", scorer.family_scores(verdict))


@pytest.mark.parametrize("kind", ["missing", "empty folder", "no text"])
def test_nothing_is_judged_where_there_is_nothing_to_compare_with(quality, page, tmp_path, kind):
    given = tmp_path / "known"
    match kind:
        case "empty folder":
            given.mkdir()
        case "no text":
            write(given, b"%PDF-1.7")
    done = quality("score", page, "--against", page, "--against", given)

    assert (done.code, done.out) == (2, "")
    assert f"error: --against {given}: no text to compare with." in done.err


def test_an_unreadable_text_among_those_to_compare_with_is_an_error_and_the_rest_goes_on(quality, page, tmp_path):
    write(tmp_path / "known" / "a.txt", page.read_bytes())
    write(tmp_path / "known" / "b.txt", b"%PDF-1.7")
    done = quality("score", "--json", page, "--against", tmp_path / "known")

    assert done.code == 2
    assert done.objects()[0]["duplicate_of"]["id"] == str(tmp_path / "known" / "a.txt")


# Records


@pytest.fixture
def crawl(tmp_path, pages):
    """A crawl of two pages."""
    records = [{"id": f"hale/{number}", "text": path.read_text()} for number, path in enumerate(pages[:2])]
    return write(tmp_path / "crawl.jsonl", "".join(json.dumps(record) + "\n" for record in records))


def test_records_are_judged_one_by_one_under_their_ids(quality, crawl, pages, scorer):
    expected = [scorer.score(page.read_text(), id=f"hale/{number}").to_dict() for number, page in enumerate(pages[:2])]

    assert quality("score", "--json", crawl).objects() == expected
    packed = write(crawl.with_name("packed.jsonl.gz"), gzip.compress(crawl.read_bytes()))
    assert quality("score", "--json", packed).objects() == expected
    assert spawn("score", "--json", "-", input=crawl.read_bytes()).objects() == expected


def test_few_records_are_cards_and_many_are_rows(quality, crawl):
    assert "\nhale/1\n  label " in quality("score", crawl).out

    done = quality("score", crawl, *[write(crawl.with_name(f"{number}.jsonl"), crawl.read_bytes()) for number in range(2)])
    assert [row.split()[-1] for row in done.out.splitlines()] == ["file", *["hale/0", "hale/1"] * 3]
    assert done.err.startswith("6 texts: ")


def test_texts_of_records_are_told_apart(quality, crawl):
    assert [line for line in quality("score", "--clean", crawl).out.splitlines() if line.startswith("==>")] == [
        "==> hale/0 <==",
        "==> hale/1 <==",
    ]
    assert len(re.findall(r"^hale/\d  \w+  \d+%", quality("score", "--why", crawl).out, re.MULTILINE)) == 2


def test_a_record_that_cannot_be_read_is_told_and_the_others_are_judged(quality, crawl):
    write(crawl, crawl.read_bytes() + b"half a li\n")
    done = quality("score", "--json", crawl)

    assert (done.code, len(done.objects())) == (2, 2)
    assert done.err.startswith(f"error: {crawl}:3: this line is no JSON")


def test_records_are_what_a_text_is_compared_with(quality, crawl, pages):
    assert quality("score", "--json", pages[1], "--against", crawl).objects()[0]["duplicate_of"]["id"] == "hale/1"
    assert [fact["duplicate_of"] for fact in quality("score", "--json", crawl, "--against", crawl).objects()] == [None, None]


def test_an_id_may_hold_any_character(quality, crawl):
    write(crawl, json.dumps({"id": "a\0b", "text": "The council voted."}))

    assert quality("score", "--json", crawl, "--against", crawl).objects()[0]["id"] == "a\0b"


def test_quiet_leaves_data_and_errors(quality, pages, tmp_path):
    old = write(tmp_path / "old.txt", "Café".encode("latin-1"))
    done = quality("score", "-q", *pages, old, tmp_path / "none.txt")

    assert len(done.out.splitlines()) == 8
    assert done.err == f"error: {tmp_path / 'none.txt'}: no such file or folder. Check the name and the current folder.\n"


# Bad input


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("none.txt", None, "no such file or folder"),
        ("random.txt", random.Random(1).randbytes(200_000), "binary data"),
        ("page.pdf", b"%PDF-1.7\n", "a PDF, not text. Extract its text first: pdftotext"),
        ("crawl.csv", b"id,text\n1,The council voted.", "a table (.csv), whose rows would be read as one text"),
        ("empty", "folder", "no text files in this folder"),
        ("dangling.txt", "link", "which does not exist"),
        ("pipe.txt", "pipe", "a named pipe"),
        ("a\nb\x1b[31m.txt", None, "no such file or folder"),
    ],
    ids=["missing", "random", "PDF", "CSV", "empty folder", "dangling link", "named pipe", "hostile name"],
)
def test_bad_input_is_one_line_and_the_others_are_judged(quality, tmp_path, page, name, content, told):
    path = tmp_path / name
    match content:
        case None:
            pass
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to("gone")
        case "pipe":
            os.mkfifo(path)
        case _:
            write(path, content)
    done = quality("score", "--json", path, page)

    assert done.code == 2
    assert done.err.startswith(f"error: {view.neutralize(str(path), one_line=True)}: ")
    assert told in done.err
    assert done.err.count("\n") == 1
    assert [fact["id"] for fact in done.objects()] == [str(page)]


@pytest.mark.parametrize(
    ("content", "uncertain"),
    [
        pytest.param(b"", True, id="empty"),
        pytest.param(b" \n\n", True, id="blank"),
        pytest.param(b"word", True, id="one word"),
        pytest.param("😀😀😀".encode(), True, id="emoji"),
        pytest.param(b"[1]" * 400_000, None, id="400,000 marks"),
        pytest.param(b"(" * 30_000, None, id="30,000 brackets"),
        pytest.param(b"<div><p>The council" * 500, None, id="unclosed HTML"),
        pytest.param("Der Stadtrat hat am Montag beschlossen, die Brücke zu schließen. ".encode() * 20, True, id="German"),
        pytest.param(b"The council\x00voted on Monday.\x00 " * 40, None, id="NUL"),
    ],
)
def test_an_odd_text_gets_a_verdict(quality, tmp_path, content, uncertain):
    done = quality("score", "--json", write(tmp_path / "odd.txt", content))

    assert done.code == 0
    assert done.err == ""
    assert uncertain is None or done.objects()[0]["uncertain"] is uncertain


@pytest.mark.parametrize("form", [(), ("--why",), ("--clean",), ("--json",)])
def test_an_empty_text_has_every_form(quality, tmp_path, form):
    assert quality("score", *form, write(tmp_path / "empty.txt", b"")).code == 0


def test_a_line_of_20_mb_gets_a_verdict(tmp_path):
    path = write(tmp_path / "long.txt", b"The council voted on Monday to close the bridge. " * 420_000)

    assert spawn("score", "--json", path, timeout=300).code == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_a_text_means_the_same_in_every_encoding(quality, tmp_path, scorer, page, encoding):
    text = page.read_text() + " Café."
    done = quality("score", "--json", write(tmp_path / "x.txt", text.encode(encoding)))

    assert done.objects()[0]["label"] == scorer.score(text).label
    assert ("note: " in done.err) == (encoding in {"cp1252", "utf-16-le"})


def test_a_note_about_many_files_is_one_line(quality, tmp_path):
    for number in range(5):
        write(tmp_path / f"{number}.txt", "Café".encode("latin-1"))

    notes = [line for line in quality("score", tmp_path).err.splitlines() if line.startswith("note")]
    assert notes == [
        f"note: 5 files, the first is {tmp_path}/0.txt: not UTF-8; read as Windows-1252. Convert it with iconv if that is wrong."
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("score",), "Missing argument"),
        (("score", "x", "--require", "orignal"), "original"),
        (("score", "x", "--json", "--why"), "--json and --why cannot be combined"),
        (("score", "x", "--index", "i", "--against", "y"), "--index and --against cannot be combined"),
        (("score", "-", "-"), "only once"),
        (("score", "x", "--certain"), "--certain says how --require counts"),
        (("score", "x", "--colour"), "No such option"),
        (("scre", "x"), "score"),
        (("score", "x", "--index", "/nowhere/index.sqlite"), "/nowhere/index.sqlite: no such index"),
        (("train", "labels.jsonl"), "--output"),
        (("score", "x", "--model", "/nowhere"), "/nowhere"),
        (("train", "/nowhere/labels.jsonl", "-o", "/nowhere/model"), "/nowhere/labels.jsonl"),
        (("evaluate", "/nowhere/labels.jsonl"), "/nowhere/labels.jsonl"),
    ],
)
def test_wrong_usage_is_told_without_a_traceback(quality, arguments, told):
    done = quality(*arguments)

    assert done.code == 2
    assert done.out == ""
    assert told in done.err
    assert "Traceback" not in done.err


# Pipes, signals and terminals


def test_a_reader_that_goes_away_is_no_error(seeds):
    command = f'"$0" -m classifier.cli score --json {" ".join([str(seeds)] * 3)} | head -n 1 | cut -c 1-6; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", command, sys.executable], capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT, check=False)

    assert done.stderr == ""
    assert done.stdout == '{"id":\n141\n'


@pytest.mark.parametrize(("both", "code"), [(False, 2), (True, 141)])
def test_a_reader_of_errors_that_goes_away_changes_no_exit_code_but_that_of_data(page, tmp_path, both, code):
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "wb") as nobody:
        done = spawn("score", tmp_path / "none.txt", page, capture_output=False, stdout=nobody if both else subprocess.PIPE, stderr=nobody)

    assert done.code == code
    assert both or str(page) in done.out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_told(page):
    with Path("/dev/full").open("wb") as full:
        done = spawn("score", page, capture_output=False, stdout=full, stderr=subprocess.PIPE)

    assert done.code == 2
    assert done.err == "error: standard output: no space left on device. Free some space, or write elsewhere.\n"


def test_closed_streams_are_no_crash(page):
    done = subprocess.run(
        ["bash", "-c", '"$0" -m classifier.cli score "$1" >&- 2>&-', sys.executable, page], cwd=ROOT, env=ENVIRONMENT, check=False
    )

    assert done.returncode == 0


def interrupted(process):
    """What a process printed until Ctrl-C ended it; a busy one that is just importing may swallow the first."""
    for _ in range(60):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=1)[0]
    raise AssertionError("Ctrl-C did not end it")


def test_an_interrupt_is_quiet():
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)  # who starts the tests in the background may have them ignore it
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        process = subprocess.Popen([*QUALITY, "score", "-"], stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, cwd=ROOT, env=ENVIRONMENT)
        signal.signal(signal.SIGINT, heard)
        os.close(theirs)
        said = terminal.readline()
        out = interrupted(process)
        rest = receive(terminal)

    assert said.startswith(b"note: reading from the terminal")
    assert (process.returncode, out, rest) == (130, b"", b"")


def test_a_terminal_gets_a_card_in_color(page):
    shown = on_terminal("score", page)

    assert COLORS.search(shown)
    assert "╭" in shown
    assert "█" in shown


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
@pytest.mark.parametrize("form", [(), ("--why",)])
def test_no_color_where_it_is_not_wanted(page, environment, form):
    shown = on_terminal("score", page, *form, **environment)

    assert str(page)[:20] in shown
    assert "\x1b" not in shown


def test_nothing_but_data_goes_to_a_pipe(page):
    done = spawn("score", page, env=ENVIRONMENT | {"FORCE_COLOR": "1"})

    assert "\x1b" not in done.out


HOSTILE = (
    "The council \x1b]0;pwned\x07 voted \x1b[2J on \x9b31m Monday \u202e to close \r the bridge. [1][2]\n"
    "Subscribe to our \x08\x08 newsletter!\n"
)


@pytest.mark.parametrize("form", [(), ("--why",), ("--clean",), ("--json",), ("--against", ".")])
def test_a_text_cannot_command_the_terminal(tmp_path, form):
    name = write(tmp_path / "a\x1b[2Jb\u202ec.txt", HOSTILE)
    received = on_terminal("score", *form, name, tmp_path / "\x1b[2Jnone.txt")
    others = COLORS.sub("", received).replace("\r\n", "\n")

    assert "none.txt" in others
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", others)


def test_many_hostile_names_cannot_command_the_terminal(tmp_path):
    for number in range(5):
        write(tmp_path / f"{number}\x1b[2J\u202e.txt", HOSTILE)
    others = COLORS.sub("", on_terminal("score", tmp_path)).replace("\r\n", "\n")

    assert others.count("␛[2J<U+202E>.txt") == 5
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", others)


def test_a_long_name_stays_in_its_row(tmp_path):
    for number in range(4):
        write(tmp_path / f"{number} {'long ' * 20}.txt", "The council voted.")
    lines = on_terminal("score", tmp_path).splitlines()

    assert [line.count(str(tmp_path)) for line in lines[1:5]] == [1, 1, 1, 1]
    assert all(COLORS.sub("", line).endswith("long .txt") for line in lines[1:5])


def test_clean_text_reaches_a_file_as_it_is(quality, tmp_path, scorer):
    clean = scorer.score(HOSTILE).clean_text

    assert quality("score", "--clean", write(tmp_path / "x.txt", HOSTILE)).out.rstrip("\n") == clean.rstrip("\n")


def test_progress_is_shown_on_a_terminal_only_while_data_goes_elsewhere(seeds):
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        process = subprocess.Popen(
            [*QUALITY, "score", "--json", seeds], stderr=theirs, stdout=subprocess.DEVNULL, cwd=ROOT, env=ENVIRONMENT
        )
        os.close(theirs)
        received = b"".join(iter(lambda: receive(terminal), b"")).decode()
        process.wait(timeout=60)

    assert process.returncode == 0
    assert "judging" in received


def test_a_surrogate_in_a_name_is_no_crash(tmp_path):
    name = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    Path(os.fsdecode(name)).write_text("The council voted.")

    assert spawn("score", "--json", os.fsdecode(name)).objects()[0]["id"] == os.fsdecode(name)
    assert spawn("score", os.fsdecode(name), env=ENVIRONMENT | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}).code == 0


# The other commands


def test_every_signal_is_listed(quality):
    listed = {fact["name"]: fact for fact in quality("signals", "--json").objects()}
    plain = quality("signals").out

    assert list(listed) == [f"{family}.{signal.__name__}" for family, signals in FAMILIES.items() for signal in signals]
    for name, fact in listed.items():
        assert fact["family"] == name.partition(".")[0]
        assert fact["meaning"].endswith(".")
        assert f"{name} " in plain


@pytest.fixture(scope="session")
def labels(tmp_path_factory, seeds):
    """Eight seeds a label as a user's file of labels."""
    path = tmp_path_factory.mktemp("labels") / "labels.jsonl"
    texts = [(label, page.read_text()) for label in LABELS for page in sorted((seeds / label).glob("*.txt"))[:8]]
    path.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for label, text in texts))
    return path


def test_a_model_can_be_trained_used_and_compared(quality, labels, tmp_path, page):
    trained = quality("train", labels, "-o", tmp_path / "mine")
    used = quality("score", "--json", page, "--model", tmp_path / "mine")
    compared = quality("evaluate", labels, "--model", tmp_path / "mine", "--json")

    assert (trained.code, used.code, compared.code) == (0, 0, 0)
    assert "macro-F1" in trained.out
    assert trained.err.endswith(f"wrote {tmp_path / 'mine'}\n")
    assert used.objects()[0]["model"].startswith("mine ")
    assert [score["texts"] for score in compared.objects()[0]["rows"].values()] == [24, 24]


def test_figures_are_a_table(quality, labels):
    head, row, *_ = quality("evaluate", labels, "-q").out.splitlines()

    assert head.split()[:4] == ["measured", "texts", "macro-F1", "accuracy"]
    assert " 24 " in row


@pytest.mark.parametrize("columns", [100, 80, 40])
def test_figures_break_no_word_however_narrow_the_terminal(labels, columns):
    shown = on_terminal("evaluate", labels, "-q", COLUMNS=str(columns), NO_COLOR="1")
    words = {"texts", "macro-F1", "accuracy", "calibration", "error", "recall", "original", "rewrite", "filler", "24"}

    assert words <= set(shown.split())
    assert max(map(len, shown.partition("Measured")[0].splitlines())) <= columns


def test_a_picture_is_drawn_though_nobody_reads_the_figures(labels, tmp_path):
    with subprocess.Popen(
        [*QUALITY, "evaluate", labels, "-q", "--picture", tmp_path / "p.svg"],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=ENVIRONMENT | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        process.stdout.close()

    assert (tmp_path / "p.svg").read_text().startswith("<svg ")


def test_a_picture_that_cannot_be_drawn_costs_no_figures(quality, labels, tmp_path):
    done = quality("evaluate", labels, "-q", "--picture", tmp_path)

    assert done.code == 2
    assert "macro-F1" in done.out
    assert done.err == f"error: {tmp_path}: a folder, not a file. Name a file in it: {tmp_path / 'evaluation.svg'}\n"


def test_a_folder_that_cannot_be_written_is_told(quality, labels, tmp_path):
    done = quality("train", labels, "-q", "-o", write(tmp_path / "file", "x") / "model")

    assert done.code == 2
    assert done.err.count("\n") == 1
    assert str(tmp_path / "file") in done.err


@pytest.mark.parametrize("command", ["train", "tune"])
def test_a_folder_that_is_taken_is_told_before_anything_is_learned(labels, tmp_path, command):
    code = (
        "import sys; from classifier.cli import main; sys.argv[0] = 'quality'\n"
        "try: main()\n"
        "finally: print('classifier.training' in sys.modules)"
    )
    write(tmp_path / "taken" / "thesis.txt", "mine")
    arguments = [sys.executable, "-c", code, command, labels, "-o", tmp_path / "taken"]
    done = subprocess.run(arguments, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "False\n")
    assert done.stderr == f"error: {tmp_path / 'taken'}: holds files that are no model. Choose a new or an empty folder.\n"


def test_the_version_is_told(quality):
    assert re.fullmatch(r"quality \S.*\n", quality("--version").out)


def test_the_list_of_commands_cuts_no_sentence_of_ours(quality):
    lines = quality("-h").out.partition("Commands:")[2].splitlines()

    assert lines
    assert [line.split()[0] for line in lines if line.endswith("...")] in ([], ["stories"])


@pytest.mark.parametrize(("command", "told"), [("score", "FILE..."), ("filter", "INPUT...")])
def test_the_usage_tells_that_several_inputs_may_be_given(quality, command, told):
    assert told in quality(command, "-h").out.splitlines()[0]


def test_the_shell_completes_commands():
    done = spawn(env=ENVIRONMENT | {"_QUALITY_COMPLETE": "complete_bash", "COMP_WORDS": "quality sc", "COMP_CWORD": "1"})

    assert done.out.split() == ["score"]


def test_the_labels_to_require_are_the_labels():
    assert tuple(cli.score.Label) == LABELS


@pytest.mark.parametrize("group", [(), ("index",)])
def test_a_list_of_commands_tells_each_in_one_line_of_a_narrow_terminal(quality, group, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    told = quality(*group, "-h").out.partition("Commands:")[2].partition("Example")[0]

    assert told
    assert "..." not in told


def test_commands_stand_in_the_order_in_which_people_meet_them(quality):
    told = quality("-h").out.partition("Commands:")[2].splitlines()

    assert [line.split()[0] for line in told if line.strip() and "Example" not in line] == list(COMMANDS)


def test_help_loads_no_numpy():
    code = (
        "import sys; from classifier.cli import main; sys.argv = ['quality', 'score', '-h']\n"
        "try: main()\n"
        "finally: sys.exit('numpy' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=ENVIRONMENT, capture_output=True, check=False).returncode == 0


def every_command(group, path=""):
    """Each command by its path, those of groups too."""
    for name, command in group.commands.items():
        full = f"{path} {name}".strip()
        if hasattr(command, "commands"):
            yield from every_command(command, full)
        else:
            yield full, command


def test_every_command_and_option_is_documented():
    import typer

    documented = (ROOT / "docs" / "cli.md").read_text()
    for name, command in every_command(typer.main.get_command(cli.app)):
        section = documented.partition(f"## `quality {name}")[2].partition("\n## ")[0]
        assert section, f"docs/cli.md has no section on {name}"
        for option in chain.from_iterable(parameter.opts for parameter in command.params if parameter.param_type_name == "option"):
            assert f"`{option}" in section or f", {option}" in section or option in {"--help", "-h"}, (
                f"{option} of {name} is not in docs/cli.md"
            )
