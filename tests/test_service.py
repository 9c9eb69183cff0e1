"""The HTTP service: what it answers, what it refuses, and that it runs as a command."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("fastapi", reason="needs the extra [serve]")

from classifier import Scorer, open_index, service

ROOT = Path(__file__).resolve().parent.parent
REPORT = (ROOT / "seeds/original/inquest-quarry-lake-teenager.txt").read_text(encoding="utf-8")
SPUN = (ROOT / "seeds/rewrite/ferry-fares-oregonian-first.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def scorer():
    return Scorer()


class Client:
    """Asks an ASGI application, without a network."""

    def __init__(self, app):
        self._app = app

    def get(self, path):
        return self.ask("GET", path, b"")

    def post(self, pages):
        return self.ask("POST", "/v1/score", pages if isinstance(pages, bytes) else json.dumps(pages).encode())

    def ask(self, method, path, body):
        pieces = [body[begin : begin + 1_000_000] for begin in range(0, len(body) or 1, 1_000_000)]
        sent = []

        async def receive():
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path}
        asyncio.run(self._app(scope | {"scheme": "http", "raw_path": path.encode(), "query_string": b"", "headers": []}, receive, send))
        told = json.loads(b"".join(message.get("body", b"") for message in sent))
        return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}, told


@pytest.fixture(scope="module")
def client(scorer):
    return Client(service.application(scorer))


def test_it_tells_that_it_runs(client):
    _, _, answer = client.get("/healthz")

    assert answer["status"] == "ok"
    assert answer["model"].startswith("quality ")


def test_a_page_gets_the_verdict_of_the_scorer(client, scorer):
    status, _, answer = client.post({"text": REPORT, "id": "quarry", "url": "https://herald.example/quarry"})

    assert status == 200
    assert answer == json.loads(json.dumps(scorer.score(REPORT, id="quarry", url="https://herald.example/quarry").to_dict()))


def test_of_a_list_each_page_is_answered_in_its_place(client):
    status, _, answer = client.post([{"text": REPORT}, {"price": 3}, 7, {"maintext": SPUN, "link": "https://a.example/x"}])

    first, second, third, fourth = answer
    assert status == 200
    assert (first["label"], first["id"]) == ("original", None)
    assert second["error"].startswith('no text field; found "price"')
    assert third["error"].startswith("This page is no object.")
    assert (fourth["label"], fourth["id"]) == ("rewrite", "https://a.example/x")


def test_a_page_of_html_brings_its_text(client):
    pytest.importorskip("trafilatura")
    paragraphs = "".join(f"<p>{line}</p>" for line in REPORT.splitlines())

    _, _, answer = client.post({"html": f"<html><body><article>{paragraphs}</article></body></html>"})

    assert answer["label"] == "original"
    assert all(answer["text"][piece["start"] : piece["end"]] == piece["text"] for piece in answer["evidence"])


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        pytest.param(b"", 400, "is no JSON", id="nothing"),
        pytest.param(b'{"text": "cut sho', 400, "is no JSON", id="cut short"),
        pytest.param(b"[" * 100_000, 400, "is no JSON", id="deep"),
        pytest.param(b"\xff\xfe", 400, "is no JSON", id="no UTF-8"),
        pytest.param(b'{"price": 3}', 422, 'no text field; found "price"', id="no text"),
        pytest.param(b'{"text": null}', 422, '"text" is null', id="null"),
        pytest.param(b"3", 422, "This page is no object", id="a number"),
        pytest.param(json.dumps([{"text": "x"}] * 1_001).encode(), 413, "The request has 1,001 pages. Send 1,000 at a time.", id="many"),
        pytest.param(b'"' + b"x" * service.MOST_BYTES + b'"', 413, "more than 16 MiB", id="large"),
    ],
)
def test_what_is_no_page_is_refused(client, body, status, message):
    answered, _, answer = client.post(body)

    assert answered == status
    assert message in answer["error"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/v1/score"), ("POST", "/docs")])
def test_another_address_names_the_right_ones(client, method, path):
    assert client.ask(method, path, b"")[2] == {"error": "There is POST /v1/score and GET /healthz."}


def test_more_requests_than_may_wait_are_sent_away(scorer, monkeypatch):
    monkeypatch.setattr(service, "MOST_REQUESTS", 0)

    status, headers, answer = Client(service.application(scorer)).post({"text": REPORT})

    assert (status, headers["retry-after"]) == (503, "1")
    assert answer == {"error": "0 requests are waiting. Ask again later."}


def test_requests_that_come_together_get_their_own_answers(scorer, monkeypatch):
    turns = service._Turns(scorer)
    sizes = []
    monkeypatch.setattr(service, "judged", lambda pages, _: sizes.append(len(pages)) or [{"label": page} for page in pages])

    async def ask():
        return await asyncio.gather(*(turns.judge(pages) for pages in (["a"], ["b", "c"], [], ["d"])))

    assert asyncio.run(ask()) == [[{"label": "a"}], [{"label": "b"}, {"label": "c"}], [], [{"label": "d"}]]
    assert sizes == [4]


def test_one_who_leaves_takes_no_answer_from_others(scorer):
    turns = service._Turns(scorer)

    async def ask():
        leaving, staying = (asyncio.create_task(turns.judge([{"text": text}])) for text in (SPUN, REPORT))
        await asyncio.sleep(0)
        leaving.cancel()
        return await staying

    assert asyncio.run(ask())[0]["label"] == "original"


def test_an_index_tells_of_copies():
    index = open_index(":memory:")
    index.add("known", REPORT)

    assert Client(service.application(Scorer(index=index))).post({"text": REPORT})[2]["duplicate_of"]["id"] == "known"


@settings(max_examples=60)
@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["text", "html", "id", "url", "date", "metadata", "x"]), inner, max_size=4)
            ),
            max_leaves=6,
        ),
        max_size=3,
    )
)
def test_every_page_has_an_answer_whatever_it_is(scorer, pages):
    answers = service.judged(pages, scorer)

    assert len(answers) == len(pages)
    assert all("error" in answer or "label" in answer for answer in answers)


def test_the_command_answers_until_it_is_stopped():
    command = [sys.executable, "-c", "from classifier.cli import main; main()", "serve", "--port", "0"]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        told = running.stderr.readline()
        address = told.split()[2].rstrip(";")
        asked = Request(f"{address}/v1/score", json.dumps({"text": SPUN}).encode(), {"Content-Type": "application/json"})
        with urlopen(asked, timeout=60) as answer:
            label = json.load(answer)["label"]
    finally:
        running.send_signal(signal.SIGINT)
        rest = running.communicate(timeout=60)[1]

    assert told.startswith("listening on http://127.0.0.1:")
    assert label == "rewrite"
    assert (running.returncode, rest) == (0, "")


def test_a_port_that_is_taken_is_an_error(scorer):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(service.QualityError, match=rf"127\.0\.0\.1:{port}: address already in use\. Choose another"):
            service.serve(scorer, "127.0.0.1", port, print)
