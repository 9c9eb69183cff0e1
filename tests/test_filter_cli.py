"""What `quality filter` prints, and where its settings come from."""

import io
import json
import sys
from pathlib import Path

import pytest

from classifier import QualityError, cli

pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'quality-classifier[filter]'")

SEEDS = Path(__file__).resolve().parent.parent / "seeds"


@pytest.fixture
def quality(monkeypatch, capsys, tmp_path):
    """Run the command inside this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["quality", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        printed = capsys.readouterr()
        return left.value.code or 0, printed.out, printed.err

    return run


@pytest.fixture
def source(tmp_path):
    texts = [path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*/*.txt"))[::9]]
    path = tmp_path / "in.jsonl"
    path.write_text("".join(f"{json.dumps({'id': str(k), 'text': text})}\n" for k, text in enumerate(texts)) + "half a li\n")
    return path


def test_the_summary_is_a_table_and_bad_records_are_told(quality, source):
    code, out, err = quality("filter", "in.jsonl", "-o", "out", "--jobs", "1")

    assert code == 0
    assert out.splitlines()[0].split() == ["documents", "reason", "number", "share"]
    assert {"kept", "rejected", "errors"} <= {line.split()[0] for line in out.splitlines()[1:] if line.strip()}
    assert f"bad record: in.jsonl:{len(source.read_text().splitlines())}: this line is no JSON" in err
    assert err.endswith("wrote out\n")


def test_the_summary_can_be_json(quality, source):
    _, out, err = quality("filter", source, "-o", "out", "--jobs", "1", "--json", "--quiet")

    assert json.loads(out) == json.loads(Path("out/summary.json").read_text())
    assert err == ""


def test_standard_input_is_a_corpus(quality, source, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(source.read_bytes())))

    code, out, _ = quality("filter", "-", "-o", "out", "--jobs", "1", "--json")

    assert code == 0
    assert json.loads(out)["records"] == len(source.read_text().splitlines())
    assert Path("out/kept/stdin.jsonl").exists()


def test_an_input_that_is_missing_is_told_and_the_others_are_filtered(quality, source):
    code, out, err = quality("filter", source, "missing.jsonl", "-o", "out", "--jobs", "1", "--json")

    assert code == 2
    assert "error: missing.jsonl: no such file or folder" in err
    assert json.loads(out)["kept"]


@pytest.mark.parametrize("quiet", [False, True])
def test_a_run_that_goes_on_says_how_much_was_done(quality, source, monkeypatch, quiet):
    flags = ("-o", "out", "--jobs", "1", *["--quiet"] * quiet)
    with monkeypatch.context() as stopping:
        stopping.setattr("classifier.filter.corpus.assemble", lambda *_: (_ for _ in ()).throw(QualityError("stopped")))
        assert "going on" not in quality("filter", source, *flags)[2]

    code, _, err = quality("filter", source, *flags)

    scored = len(source.read_text().splitlines()) - 1
    assert code == 0
    assert err.startswith("" if quiet else f"going on with a run that was stopped; scored already: {scored} documents\n")
    assert bool(err) is not quiet
    assert "going on" not in quality("filter", source, *flags)[2]


@pytest.mark.parametrize("flags", [("-o", "out", "--jobs", "1"), ("--sample", "5")])
def test_a_corpus_of_which_nothing_can_be_read_is_an_error(quality, tmp_path, flags):
    (tmp_path / "crawl.jsonl").write_text("half a li\n{}\n")

    code, _, err = quality("filter", "crawl.jsonl", *flags, "--quiet")

    assert code == 2
    assert err.startswith("error: ")
    assert "nothing could be read. " in err
    assert err.count("\n") == 1


def test_a_corpus_without_a_record_is_no_error(quality, tmp_path):
    (tmp_path / "crawl.jsonl").write_text("\n")

    assert quality("filter", "crawl.jsonl", "-o", "out", "--jobs", "1")[0] == 0


def test_a_run_is_decided_again(quality, source):
    quality("filter", source, "-o", "out", "--jobs", "1")

    code, out, _ = quality("filter", "--again", "out", "--min-words", "100000", "--jobs", "1", "--json")

    assert code == 0
    assert json.loads(out)["kept"] == 0


def test_a_first_pass_is_explained(quality):
    assert "which lines each site repeats" in quality("filter", "--explain", "--templates")[1]


def test_a_sample_says_that_it_learns_nothing_of_sites(quality, tmp_path):
    page = tmp_path / "page.txt"
    page.write_text("The ferry to Ossel Bay runs again, said Mara Quillon of the harbour office.\n", encoding="utf-8")

    code, _, err = quality("filter", str(page), "--sample", "1", "--templates")

    assert code == 0
    assert "--templates needs a first pass over the whole corpus" in err


def test_flags_are_explained_without_reading(quality):
    code, out, _ = quality("filter", "--explain", "--dedup", "--min-words", "80")

    assert code == 0
    assert "Rejects documents of fewer than 80 words." in out.splitlines()
    assert any(line.startswith("Of near copies keeps one") for line in out.splitlines())


def test_a_sample_shows_what_would_go(quality, source):
    code, out, _ = quality("filter", source, "--sample", "5", "--min-words", "100000")

    assert code == 0
    assert "too few words" in out
    assert "What would go" in out
    assert [path.name for path in Path().iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("in.jsonl",), "give a folder to write to: -o DIR"),
        (("-o", "out"), "name files"),
        (("in.jsonl", "--again", "out"), "leave INPUT out"),
        (("in.jsonl", "-o", "out", "--keep", "news"), "'news' is no label"),
        (("in.jsonl", "-o", "."), "this input lies in the output folder"),
        (("in.jsonl", "-o", "in.jsonl"), "this is a file, not a folder"),
        (("in.jsonl", "-o", "s3://bucket/out"), "runs are written to a folder of this machine"),
    ],
)
@pytest.mark.usefixtures("source")
def test_wrong_usage_is_one_line(quality, arguments, told):
    code, out, err = quality("filter", *arguments)

    assert (code, out) == (2, "")
    assert told in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("quality.toml", '[filter]\nkeep = ["rewrite", "filler"]\nmin-words = 80\n'),
        ("pyproject.toml", '[tool.quality.filter]\nkeep = "rewrite,filler"\nmin_words = 80\n'),
    ],
)
def test_settings_come_from_a_file_and_give_way_to_the_environment_and_to_flags(quality, tmp_path, monkeypatch, name, content):
    (tmp_path / name).write_text(content)

    assert "Keeps documents that are judged rewrite and filler; rejects the other labels." in quality("filter", "--explain")[1]
    assert "fewer than 80 words" in quality("filter", "--explain")[1]
    monkeypatch.setenv("QUALITY_MIN_WORDS", "90")
    assert "fewer than 90 words" in quality("filter", "--explain")[1]
    assert "fewer than 70 words" in quality("filter", "--explain", "--min-words", "70")[1]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[filter]\nkeeep = 1\n", "filter has no option 'keeep'. Choose among"),
        ("[filtre]\nkeep = 1\n", "[filtre] is no command with options"),
        ("keep = 1\n", "[keep] is no command with options"),
        ("[filter\n", "this file is no TOML"),
        ("[index]\nadd = 1\n", "[index] is no command with options"),
        ("[filter]\nas-json = true\n", "filter has no option 'as-json'. Choose among again,"),
    ],
)
def test_a_wrong_file_of_settings_is_told(quality, tmp_path, content, told):
    (tmp_path / "quality.toml").write_text(content)

    code, _, err = quality("filter", "--explain")

    assert code == 2
    assert told in err


def test_settings_are_told_by_what_one_types_and_may_repeat(quality, tmp_path):
    (tmp_path / "page.txt").write_text("The council of Tarn Hollow met on Monday.")
    (tmp_path / "quality.toml").write_text('[score]\njson = true\nagainst = ["page.txt"]\n')

    code, out, _ = quality("score", "page.txt")

    assert code == 0
    assert json.loads(out)["label"]


@pytest.mark.parametrize("content", ["[tool]\nquality = 3\n", "[tool.quality]\nfilter = 3\n"])
def test_settings_that_are_no_tables_are_told(quality, tmp_path, content):
    (tmp_path / "pyproject.toml").write_text(content)

    code, _, err = quality("filter", "--explain")

    assert code == 2
    assert "Traceback" not in err
    assert "pyproject.toml" in err


@pytest.mark.parametrize("content", ["tool = 3\n", "[project\nname = 'x'\n"])
def test_a_project_without_our_settings_is_none_of_our_business(quality, tmp_path, content):
    (tmp_path / "pyproject.toml").write_text(content)

    assert quality("filter", "--explain")[0] == 0


@pytest.mark.parametrize("arguments", [("--sample", "-5"), ("--min-words", "-4")])
@pytest.mark.usefixtures("source")
def test_numbers_below_zero_are_refused(quality, arguments):
    code, out, err = quality("filter", "in.jsonl", *arguments)

    assert (code, out) == (2, "")
    assert "is not in the range x>=0" in err


def test_a_report_is_written_to_a_file_and_not_to_a_folder(quality, source, tmp_path):
    quality("filter", source, "-o", "out", "--jobs", "1", "--quiet")
    code, _, err = quality("report", "out", "-o", tmp_path)

    assert code == 2
    assert err == f"error: {tmp_path}: a folder, not a file. Name a file in it: {tmp_path / 'report.html'}\n"
