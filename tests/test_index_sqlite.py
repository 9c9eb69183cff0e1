"""What an index in a file promises: nothing acknowledged is lost, nothing foreign is read."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from classifier.document import Document
from classifier.errors import IndexFormatError, InputError, QualityError
from classifier.index import open_index, segments
from classifier.index.rule import rule

WORDS = [
    f"{head}{tail}" for head in ("bar", "cor", "del", "fen", "gar", "hol", "mar", "tor") for tail in ("ane", "ick", "olt", "ury", "wen")
]
CLAIMER = """
import random, sys
from classifier.document import Document
from classifier.index import open_index, segments
words = [a + b for a in ("bar", "cor", "del", "fen") for b in ("ane", "ick", "olt", "ury", "wen")]
def prose(seed):
    generator = random.Random(seed)
    return " ".join(generator.choice(words) for _ in range(40))
where, count, batch, segments.TAIL = sys.argv[1], *map(int, sys.argv[2:])
with open_index(where) as index:
    print("ready", flush=True)
    sys.stdin.readline()
    for begin in range(0, count, batch):
        documents = [Document(prose(k), id=f"d{k}") for k in range(begin, min(begin + batch, count))]
        for document, match in zip(documents, index.add_many_if_new(documents), strict=True):
            if match is None:
                print(document.id, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "near.sqlite"


def prose(words: int, seed: int) -> str:
    generator = random.Random(seed)
    return " ".join(generator.choice(WORDS) for _ in range(words))


def acknowledged_text(id: str) -> str:
    """What the claimer stores under an id."""
    generator = random.Random(int(id[1:]))
    words = [f"{head}{tail}" for head in ("bar", "cor", "del", "fen") for tail in ("ane", "ick", "olt", "ury", "wen")]
    return " ".join(generator.choice(words) for _ in range(40))


def start_claimer(where: object, count: int, batch: int, tail: int = segments.TAIL) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CLAIMER, str(where), str(count), str(batch), str(tail)]
    root = str(Path(__file__).parent.parent)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": root})
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_documents_are_there_when_the_file_is_opened_again(path: Path) -> None:
    documents = [Document(prose(60, seed=k), id=f"d{k}", date="2026-01-02") for k in range(30)]
    with open_index(str(path)) as index:
        index.add_many(documents)

    with open_index(str(path)) as index:
        assert len(index) == 30
        assert [[match.id for match in found] for found in index.near_copies_many(d.text for d in documents)] == [[d.id] for d in documents]


def test_sealed_segments_answer_as_memory_does(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "TAIL", 16)
    texts = [prose(50, seed=k % 40) for k in range(120)]
    documents = [Document(text, id=f"d{k}") for k, text in enumerate(texts)]
    with open_index(":memory:") as memory, open_index(str(path)) as file:
        for begin in range(0, len(documents), 12):
            batch = documents[begin : begin + 12]
            assert file.add_many_if_new(batch) == memory.add_many_if_new(batch)
        file.remove("d3")
        memory.remove("d3")
        for begin in range(120, 160):
            for index in (file, memory):
                index.add(f"d{begin}", prose(50, seed=begin))
        one_by_one = [file.near_copies(text) for text in texts[:20]]

        assert file.near_copies_many(texts) == memory.near_copies_many(texts)
        assert one_by_one == memory.near_copies_many(texts[:20])
        assert [file.sources(text) for text in texts[:5]] == memory.sources_many(texts[:5])


def test_two_open_files_see_what_the_other_adds(path: Path) -> None:
    with open_index(str(path)) as one, open_index(str(path)) as other:
        one.add("a", prose(60, seed=1))
        assert [match.id for match in other.near_copies(prose(60, seed=1))] == ["a"]
        other.remove("a")
        assert one.near_copies(prose(60, seed=1)) == []


def test_two_processes_claim_each_document_once(path: Path) -> None:
    processes = [start_claimer(path, count=5_000, batch=100) for _ in range(2)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    claimed = [line for process in processes for line in process.communicate()[0].split()]

    assert sorted(claimed) == sorted(f"d{k}" for k in range(5_000))


def test_a_killed_writer_loses_nothing_that_it_was_told_is_stored(path: Path) -> None:
    acknowledged: list[str] = []
    for _ in range(5):
        process = start_claimer(path, count=100_000, batch=3, tail=6)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        acknowledged += [process.stdout.readline().strip() for _ in range(40)]
        process.send_signal(signal.SIGKILL)
        acknowledged += process.communicate()[0].split()

    database = sqlite3.connect(path)
    stored = {row[0] for row in database.execute("SELECT id FROM documents")}
    checked = database.execute("PRAGMA integrity_check").fetchone()[0]
    database.close()
    assert checked == "ok"
    assert len(acknowledged) == len(set(acknowledged)) >= 200
    assert set(acknowledged) <= stored
    with open_index(str(path)) as index:
        found = index.near_copies_many([acknowledged_text(id) for id in acknowledged])
    assert all(id in {match.id for match in matches} for id, matches in zip(acknowledged, found, strict=True))


def test_a_failed_batch_leaves_nothing_behind(path: Path) -> None:
    with open_index(str(path)) as index:
        index.add("a", prose(60, seed=1))
        with pytest.raises(InputError):
            index.add_many([Document(prose(60, seed=2), id="b"), Document("no id")])

        assert len(index) == 1
        assert index.near_copies(prose(60, seed=2)) == []


def test_a_file_that_is_no_database_is_refused_and_kept(path: Path) -> None:
    path.write_text("A news page about Orvale.\n" * 100, encoding="utf-8")

    with pytest.raises(IndexFormatError, match="no index, or a damaged one"):
        open_index(str(path))
    assert path.read_text(encoding="utf-8").startswith("A news page")


def test_a_database_of_something_else_is_refused(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE recipes (name TEXT)")
    database.commit()
    database.close()

    with pytest.raises(IndexFormatError, match="no index of this package"):
        open_index(str(path))


@pytest.mark.parametrize("name", sorted(rule()))
def test_an_index_made_by_another_rule_is_refused_with_what_differs(path: Path, name: str) -> None:
    open_index(str(path)).close()
    database = sqlite3.connect(path)
    database.execute("UPDATE rule SET value = 'other' WHERE name = ?", (name,))
    database.commit()
    database.close()

    with pytest.raises(IndexFormatError, match=rf"near\.sqlite: made by another rule or version: {name} is other, here {rule()[name]}"):
        open_index(str(path))


@pytest.mark.parametrize("missing", ["DROP TABLE gone", "SELECT 1"])
def test_an_index_that_is_refused_stays_as_it_is(path: Path, missing: str) -> None:
    open_index(str(path)).close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = DELETE")
    database.execute("UPDATE rule SET value = '1' WHERE name = 'format'")
    database.execute(missing)
    database.commit()
    database.close()
    before = path.read_bytes()

    with pytest.raises(IndexFormatError, match="format is 1"):
        open_index(str(path))
    assert path.read_bytes() == before


def test_a_damaged_page_is_an_error_that_names_the_file(path: Path) -> None:
    with open_index(str(path)) as index:
        index.add_many([Document(prose(60, seed=k), id=f"d{k}") for k in range(200)])
    content = bytearray(path.read_bytes())
    content[4096:] = bytes(byte ^ 0x5A for byte in content[4096:])
    path.write_bytes(content)

    with pytest.raises(IndexFormatError, match=r"near\.sqlite: no index, or a damaged one"):
        open_index(str(path)).near_copies(prose(60, seed=3))


@pytest.mark.parametrize(
    "overwrite",
    [
        "UPDATE blocks SET entries = 'none'",
        "UPDATE blocks SET entries = substr(entries, 2)",
        "UPDATE segments SET entries = 'many'",
        "UPDATE documents SET sketch = zeroblob(999)",
        "UPDATE documents SET sketch = 'none'",
    ],
)
def test_a_value_that_was_overwritten_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch, overwrite: str) -> None:
    monkeypatch.setattr(segments, "TAIL", 64)
    documents = [Document(prose(60, seed=k), id=f"d{k}") for k in range(100)]
    with open_index(str(path)) as index:
        index.add_many(documents)
    database = sqlite3.connect(path)
    database.execute(overwrite)
    database.commit()
    database.close()

    with open_index(str(path)) as index, pytest.raises(IndexFormatError, match="overwritten"):
        index.near_copies_many(documents)


def test_a_limit_on_the_size_of_files_is_an_error_and_loses_nothing(path: Path) -> None:
    with open_index(str(path)) as index:
        index.add("a", prose(60, seed=1))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    documents = [Document(prose(60, seed=k), id=f"d{k}") for k in range(2, 600)]
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
        with open_index(str(path)) as index, pytest.raises(QualityError, match="Nothing that was stored before is lost"):
            index.add_many(documents)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    with open_index(str(path)) as index:
        assert [match.id for match in index.near_copies(prose(60, seed=1))] == ["a"]


def test_a_full_disk_is_an_error_and_loses_nothing(path: Path) -> None:
    with open_index(str(path)) as index:
        index.add("a", prose(60, seed=1))
        index._store._database.execute("PRAGMA max_page_count=12")
        with pytest.raises(QualityError, match="make room"):
            index.add_many([Document(prose(60, seed=k), id=f"d{k}") for k in range(2, 600)])

        assert [match.id for match in index.near_copies(prose(60, seed=1))] == ["a"]
        assert index.near_copies(prose(60, seed=300)) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(QualityError, match=r"nowhere/near\.sqlite: unable to open database file"):
        open_index(str(tmp_path / "nowhere" / "near.sqlite"))


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE documents SET date = CAST(x'ff' AS TEXT)",
        "UPDATE documents SET id = 7",
        "DELETE FROM counted",
        "DROP TABLE names",
        "DROP TABLE segments",
    ],
)
def test_damage_of_any_kind_is_an_error_that_names_the_file(path: Path, damage: str) -> None:
    with open_index(str(path)) as index:
        index.add("a", prose(60, seed=1))
    database = sqlite3.connect(path)
    database.execute(damage)
    database.commit()
    database.close()

    def use() -> None:
        with open_index(str(path)) as index:
            assert index.near_copies(prose(60, seed=1))
            assert len(index)
            index.add("a", prose(60, seed=2))

    with pytest.raises(IndexFormatError, match=r"near\.sqlite: no index, or a damaged one"):
        use()


def test_a_closed_index_says_so(path: Path) -> None:
    index = open_index(str(path))
    index.close()

    with pytest.raises(QualityError, match="the index is closed"):
        index.add("a", prose(60, seed=1))


def test_an_id_that_is_no_utf_8_is_kept_as_any_other(path: Path) -> None:
    name, text = "caf\udce9.txt", prose(80, seed=1)
    with open_index(str(path)) as index:
        index.add(name, text, date="\udce9")
        index.add(name, text)
    with open_index(str(path)) as index:
        assert name in index
        assert [match.id for match in index.near_copies(text)] == [name]
        assert index.remove(name)
        assert len(index) == 0


OPENER = """
import sys
from pathlib import Path
from classifier.boilerplate.templates import Templates
from classifier.index import open_index
print("ready", flush=True)
for name in sys.stdin:
    open_index(name.strip()).close()
    Templates(name.strip() + ".templates").close()
    print("opened", flush=True)
"""


def test_several_processes_may_make_one_file_at_once(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, "-c", OPENER]
    openers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(3)
    ]
    for opener in openers:
        assert opener.stdout is not None
        assert opener.stdout.readline() == "ready\n"
    names = [str(tmp_path / f"{number}.sqlite") for number in range(60)]
    for name in names:
        for opener in openers:
            assert opener.stdin is not None
            opener.stdin.write(f"{name}\n")
            opener.stdin.flush()

    for opener in openers:
        out, errors = opener.communicate()
        assert errors == ""
        assert out.count("opened") == len(names)
