"""A small HTTP service: pages in, verdicts out, as JSON."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from classifier.corpus.fields import FieldNames, Unreadable, page
from classifier.corpus.records import Record, load, record_of
from classifier.errors import QualityError, extra
from classifier.release import VERSION
from classifier.scorer import Scorer
from classifier.verdict import Verdict

with extra("serve", "the service needs FastAPI and uvicorn"):
    import uvicorn
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse
    from starlette.exceptions import HTTPException

MOST_BYTES = 16 << 20  # of a request
MOST_PAGES = 1_000  # of a request
MOST_REQUESTS = 32  # at a time, those included that wait
_BAD, _TOO_LARGE, _UNREADABLE, _BUSY = 400, 413, 422, 503
_NOWHERE = {404, 405}
_NAMES = FieldNames()
_PAGE = {
    "type": "object",
    "description": "text, and id, url, title, date where known; the field names of crawlers are known",
    "example": {"text": "…"},
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"oneOf": [_PAGE, {"type": "array", "items": _PAGE, "maxItems": MOST_PAGES}]}}},
    }
}
Answer = dict[str, Any]


def application(scorer: Scorer) -> FastAPI:
    """The service as an ASGI application, for a server of your own.

    `POST /v1/score` takes a page, or a list of pages, and answers with a verdict, or a list of as many in the same order.
    `GET /healthz` tells that it runs, and with which model. Requests that come while others are judged are judged together.
    """
    app = FastAPI(title="quality", version=VERSION, docs_url=None, redoc_url=None)  # their pages load scripts from elsewhere
    turns = _Turns(scorer)
    present = 0

    @app.get("/healthz")
    async def healthz() -> Answer:
        """Whether the service runs, and with which model."""
        return {"status": "ok", "version": VERSION, "model": f"{scorer.model.name} {scorer.model.version}"}

    @app.post("/v1/score", openapi_extra=_BODY)
    async def score(request: Request) -> JSONResponse:
        """The verdict on a page, or on each of a list of pages."""
        nonlocal present
        if present >= MOST_REQUESTS:
            raise HTTPException(_BUSY, f"{present} requests are waiting. Ask again later.", {"Retry-After": "1"})
        present += 1
        try:
            pages = await asyncio.to_thread(_pages, await _body(request))
            answers = await turns.judge(pages if isinstance(pages, list) else [pages])
            if isinstance(pages, list):
                return await asyncio.to_thread(JSONResponse, answers)
            return JSONResponse(answers[0], _UNREADABLE if "error" in answers[0] else 200)
        finally:
            present -= 1

    @app.exception_handler(HTTPException)
    async def refuse(_: Request, error: HTTPException) -> JSONResponse:
        told = "There is POST /v1/score and GET /healthz." if error.status_code in _NOWHERE else error.detail
        return JSONResponse({"error": told}, error.status_code, error.headers)

    return app


def serve(scorer: Scorer, host: str, port: int, tell: Callable[[str], object]) -> None:
    """Answer requests until the process is asked to end.

    Args:
        scorer: judges the pages.
        host: the name or number of the own machine under which it can be reached.
        port: the port; a free one where 0.
        tell: is told the address once it can be reached.

    Raises:
        QualityError: the address cannot be had.
    """
    with _listening(host, port) as door, suppress(KeyboardInterrupt):
        name = f"[{host}]" if ":" in host else host
        tell(f"http://{name}:{door.getsockname()[1]}")
        config = uvicorn.Config(application(scorer), log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[door])


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)  # negative: no such host
        raise QualityError(f"{host}:{port}: {reason.lower()}. Choose another address with --host and --port.") from error


async def _body(request: Request) -> bytes:
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > MOST_BYTES:
            raise HTTPException(_TOO_LARGE, f"The request has more than {MOST_BYTES >> 20} MiB. Send fewer pages at a time.")
    return bytes(raw)


def _pages(raw: bytes) -> Any:
    """What a request asks about: a page, or a list of no more than MOST_PAGES."""
    try:
        value = load(raw)
    except (ValueError, RecursionError) as error:
        raise HTTPException(_BAD, 'The request is no JSON. Send {"text": "…"}, or a list of such pages.') from error
    if isinstance(value, list) and len(value) > MOST_PAGES:
        raise HTTPException(_TOO_LARGE, f"The request has {len(value):,} pages. Send {MOST_PAGES:,} at a time.")
    return value


class _Turns:
    """Pages that wait while others are judged: all that came meanwhile are judged in one turn, where each costs a fraction."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._turn = asyncio.Lock()
        self._pages: list[Any] = []  # of the next turn
        self._answers: asyncio.Task[list[Answer]] | None = None

    async def judge(self, pages: Sequence[Any]) -> list[Answer]:
        """What `judged` says of pages, in the next turn."""
        if self._answers is None:
            self._pages, self._answers = [], asyncio.create_task(self._take())
        begin = len(self._pages)
        self._pages += pages
        answers = await asyncio.shield(self._answers)  # of others too, who go on waiting where this one leaves
        return answers[begin : begin + len(pages)]

    async def _take(self) -> list[Answer]:
        async with self._turn:
            pages, self._answers = self._pages, None  # who comes from now on waits for the turn after this one
            return await asyncio.to_thread(judged, pages, self._scorer)


def judged(pages: Sequence[Any], scorer: Scorer) -> list[Answer]:
    """For each page, a record as crawlers write them, its verdict as plain data; or an `error`, where it has no text.

    Where a page was given as HTML, its `text` stands beside the verdict: that is what the offsets count.
    """
    read = [_record(value, number) for number, value in enumerate(pages, 1)]
    verdicts = scorer.score_many(each.document for each in read if isinstance(each, Record))
    return [_told(each, next(verdicts)) if isinstance(each, Record) else {"error": each} for each in read]


def _record(value: Any, number: int) -> Record | str:
    if not isinstance(value, Mapping):
        return 'This page is no object. Send {"text": "…"}, and with it id, url, title and date where they are known.'
    try:
        found = page(value, _NAMES)
        record = record_of(found, "page", number)
    except (Unreadable, QualityError) as error:
        return f"{str(error).rstrip('.')}."
    return replace(record, document=replace(record.document, id=found.id or found.url))


def _told(record: Record, verdict: Verdict) -> Answer:
    return verdict.to_dict() | ({} if record.extracted is None else {"text": record.extracted})
