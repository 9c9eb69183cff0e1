"""What an index in a real Redis promises to several crawlers."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from classifier.document import Document
from classifier.errors import IndexFormatError, InputError, QualityError
from classifier.index import open_index, segments
from classifier.index.rule import rule
from classifier.index.sketch import pack, sketch
from classifier.index.store import Row

redis = pytest.importorskip("redis", reason="the extra [redis] is not installed")
SERVER = shutil.which("redis-server")
pytestmark = pytest.mark.skipif(SERVER is None, reason="redis-server is not installed")
WORDS = [f"{head}{tail}" for head in ("bar", "cor", "del", "fen", "gar", "hol") for tail in ("ane", "ick", "olt", "ury", "wen")]


class Server:
    """A Redis of this test alone, on loopback."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.options = options
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = [
            str(SERVER),
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(self.folder),
            "--save",
            "3600 1",
            *self.options,
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert any("Ready to accept connections" in line for line in self.process.stdout)

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(running: Server) -> Server:
    with redis.Redis.from_url(running.url) as client:
        client.flushall()
    return running


def prose(words: int, seed: int) -> str:
    generator = random.Random(seed)
    return " ".join(generator.choice(WORDS) for _ in range(words))


def test_redis_answers_as_memory_does(server: Server) -> None:
    documents = [Document(prose(50, seed=k % 30), id=f"d{k}", date="2026-05-01") for k in range(90)]
    with open_index(":memory:") as memory, open_index(server.url) as shared:
        for begin in range(0, 90, 11):
            batch = documents[begin : begin + 11]
            assert shared.add_many_if_new(batch) == memory.add_many_if_new(batch)
        for index in (memory, shared):
            index.remove("d3")
            index.add("d4", prose(50, seed=99))

        assert shared.near_copies_many(documents) == memory.near_copies_many(documents)
        assert shared.sources_many(documents[:9]) == memory.sources_many(documents[:9])
        assert len(shared) == len(memory)


def test_two_clients_claim_each_document_once(server: Server) -> None:
    claimed: list[str] = []

    def crawl() -> None:
        with open_index(server.url) as index:
            for begin in range(0, 200, 10):
                documents = [Document(prose(40, seed=k), id=f"d{k}") for k in range(begin, begin + 10)]
                answers = zip(documents, index.add_many_if_new(documents), strict=True)
                claimed.extend(str(document.id) for document, match in answers if match is None)

    threads = [threading.Thread(target=crawl) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(claimed) == sorted(f"d{k}" for k in range(200))


def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.start()
    with open_index(server.url) as index:
        index.add("a", prose(60, seed=1), date="2026-05-01")
    server.stop()
    server.start()
    try:
        with open_index(server.url) as index:
            assert [match.id for match in index.near_copies(prose(60, seed=1))] == ["a"]
    finally:
        server.stop()


def test_a_removed_document_leaves_no_entry_behind(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "TAIL", 4)
    with open_index(server.url) as index, redis.Redis.from_url(server.url) as client:
        index.add_many([Document(prose(60, seed=k), id=f"d{k}") for k in range(5)])
        for k in range(5):
            index.remove(f"d{k}")
        assert (client.hlen("quality:rows"), client.hlen("quality:ids"), client.zcard("quality:added")) == (0, 0, 0)
        index.add_many([Document(prose(60, seed=k), id=f"e{k}") for k in range(5)])

        assert client.zcard("quality:gone") == 0
        assert [int(value.split()[1]) for value in client.hvals("quality:segments")] == [index._store._segments._known[2].size]


def test_a_store_tells_which_of_some_numbers_are_deleted(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_index(server.url) as index:
        index.add_many([Document(prose(60, seed=k), id=f"d{k}") for k in range(30)])
        for k in (3, 7, 8):
            index.remove(f"d{k}")

        assert index._store.deleted() == 3
        for alone in (0, 8):
            monkeypatch.setattr("classifier.index.store_redis._ASKED_ALONE", alone)
            for asked in ([], [4], [1, 4, 8], list(range(1, 31))):
                assert index._store.gone(np.array(asked, dtype=np.int64)).tolist() == [number for number in asked if number in {4, 8, 9}]


def test_segments_answer_as_memory_does(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "TAIL", 16)
    documents = [Document(prose(50, seed=k % 70), id=f"d{k}") for k in range(150)]
    with open_index(":memory:") as memory, open_index(server.url) as shared, open_index(server.url) as reader:
        for begin in range(0, 150, 7):
            batch = documents[begin : begin + 7]
            assert shared.add_many_if_new(batch) == memory.add_many_if_new(batch)
            assert reader.near_copies(batch[0].text) == memory.near_copies(batch[0].text)
            for index in (memory, shared):
                index.remove(f"d{begin}")

        assert shared._store.segments()
        assert shared.near_copies_many(documents) == memory.near_copies_many(documents)


def test_a_killed_server_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    server = Server(tmp_path, "--appendonly", "yes", "--appendfsync", "always")  # "everysec" may owe the file two seconds
    server.start()
    with open_index(server.url) as index:
        index.add_many([Document(prose(60, seed=k), id=f"d{k}") for k in range(20)])
    server.process.kill()
    server.process.communicate()
    server.start()
    try:
        with open_index(server.url) as index:
            assert [index.near_copies(prose(60, seed=k))[0].id for k in range(20)] == [f"d{k}" for k in range(20)]
    finally:
        server.stop()


def test_a_writer_that_lost_its_lock_stores_nothing(server: Server) -> None:
    with open_index(server.url) as index, redis.Redis.from_url(server.url) as client:
        store = index._store
        client.set("quality:lock", "someone else")
        store._new = [(1, Row("a", None, 0.0, pack(sketch([Document(prose(60, seed=1))]))[0]))]
        store._token = "a token that is not the lock's"
        with pytest.raises(QualityError, match="was not stored"):
            store._write()
        store._new = []

        assert len(index) == 0
        client.delete("quality:lock")


def test_an_index_made_by_another_rule_is_refused(server: Server) -> None:
    open_index(server.url).close()
    with redis.Redis.from_url(server.url) as client:
        client.hset("quality:rule", "terms", "7")

    with pytest.raises(IndexFormatError, match=f"terms is 7, here {rule()['terms']}"):
        open_index(server.url)


def test_a_server_that_is_down_is_named(tmp_path: Path) -> None:
    with pytest.raises(QualityError, match=r"redis://127.0.0.1:\d+/0: Redis does not answer"):
        open_index(Server(tmp_path).url)


def test_a_server_that_goes_away_is_an_error_and_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.start()
    with open_index(server.url) as index:
        index.add("a", prose(60, seed=1))
        server.stop()
        with pytest.raises(QualityError, match="Redis does not answer"):
            index.add("b", prose(60, seed=2))
        server.start()
        try:
            assert [match.id for match in index.near_copies(prose(60, seed=1))] == ["a"]
            assert index.near_copies(prose(60, seed=2)) == []
        finally:
            server.stop()


def test_a_client_forgets_what_the_server_lost(server: Server) -> None:
    with open_index(server.url, as_is=True) as index, redis.Redis.from_url(server.url) as client:
        index.add_many([Document(prose(80, seed=k), id=f"d{k}") for k in range(50)])
        index.near_copies(prose(80, seed=3))
        client.flushall()
        told = [index.add_if_new(id, prose(80, seed=900)) for id in ("x", "y")]

        assert told[0] is None
        assert told[1] is not None
        assert (told[1].id, [match.id for match in index.near_copies(prose(80, seed=900))]) == ("x", ["x"])


def test_a_date_without_end_costs_no_document(server: Server) -> None:
    with open_index(server.url) as index:
        index.add("a", prose(60, seed=1), date="2026-05-01 " + "x" * 70_000)

        assert [match.id for match in index.near_copies(prose(60, seed=1))] == ["a"]


@pytest.mark.parametrize("secret", ["ann:s3cret@", ":s3cret@", "ann:s3@cret@"])
@pytest.mark.parametrize("end", ["/0", "/abc", "/0?password=s3cret"])
def test_no_message_tells_the_password_of_a_server(tmp_path: Path, secret: str, end: str) -> None:
    port = Server(tmp_path).port
    with pytest.raises(QualityError, match=rf"^redis://127\.0\.0\.1:{port}/") as told:
        open_index(f"redis://{secret}127.0.0.1:{port}{end}")

    assert "cret" not in str(told.value)


def test_an_address_of_something_else_is_refused() -> None:
    with pytest.raises(InputError, match="no place for an index"):
        open_index("postgres://localhost/near")
