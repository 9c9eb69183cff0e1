"""What crawlers write is read without flags; what cannot be read is named with its file and row, and the rest goes on."""

import gzip
import json
import random
from pathlib import Path

import pytest

from classifier.corpus import FieldNames, chunks, fields, find_shards, parse, read_chunks

pa = pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'quality-classifier[filter]'")
zstandard = pytest.importorskip("zstandard", reason="needs zstandard: pip install 'quality-classifier[filter]'")
parquet = pytest.importorskip("pyarrow.parquet")

TEXT = "The harbor board of Port Hale voted on Tuesday to close the north pier."
NAMES = FieldNames()


class Ear:
    """Remembers what it is told."""

    def __init__(self):
        self.errors, self.notes = [], []

    def error(self, error):
        self.errors.append(str(error))

    def note(self, name, message):
        self.notes.append(f"{name}: {message}")


def read(*names, fields=NAMES):
    """All records and faults below some names."""
    ear = Ear()
    records, faults = [], []
    for shard in find_shards(map(str, names), ear):
        for chunk in read_chunks(shard, fields):
            found, bad = parse(chunk, fields)
            records += found
            faults += bad
    assert ear.errors == []
    return records, faults


def texts(*names, **options):
    return [record.document.text for record in read(*names, **options)[0]]


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def packed(content, suffix):
    return {"": bytes, ".gz": gzip.compress, ".zst": zstandard.ZstdCompressor(write_checksum=True).compress}[suffix](content)


CRAWLERS = {
    "datatrove": ({"text": TEXT, "id": "7", "metadata": {"url": "https://a.example/x", "date": "2024-05-01"}}, "7", "a.example"),
    "dolma": ({"text": TEXT, "id": "d", "source": "crawl", "created": "2024-05-01", "metadata": {}}, "d", None),
    "trafilatura": (
        {"text": TEXT, "raw_text": "no", "source": "https://www.b.example/y", "date": "2024-05-01"},
        "https://www.b.example/y",
        "b.example",
    ),
    "news-please": (
        {"maintext": TEXT, "text": None, "url": "https://c.example/", "date_publish": "2024-05-01 10:00:00"},
        "https://c.example/",
        "c.example",
    ),
    "newspaper4k": ({"text": TEXT, "url": "https://d.example/", "publish_date": "2024-05-01"}, "https://d.example/", "d.example"),
    "Scrapy": ({"body": TEXT, "link": "https://e.example/", "published": "2024-05-01"}, "https://e.example/", "e.example"),
    "schema.org": (
        {"articleBody": TEXT, "headline": "H", "identifier": "n1", "publisher": {"name": "Hale"}, "datePublished": "2024-05-01"},
        "n1",
        "Hale",
    ),
}


@pytest.mark.parametrize(("record", "name", "site"), CRAWLERS.values(), ids=CRAWLERS)
def test_the_fields_of_common_crawlers_are_known(record, name, site):
    page = fields.page(record, NAMES)

    assert page.text == TEXT
    assert (page.id or page.url, page.site) == (name, site)
    assert page.date.startswith("2024-05-01")


def test_named_fields_go_before_the_usual_ones(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(lines({"text": "no", "story": {"plain": TEXT}, "key": 12}))

    (record,), faults = read(tmp_path / "a.jsonl", fields=FieldNames("story.plain", "key"))

    assert (record.document.text, record.document.id, faults) == (TEXT, "12", [])


def test_a_document_without_an_id_is_named_by_its_place(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines({"text": "one"}, {"text": "two"}))

    assert [record.document.id for record in read(path)[0]] == [f"{path}:1", f"{path}:2"]


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", lines({"text": "one"}, {"text": "two"})),
        ("a.ndjson", b"\xef\xbb\xbf" + lines({"text": "one"}) + b"\n\r\n" + lines({"text": "two"})[:-1]),
        ("a.json", lines({"text": "one"}, {"text": "two"})),
    ],
)
def test_json_lines_are_read_however_they_are_packed(tmp_path, suffix, name, content):
    path = tmp_path / f"{name}{suffix}"
    path.write_bytes(packed(content, suffix))

    assert texts(path) == ["one", "two"]


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
@pytest.mark.parametrize("mark", ["", "\ufeff \n"])
def test_a_list_of_objects_is_read_member_by_member(tmp_path, suffix, mark):
    path = tmp_path / f"a.json{suffix}"
    path.write_bytes(packed(f'{mark}[{{"text": "one"}},\n "no", {{"id": "\\udc80", "text": "two\\n"}}]\n'.encode(), suffix))

    records, (fault,) = read(path)

    assert [(record.document.text, record.row) for record in records] == [("one", 1), ("two\n", 3)]
    assert (fault.row, fault.cause[:21]) == (2, "this record is a text")


@pytest.mark.parametrize(("content", "told"), [('[{"text": "one"}', "; it seems to be cut short"), ("[{one}]", ". Mend it")])
def test_a_list_that_is_no_json_is_told(tmp_path, content, told):
    (tmp_path / "a.json").write_text(content)

    records, (fault,) = read(tmp_path / "a.json")

    assert (records, fault.cause[:26]) == ([], "this file is no JSON list" + told[0])
    assert told in fault.cause


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_list_that_is_too_large_is_refused_with_what_to_type(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(chunks, "LONGEST", 1 << 20)
    path = tmp_path / f"the crawl.json{suffix}"
    path.write_bytes(packed(json.dumps([{"text": TEXT}] * 20_000).encode(), suffix))

    records, (fault,) = read(path)

    command = f"gunzip -c '{path}' | jq -c '.[]'" if suffix else f"jq -c '.[]' < '{path}'"
    assert (records, fault.row) == ([], 1)
    assert fault.cause == f"a list of more than 1 MB, which is read as a whole. Make JSON Lines of it first: {command} > '{path}.jsonl'"


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
@pytest.mark.parametrize("name", ["crawl", "a.json"])
def test_a_byte_order_mark_hides_no_lines(tmp_path, suffix, name):
    path = tmp_path / f"{name}{suffix}"
    path.write_bytes(packed(b"\xef\xbb\xbf" + lines({"text": "one"}, {"text": "two"}), suffix))

    assert texts(path) == ["one", "two"]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_packed_pieces_behind_each_other_are_one_file(tmp_path, suffix):
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(packed(lines({"text": "one"}), suffix) + packed(lines({"text": "two"}), suffix))

    assert texts(path) == ["one", "two"]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", lines({"text": "one"})),
        ("a.json", b'{"text":\n"one"}'),
        ("a.txt", b"one"),
        ("a.wet", b""),
        ("a.jsonl.gz", lines({"text": "one"})),
    ],
)
def test_a_packed_file_is_read_under_any_name(tmp_path, suffix, name, content):
    content = content or archived("conversion", "https://a.example/x", b"one")
    (tmp_path / name).write_bytes(packed(content, suffix))

    assert texts(tmp_path / name) == ["one"]


@pytest.mark.parametrize("name", ["a.jsonl", "crawl"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_lines_in_utf16_are_one_fault(tmp_path, name, encoding):
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    (tmp_path / name).write_bytes((mark + lines({"text": "one"}, {"text": "two"}).decode()).encode(encoding))

    records, (fault,) = read(tmp_path / name)

    assert records == []
    assert fault.cause == "this file is UTF-16, as JSON Lines never are. Make it UTF-8 first: iconv -f UTF-16 -t UTF-8"


def test_a_folder_is_read_at_any_depth_in_order(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "page.txt").write_text("deep")
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"packed"))
    (tmp_path / "c.json").write_text(json.dumps({"text": "object"}, indent=1))
    (tmp_path / "d.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / ".hidden.txt").write_text("no")

    assert texts(tmp_path) == ["packed", "deep", "object"]


@pytest.mark.parametrize("name", ["a.html", "a", "a.txt.gz"])
def test_a_text_with_markup_is_noted(tmp_path, name):
    content = b"\xef\xbb\xbf \n<!DOCTYPE html><p>Rain fell."
    (tmp_path / name).write_bytes(packed(content, Path(name).suffix if name.endswith(".gz") else ""))
    (tmp_path / "b.txt").write_text("Rain fell <b>here</b>.")
    ear = Ear()

    find_shards([str(tmp_path / name), str(tmp_path / "b.txt")], ear)

    assert ear.notes == [f"{tmp_path / name}: looks like HTML or XML, and is judged with its markup. Extract the article first."]


def test_patterns_lists_and_addresses_name_files(tmp_path):
    fsspec = pytest.importorskip("fsspec")
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_bytes(lines({"text": name}))
    (tmp_path / "list").write_text(f"# what to read\n{tmp_path}/b.jsonl\n")
    with fsspec.open("memory://far/away.jsonl.gz", "wb") as target:
        target.write(gzip.compress(lines({"text": "far"})))

    assert texts(tmp_path / "*.jsonl") == ["a", "b"]
    assert texts(f"@{tmp_path}/list") == ["b"]
    assert texts("memory://far/away.jsonl.gz") == texts("memory://far/*.gz") == texts("memory://far") == ["far"]


def test_a_file_named_twice_is_read_once(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(lines({"text": "one"}))

    assert texts(tmp_path, tmp_path / "a.jsonl") == ["one"]


def test_files_of_one_name_come_out_under_two(tmp_path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.jsonl").write_bytes(lines({"text": folder}))

    names = [file.name for shard in find_shards([f"{tmp_path}/x/a.jsonl", f"{tmp_path}/y/a.jsonl"], Ear()) for file in shard.files]

    assert len(set(names)) == 2
    assert [name[-9:] for name in names] == ["x/a.jsonl", "y/a.jsonl"]


def test_parquet_is_read_with_its_nested_fields(tmp_path):
    rows = [{"text": TEXT, "id": "1", "metadata": {"url": "https://a.example/x"}}, {"text": "two", "id": "2", "metadata": {"url": None}}]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")

    records, faults = read(tmp_path / "a.parquet")

    assert [(record.document.text, record.row, record.site) for record in records] == [(TEXT, 1, "a.example"), ("two", 2, None)]
    assert faults == []


def archived(kind, uri, body, **headers):
    told = {"WARC-Type": kind, "WARC-Target-URI": uri, "WARC-Date": "2024-05-01T00:00:00Z", "WARC-Record-ID": "<urn:uuid:1>"} | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in {**told, "Content-Length": len(body)}.items())
    return b"WARC/1.0\r\n" + head.encode() + b"\r\n" + body + b"\r\n\r\n"


def test_texts_of_an_archive_are_read_and_other_records_passed_over(tmp_path):
    wet = archived("warcinfo", "x", b"software: none") + archived("conversion", "https://www.a.example/x", TEXT.encode())
    (tmp_path / "a.warc.wet.gz").write_bytes(gzip.compress(wet))

    (record,), faults = read(tmp_path / "a.warc.wet.gz")

    assert (record.document.text, record.document.url, record.site, record.row) == (TEXT, "https://www.a.example/x", "a.example", 2)
    assert faults == []


def test_pages_of_an_archive_are_extracted(tmp_path):
    pytest.importorskip("fastwarc")
    pytest.importorskip("trafilatura")
    paragraphs = "".join(f"<p>{TEXT} It was the {k}th vote of the year, and the board was split.</p>" for k in range(8))
    page = f"<html><body><nav>Home</nav><article>{paragraphs}</article></body></html>".encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
    image = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG"
    media = {"Content-Type": "application/http; msgtype=response"}
    (tmp_path / "a.warc").write_bytes(
        archived("response", "https://a.example/x", answer, **media) + archived("response", "https://a.example/y", image, **media)
    )

    (record,), faults = read(tmp_path / "a.warc")

    assert TEXT in record.document.text
    assert "Home" not in record.document.text
    assert record.extracted == record.document.text
    assert faults == []


def test_html_is_extracted_where_there_is_nothing_else(tmp_path):
    pytest.importorskip("trafilatura")
    paragraphs = "".join(f"<p>{TEXT} It was the {k}th vote of the year, and the board was split.</p>" for k in range(8))
    (tmp_path / "a.jsonl").write_bytes(lines({"html": f"<html><body><article>{paragraphs}</article></body></html>", "text": ""}))

    assert TEXT in texts(tmp_path / "a.jsonl")[0]


BAD_LINES = {
    "half a line": (b'{"text": "one", "url": "ht', "is no JSON; it seems to be cut short"),
    "a list": (b'["one"]', "this record is a list"),
    "a bare text": (b'"one"', "this record is a text"),
    "null": (b"null", "this record is a number or null"),
    "a text that is a number": (b'{"text": 12}', '"text" is a number (12), not a text'),
    "a text that is null": (b'{"text": null}', '"text" is null, not a text'),
    "no text": (b'{"headline": "H", "url": "u"}', 'no text field; found "headline", "url". Call it "text", or name it with --text-field'),
    "no JSON": (b"hello", "is no JSON"),
    "bytes that are no UTF-8": (b'{"text": "\xff\xfe"}', "is no JSON"),
}


@pytest.mark.parametrize(("line", "told"), BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_is_named_and_the_others_are_read(tmp_path, line, told):
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines({"text": "before"}) + line + b"\n" + lines({"text": "after"}))

    records, (fault,) = read(path)

    assert [(record.document.text, record.row) for record in records] == [("before", 1), ("after", 3)]
    assert (fault.file, fault.row, fault.count) == (str(path), 2, 1)
    assert told in fault.cause
    assert str(fault).count("\n") == 0


def test_a_record_of_50_mb_is_passed_over_in_little_memory(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as target:
        target.write(lines({"text": "before"}))
        target.write(b'{"text": "' + b"a" * (50 << 20) + b'"}\n')
        target.write(lines({"text": "after"}))

    records, (fault,) = read(path)

    assert [record.document.text for record in records] == ["before", "after"]
    assert fault.row == 2
    assert "a record of 50 MB; the longest that is read has 16 MB" in fault.cause


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_file_that_is_cut_short_is_read_up_to_there(tmp_path, suffix):
    path = tmp_path / f"a.jsonl{suffix}"
    whole = packed(lines({"text": "one"}), suffix) + packed(lines({"text": "two"}) * 3, suffix)
    path.write_bytes(whole[:-9])

    records, (fault,) = read(path)

    assert records[0].document.text == "one"
    assert fault.row == len(records) + 1
    assert "the file ends in the middle of its compressed data; the records from here on are lost" in fault.cause


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_wrong_checksum_is_told_and_costs_no_record(tmp_path, suffix):
    path = tmp_path / f"a.jsonl{suffix}"
    whole = bytearray(packed(lines(*({"text": str(k)} for k in range(300))), suffix))
    whole[-5 if suffix == ".gz" else -1] ^= 0xFF
    path.write_bytes(whole)

    records, (fault,) = read(path)

    assert len(records) == 300
    assert fault.row == 301
    assert "the compressed data are damaged" in fault.cause
    assert "check" in fault.cause


def test_parquet_without_a_text_column_is_one_fault_for_all_rows(tmp_path):
    parquet.write_table(pa.table({"headline": ["a", "b"], "url": ["x", "y"]}), tmp_path / "a.parquet")

    records, (fault,) = read(tmp_path / "a.parquet")

    assert records == []
    assert fault.count == 2
    assert fault.cause == 'no column of texts; found "headline", "url". Name it with --text-field'


@pytest.mark.parametrize("content", [b"PAR1 no", b"", b"PAR1" + b"x" * 50])
def test_a_damaged_parquet_file_is_named(tmp_path, content):
    (tmp_path / "a.parquet").write_bytes(content)

    records, (fault,) = read(tmp_path / "a.parquet")

    assert records == []
    assert "this Parquet file is damaged" in fault.cause


def test_a_column_of_texts_may_hold_gaps(tmp_path):
    parquet.write_table(pa.table({"text": ["one", None, "three"]}), tmp_path / "a.parquet")

    records, (fault,) = read(tmp_path / "a.parquet")

    assert [record.row for record in records] == [1, 3]
    assert (fault.row, fault.cause) == (2, '"text" is null, not a text. Mend the record or leave it out')


def test_bytes_that_are_texts_are_read_as_texts(tmp_path):
    columns = {"text": [TEXT.encode(), b"caf\xe9"], "id": [b"7", b"8"], "url": [b"https://a.example/x", b"https://a.example/y"]}
    parquet.write_table(pa.table(columns), tmp_path / "a.parquet")

    (record,), (fault,) = read(tmp_path / "a.parquet")

    assert (record.document.text, record.document.id, record.site) == (TEXT, "7", "a.example")
    assert fault.cause == '"text" is binary data, not a text. Mend the record or leave it out'


def test_a_damaged_row_group_costs_no_row_of_the_others(tmp_path):
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"text": [random.Random(k).randbytes(40).hex() for k in range(2_100)]}), path, row_group_size=700)
    middle = parquet.read_metadata(path).row_group(1).column(0)
    whole = bytearray(path.read_bytes())
    place = middle.dictionary_page_offset
    whole[place : place + middle.total_compressed_size // 2] = b"\xff" * (middle.total_compressed_size // 2)
    path.write_bytes(whole)

    records, (fault,) = read(path)

    assert [record.row for record in records] == [*range(1, 701), *range(1_401, 2_101)]
    assert (fault.row, fault.count) == (701, 700)
    assert "the 700 rows from here on are lost" in fault.cause


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_packed_parquet_file_is_read(tmp_path, suffix):
    parquet.write_table(pa.table({"text": ["one", "two"]}), tmp_path / "whole")
    (tmp_path / f"a.parquet{suffix}").write_bytes(packed((tmp_path / "whole").read_bytes(), suffix))
    (tmp_path / f"b.parquet{suffix}").write_bytes(packed((tmp_path / "whole").read_bytes(), suffix)[:-12])

    records, (fault,) = read(tmp_path / f"a.parquet{suffix}", tmp_path / f"b.parquet{suffix}")

    assert [record.document.text for record in records] == ["one", "two"]
    assert "the file ends in the middle of its compressed data" in fault.cause


def test_a_file_that_cannot_be_opened_is_told_and_the_others_are_read(tmp_path):
    for name in ("a.jsonl", "b.txt", "c.json"):
        (tmp_path / name).symlink_to(tmp_path / f"{name}.gone")
    (tmp_path / "d.txt").write_text("text")

    records, faults = read(tmp_path)

    assert [record.document.text for record in records] == ["text"]
    assert [(Path(fault.file).name, fault.cause.partition(".")[0]) for fault in faults] == [
        ("a.jsonl", "no such file or directory"),
        ("b.txt", "no such file or directory"),
        ("c.json", "no such file or directory"),
    ]


def test_faults_stand_in_the_order_of_their_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "LONGEST", 100)
    (tmp_path / "a.jsonl").write_bytes(b"[]\n" + lines({"text": "a" * 200}) + b"7\n")

    assert [fault.row for fault in read(tmp_path / "a.jsonl")[1]] == [1, 2, 3]


def test_an_archive_that_is_none_is_told(tmp_path):
    (tmp_path / "a.warc").write_bytes(archived("conversion", "https://a.example/x", b"one") + b"something else\r\n")

    records, (fault,) = read(tmp_path / "a.warc")

    assert len(records) == 1
    assert "no WARC record, but b'something else" in fault.cause


def test_a_text_file_that_is_no_text_is_told_and_the_others_are_read(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"%PDF-1.7 \x00\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f")
    (tmp_path / "b.txt").write_text("text")

    records, (fault,) = read(tmp_path)

    assert [record.document.text for record in records] == ["text"]
    assert fault.file == str(tmp_path / "a.txt")
    assert "this is a PDF" in fault.cause


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.csv.gz", "a.tsv.zst"])
def test_a_table_is_told_and_the_others_are_read(tmp_path, name):
    (tmp_path / name).write_bytes(packed(b"id,text\n1,The pier is closed.\n", "".join(Path(name).suffixes[1:])))
    (tmp_path / "b.txt").write_text(TEXT)
    ear = Ear()

    found = find_shards([str(tmp_path / name), str(tmp_path / "b.txt")], ear)

    assert [file.name for shard in found for file in shard.files] == ["b.txt"]
    (told,) = ear.errors
    assert told.startswith(f"{tmp_path / name}: a table (")


def test_lone_surrogates_are_mended(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "one \\ud800 two", "x": NaN}\n')

    assert texts(tmp_path / "a.jsonl") == ["one \ufffd two"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("missing.jsonl", "no such file or folder"),
        ("*.none", "no file matches this pattern"),
        ("@missing", "this list cannot be read"),
        ("empty", "nothing to read in this folder"),
        ("nonsense://x/y.jsonl", "no kind of address that fsspec knows"),
    ],
)
def test_what_cannot_be_found_is_told(tmp_path, monkeypatch, name, told):
    pytest.importorskip("fsspec")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    ear = Ear()

    assert find_shards([name], ear) == []
    assert told in ear.errors[0]


def test_chunks_are_the_same_each_time_and_hold_every_row(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "RECORDS", 4)
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(lines(*({"text": str(k)} for k in range(11)))))
    (shard,) = find_shards([str(path)], Ear())

    first, second = list(read_chunks(shard, NAMES)), list(read_chunks(shard, NAMES))

    assert first == second
    assert [(chunk.number, chunk.first, chunk.count, chunk.last) for chunk in first] == [
        (0, 1, 4, False),
        (1, 5, 4, False),
        (2, 9, 3, True),
    ]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("2026-05-02", "2026-05-02"),
        ("2026-05-02T08:00:00Z", "2026-05-02T08:00:00Z"),
        ("Sat, 02 May 2026 08:00:00 GMT", "2026-05-02T08:00:00+00:00"),
        ("May 2, 2026", "2026-05-02"),
        ("2 May 2026", "2026-05-02"),
        ("20260502", "2026-05-02"),
        ("20260502T080000Z", "2026-05-02T08:00:00+00:00"),
        ("2026/05/02", "2026-05-02"),
        (1777708800, "2026-05-02T08:00:00+00:00"),
        (1777708800000, "2026-05-02T08:00:00+00:00"),
        ("1777708800", "2026-05-02T08:00:00+00:00"),
        (1777708800.25, "2026-05-02T08:00:00+00:00"),
        ("05/02/2026", "05/02/2026"),  # May or February
        ("last week", "last week"),
        (7, "7"),
        (True, None),
        (None, None),
        (float("nan"), "nan"),
        ("9" * 13, "2286-11-20T17:46:39+00:00"),
    ],
)
def test_a_date_is_read_however_crawlers_write_it(given, told):
    assert fields.page({"text": "Rain fell.", "date": given}, FieldNames()).date == told


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (b"Content-Encoding: gzip", b"<p>plain</p>"),
        (b"Content-Encoding: gzip", gzip.compress(b"<p>cut short</p>")[:-12]),
        (b"Transfer-Encoding: chunked", b"ZZ\r\n<p>no number</p>"),
    ],
)
def test_an_answer_that_is_not_what_its_headers_say_costs_no_other(tmp_path, headers, body):
    pytest.importorskip("fastwarc")
    pytest.importorskip("trafilatura")
    media = {"Content-Type": "application/http; msgtype=response"}
    bad = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + headers + b"\r\n\r\n" + body
    good = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body><article><p>" + TEXT.encode() * 8 + b"</p></article></body></html>"
    )
    (tmp_path / "a.warc").write_bytes(
        archived("response", "https://a.example/x", bad, **media) + archived("response", "https://a.example/y", good, **media)
    )

    records, _ = read(tmp_path / "a.warc")

    assert "https://a.example/y" in [record.document.url for record in records]


def test_a_length_of_a_thousand_digits_is_a_fault(tmp_path):
    (tmp_path / "a.warc").write_bytes(b"WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nx")

    records, (fault,) = read(tmp_path / "a.warc")

    assert not records
    assert "a record without Content-Length" in fault.cause


def test_no_name_of_a_file_leads_out_of_the_folder():
    fsspec = pytest.importorskip("fsspec")
    store = fsspec.filesystem("memory")
    for path in ("/tarn/a.txt", "/tarn/../../../escaped.txt"):
        with store.open("/tarn/a.txt", "wb") as written:
            written.write(TEXT.encode())
        store.store[path] = store.store["/tarn/a.txt"]

    try:
        names = [file.name for shard in find_shards(["memory://tarn"], None) for file in shard.files]
    finally:
        store.store.clear()

    assert any("escaped" in name for name in names)
    assert not [name for name in names if ".." in name.split("/") or name.startswith("/")]


def test_a_date_of_four_hundred_digits_is_no_date():
    assert fields.page({"text": "Rain fell.", "date": 10**400}, FieldNames()).date == str(10**400)
