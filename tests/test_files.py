"""Which files are read, how their bytes become text, and what is said of those that cannot be read."""

import gzip
import io
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from classifier import files
from classifier.errors import InputError

ARTICLE = "The council voted on Monday to close the bridge at Ravensholt.\nRésumé: “no money”, said Mr Ó Sé.\n"


class Ear:
    """A listener that remembers."""

    def __init__(self):
        self.errors, self.notes = [], []

    def error(self, error):
        self.errors.append(str(error))

    def note(self, name, message):
        self.notes.append((name, message))


@pytest.fixture
def ear():
    return Ear()


@contextmanager
def ordinary_user():
    """Root may read everything, so these tests step down for a moment."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


def write(path, content=ARTICLE):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def refusal(name):
    with pytest.raises(InputError) as caught:
        files.read(name)
    message = str(caught.value)
    assert message.startswith(f"{name}: ")
    assert "\n" not in message
    return message.removeprefix(f"{name}: ")


@pytest.mark.parametrize(
    ("raw", "text", "note"),
    [
        pytest.param(b"", "", None, id="empty"),
        pytest.param(b" \r\n\t", " \r\n\t", None, id="blank"),
        pytest.param(ARTICLE.encode(), ARTICLE, None, id="UTF-8"),
        pytest.param(b"\xef\xbb\xbf" + ARTICLE.encode(), ARTICLE, None, id="UTF-8 with a mark"),
        pytest.param(b"\xff\xfe" + ARTICLE.encode("utf-16-le"), ARTICLE, None, id="UTF-16 LE"),
        pytest.param(b"\xfe\xff" + ARTICLE.encode("utf-16-be"), ARTICLE, None, id="UTF-16 BE"),
        pytest.param(b"\xff\xfe\x00\x00" + ARTICLE.encode("utf-32-le"), ARTICLE, None, id="UTF-32 LE"),
        pytest.param(b"\x00\x00\xfe\xff" + ARTICLE.encode("utf-32-be"), ARTICLE, None, id="UTF-32 BE"),
        pytest.param(b"\xff\xfea", "\ufffd", None, id="half a character of UTF-16"),
        pytest.param(ARTICLE.encode("utf-16-le"), ARTICLE, "UTF-16-LE", id="UTF-16 LE without a mark"),
        pytest.param(ARTICLE.encode("utf-16-be"), ARTICLE, "UTF-16-BE", id="UTF-16 BE without a mark"),
        pytest.param(ARTICLE.encode("cp1252"), ARTICLE, "Windows-1252", id="Windows-1252"),
        pytest.param("Café à Málaga".encode("latin-1"), "Café à Málaga", "Windows-1252", id="Latin-1"),
        pytest.param(b"caf\xe9 \x81", "café \x81", "Latin-1", id="what Windows-1252 has not"),
        pytest.param("naïve – “so” ".encode() + b"\xe2\x80", "naïve – “so” \ufffd", "not valid UTF-8", id="UTF-8 cut in a character"),
        pytest.param(b"one\x00two three four five", "one\x00two three four five", None, id="NUL"),
        pytest.param(b"\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m", None, id="escape sequences"),
        pytest.param(b"PK is how they signed it", "PK is how they signed it", None, id="text that begins like a ZIP"),
        pytest.param(b"BZh is no word", "BZh is no word", None, id="text that begins like bzip2"),
        pytest.param("今日は".encode(), "今日は", None, id="Japanese"),
    ],
)
def test_bytes_become_text(raw, text, note):
    decoded, told = files.decode(raw, "x")

    assert decoded == text
    assert (told is None) if note is None else (note in told)


def test_line_ends_stay_as_they_came(tmp_path):
    assert files.read(write(tmp_path / "a.txt", "a\r\nb\rc\n")).text == "a\r\nb\rc\n"


@pytest.mark.parametrize(
    ("raw", "kind", "remedy"),
    [
        (random.Random(7).randbytes(200_000), "binary data", "Leave it out"),
        (b"\x00" * 5000, "binary data", "Leave it out"),
        (b"%PDF-1.7\nsome text", "a PDF", "pdftotext"),
        (gzip.compress(ARTICLE.encode()), "gzip data", "gunzip -c"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a PNG image", "Leave it out"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "a JPEG image", "Leave it out"),
        (b"PK\x03\x04\x14\x00\x06\x00", "a ZIP archive or an office document", "save it as plain text"),
        (b"PAR1\x15\x04\x15\x10", "a Parquet file", "ends in .parquet"),
        (b"{\\rtf1\\ansi Hello}", "rich text", "plain text"),
    ],
)
def test_what_is_no_text_is_named_with_a_remedy(tmp_path, raw, kind, remedy):
    message = refusal(write(tmp_path / "x.txt", raw))

    assert kind in message
    assert remedy in message


def test_a_remedy_can_be_pasted_into_a_shell(tmp_path):
    path = tmp_path / "my page; rm.gz"

    assert f"gunzip -c '{path}' | quality score -" in refusal(write(path, gzip.compress(b"x")))


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "with a byte order mark"])
@pytest.mark.parametrize(("name", "between"), [("the crawl.csv", ","), ("crawl.TSV", "\t"), ("crawl.csv.gz", ",")])
def test_a_table_is_refused_with_a_command_that_makes_json_lines_of_it(tmp_path, name, between, mark):
    table = f'{mark}text{between}id\r\n"Ice closed the ferry{between}\nsaid Orla Venn."{between}7\r\n'.encode()
    message = refusal(write(tmp_path / name, gzip.compress(table) if name.endswith(".gz") else table))
    subprocess.run(["bash", "-c", message.partition("Make JSON Lines of it first: ")[2]], check=True)

    (made,) = tmp_path.glob("*.jsonl")
    assert made.name == f"{name}.jsonl"
    assert json.loads(made.read_text()) == {"text": f"Ice closed the ferry{between}\nsaid Orla Venn.", "id": "7"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("  <!DOCTYPE html><p>Hi", "HTML"),
        ('{"text": "Hi"}\n{"text": "Ho"}', "JSON"),
        ("WARC/1.0\r\nWARC-Type: response", "WARC"),
    ],
)
def test_text_of_another_kind_is_read_with_a_note(tmp_path, text, kind):
    page = files.read(write(tmp_path / "x.txt", text))

    assert page.text == text
    assert kind in page.note


def test_a_missing_file_is_named(tmp_path):
    assert refusal(str(tmp_path / "none.txt")).startswith("no such file or folder")


def test_a_pattern_that_the_shell_left_alone_is_told_as_one(tmp_path):
    assert refusal(str(tmp_path / "*.txt")).startswith("no file matches this pattern")


def test_a_dangling_link_is_told_with_its_target(tmp_path):
    (tmp_path / "link.txt").symlink_to("gone.txt")

    assert refusal(str(tmp_path / "link.txt")).startswith("a link to gone.txt, which does not exist")


def test_a_circle_of_links_is_refused(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")

    assert "links" in refusal(str(tmp_path / "a"))


def test_an_overlong_name_is_refused():
    assert "too long" in refusal("x" * 5000)


def test_a_file_without_permission_is_refused(tmp_path):
    name = write(tmp_path / "secret.txt")
    (tmp_path / "secret.txt").chmod(0)

    with ordinary_user():
        assert refusal(name) == "permission denied. Make it readable (chmod +r) or leave it out."


def test_a_device_is_refused():
    assert refusal("/dev/zero").startswith("a device")


def test_a_named_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")

    assert refusal(str(tmp_path / "pipe.txt")).startswith("a named pipe")


def test_a_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.txt")

        assert refusal("s.txt").startswith("a socket")


def test_the_output_of_a_command_can_be_named():
    code = "from classifier import files; import sys; print(files.read(sys.argv[1]).text)"
    done = subprocess.run(["bash", "-c", '"$0" -c "$1" <(echo hello)', sys.executable, code], capture_output=True, text=True, check=False)

    assert done.stdout == "hello\n\n", done.stderr


def test_a_file_that_is_too_large_is_refused(tmp_path):
    with (tmp_path / "big.txt").open("wb") as stream:
        stream.truncate(files.LIMIT + 1)

    assert "larger than 64 MB" in refusal(str(tmp_path / "big.txt"))


def test_standard_input_is_read(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ARTICLE.encode("utf-8-sig"))))

    assert files.read("-") == files.Page("-", ARTICLE)


def test_closed_standard_input_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(InputError, match=r"^standard input: closed"):
        files.read("-")


def test_names_stand_for_themselves_in_the_order_given(ear):
    assert list(files.find(["b.pdf", "-", "a"], ear)) == ["b.pdf", "-", "a"]
    assert not ear.errors


def test_a_folder_stands_for_its_texts_sorted_and_without_hidden_ones(tmp_path, ear):
    for name in ("b.txt", "a/2.md", "a/10.TXT", "c", "Mr. Smith resigns", "2021.05.03", ".hidden.txt", ".git/x.txt", "d.pdf", "e.jsonl"):
        write(tmp_path / name)

    found = [os.path.relpath(name, tmp_path) for name in files.find([str(tmp_path)], ear)]

    assert found == ["2021.05.03", "Mr. Smith resigns", "a/10.TXT", "a/2.md", "b.txt", "c"]
    assert [(name, "passed over: 2" in message) for name, message in ear.notes] == [(str(tmp_path), True)]


def test_the_current_folder_gives_plain_names(tmp_path, monkeypatch, ear):
    write(tmp_path / "a.txt")
    monkeypatch.chdir(tmp_path)

    assert list(files.find(["."], ear)) == ["a.txt"]


@pytest.mark.parametrize("content", [[], ["x.pdf"], ["deep/.hidden"]])
def test_a_folder_without_texts_is_an_error(tmp_path, ear, content):
    for name in content:
        write(tmp_path / name)

    assert list(files.find([str(tmp_path)], ear)) == []
    assert ear.errors[0].startswith(f"{tmp_path}: no text files in this folder")


def test_links_to_folders_are_not_followed(tmp_path, ear):
    write(tmp_path / "a.txt")
    (tmp_path / "loop").symlink_to(tmp_path)

    assert list(files.find([str(tmp_path)], ear)) == [str(tmp_path / "a.txt")]


def test_a_dangling_link_in_a_folder_is_not_passed_over(tmp_path, ear):
    (tmp_path / "a.txt").symlink_to("gone")

    assert list(files.find([str(tmp_path)], ear)) == [str(tmp_path / "a.txt")]


def test_a_folder_without_permission_is_an_error_and_the_others_go_on(ear):
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to an ordinary user
        Path(folder).chmod(0o755)
        name = write(Path(folder) / "b.txt")
        write(Path(folder) / "a" / "x.txt")
        (Path(folder) / "a").chmod(0)
        with ordinary_user():
            found = list(files.find([folder], ear))
        (Path(folder) / "a").chmod(0o755)

    assert found == [name]
    assert ear.errors == [f"{folder}/a: permission denied. Make it readable (chmod +r) or leave it out."]
