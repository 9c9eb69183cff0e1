"""What a site repeats: lines that recur over its pages, learned from many pages and kept in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from classifier.boilerplate.sheet import PROSE_WORDS, Floats, Sheet, lay_out, line_hashes
from classifier.document import Document, host_of, read_many
from classifier.errors import IndexFormatError, InputError, QualityError
from classifier.sqlite import connect, name_of, write_ahead
from classifier.words import NUMBER, Ints

SCHEMA = 1
PAGES = 200  # pages a site that are kept: those with the smallest hashes, whatever order they come in
_SITES = 500  # sites whose lines are held in memory at a time
_ENOUGH = 3  # pages: two may share a quotation
_ENOUGH_PROSE = 5  # pages: a series of reports may share its paragraph of background
_CAMPAIGNS = ("utm_", "fbclid=", "gclid=", "igshid=", "mc_cid=", "mc_eid=")  # how what is no part of an address begins
_STEP, _MOST = 2.0, 8.0  # what every doubling of the number of pages adds to the logit of a line, and the most of it
_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pages (site TEXT, page INTEGER, version INTEGER, PRIMARY KEY (site, page)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lines (site TEXT, line INTEGER, page INTEGER, PRIMARY KEY (site, line, page)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lines_of_page ON lines (site, page);
"""
_CLOSED = ("SQLITE_CANTOPEN", "SQLITE_READONLY")  # what SQLite meets in a folder that may not be written
_TABLES_HERE = "SELECT count(*) FROM main.sqlite_master"
_SCHEMA_HERE = "SELECT value FROM main.facts WHERE name = 'schema'"
_SCHEMA_THERE = "SELECT value FROM other.facts WHERE name = 'schema'"


def site_of(document: Document) -> str | None:
    """The host of a document's URL without `www.`, or None where it has no URL."""
    return host_of(document.url)


class Templates:
    """Lines that recur over the pages of a site.

    Of each site the PAGES pages with the smallest hashes are remembered, so that the file says the same in whatever
    order and by however many workers the pages came, and stays small on a site of a million pages.
    Numbers in a line do not count: "3 comments" and "14 comments" are one line.

    Args:
        path: an SQLite file, made where there is none, else written to by learning and merging only; ":memory:" keeps all in memory.
        site: names the site of a document, or None for one of no site; its host where nothing else is said.

    Raises:
        IndexFormatError: the file is no store of templates, a damaged one, or of another version; any call may find it damaged.
        QualityError: the file cannot be opened or written, or another process holds it; any call may meet that.
    """

    def __init__(self, path: str | Path = ":memory:", site: Callable[[Document], str | None] = site_of) -> None:
        self.path = str(path)
        self.site = site
        self._known: dict[str, dict[int, int]] = {}
        with _errors_of(self.path):
            self._connection = _connected(self.path)
            try:
                self._open()
            except BaseException:
                self._connection.close()
                raise

    def _open(self) -> None:
        if self._connection.execute(_TABLES_HERE).fetchone()[0]:
            self._check(_SCHEMA_HERE, self.path)  # nothing is written: the file may be somebody else's, or only there to be read
            return
        write_ahead(self._connection)
        with self._writing():
            for statement in _TABLES.split(";"):
                self._connection.execute(statement)
            self._connection.execute("INSERT OR IGNORE INTO facts VALUES ('schema', ?)", (str(SCHEMA),))
        self._check(_SCHEMA_HERE, self.path)

    def _check(self, question: str, path: str) -> None:
        found = self._connection.execute(question).fetchone()
        if found is None:
            raise sqlite3.DatabaseError("its facts name no schema")
        if found[0] != str(SCHEMA):
            raise IndexFormatError(f"{path}: templates of schema {found[0]}, not {SCHEMA}. Learn them anew.")

    @classmethod
    def saved(cls, path: str | Path, site: Callable[[Document], str | None] = site_of) -> Templates:
        """What was learned before; the file and its folder need not be writable.

        Raises:
            InputError: there is no such file.
            IndexFormatError: the file is no store of templates, a damaged one, or of another version.
        """
        return cls(_existing(path), site)

    def __enter__(self) -> Templates:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; all that was learned is in it."""
        self._connection.close()

    def learn(self, documents: Iterable[Document]) -> int:
        """Add the pages of some sites; a page seen before counts once, documents of no site are passed over.

        Returns:
            The number of documents that belong to a site.
        """
        count = 0
        for batch in read_many(document for document in documents if self.site(document)):
            count += len(batch)
            sheet = lay_out(batch)
            keys = template_keys(sheet)
            with _errors_of(self.path), self._writing():
                for page, document in enumerate(batch.documents):
                    rows = slice(sheet.first[page], sheet.first[page + 1])
                    self._add(document, sorted(set(keys[rows].tolist()) - {0}))
        return count

    def _add(self, document: Document, lines: Sequence[int]) -> None:
        site, page, version = self.site(document) or "", _digest(_address(document)), _digest(document.text)
        run = self._connection.execute
        kept = run("SELECT count(*), max(page) FROM pages WHERE site = ?", (site,)).fetchone()
        if kept[0] >= PAGES and page > kept[1]:
            return
        before = run("SELECT version FROM pages WHERE site = ? AND page = ?", (site, page)).fetchone()
        if before is not None and before[0] <= version:
            return
        run("DELETE FROM lines WHERE site = ? AND page = ?", (site, page))
        run("INSERT OR REPLACE INTO pages VALUES (?, ?, ?)", (site, page, version))
        self._connection.executemany("INSERT INTO lines VALUES (?, ?, ?)", ((site, line, page) for line in lines))
        if before is None and kept[0] >= PAGES:
            run("DELETE FROM lines WHERE site = ? AND page = ?", (site, kept[1]))
            run("DELETE FROM pages WHERE site = ? AND page = ?", (site, kept[1]))

    def merge(self, other: str | Path) -> None:
        """Add what another file has learned, as though its pages had been learned here.

        Raises:
            InputError: there is no such file.
            IndexFormatError: the file is no store of templates, a damaged one, or of another version.
        """
        with _errors_of(str(other)):
            self._connection.execute("ATTACH ? AS other", (str(_existing(other)),))
            try:
                self._check(_SCHEMA_THERE, str(other))
                with self._writing():
                    self._merge_attached()
            finally:
                self._connection.execute("DETACH other")

    def _merge_attached(self) -> None:
        run = self._connection.execute
        newer = (
            "SELECT o.site, o.page FROM other.pages o LEFT JOIN pages p USING (site, page) WHERE p.version IS NULL OR o.version < p.version"
        )
        pages = run(newer).fetchall()
        for site, page in pages:
            run("DELETE FROM lines WHERE site = ? AND page = ?", (site, page))
            run("INSERT OR REPLACE INTO pages SELECT * FROM other.pages WHERE site = ? AND page = ?", (site, page))
            run("INSERT INTO lines SELECT * FROM other.lines WHERE site = ? AND page = ?", (site, page))
        for site in sorted({site for site, _ in pages}):
            spare = run("SELECT page FROM pages WHERE site = ? ORDER BY page LIMIT -1 OFFSET ?", (site, PAGES)).fetchall()
            for (page,) in spare:
                run("DELETE FROM lines WHERE site = ? AND page = ?", (site, page))
                run("DELETE FROM pages WHERE site = ? AND page = ?", (site, page))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._known = {}
        with _errors_of(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with _errors_of(self.path):
                self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # SQLite ends some by itself
                self._connection.execute("ROLLBACK")
            raise

    def counts(self, site: str) -> dict[int, int]:
        """How many pages of a site hold each line that recurs, by the key of the line."""
        if site not in self._known:
            recurring = "SELECT line, count(*) FROM lines WHERE site = ? GROUP BY line HAVING count(*) >= ?"
            if len(self._known) >= _SITES:
                del self._known[next(iter(self._known))]
            with _errors_of(self.path):
                self._known[site] = dict(self._connection.execute(recurring, (site, _ENOUGH)).fetchall())
        return self._known[site]

    def weigh(self, documents: Sequence[Document], sheet: Sheet) -> Floats:
        """What each line's recurrence adds to the logit of being boilerplate, shape (lines,)."""
        counts = np.zeros(len(sheet))
        keys = template_keys(sheet).tolist()
        for page, document in enumerate(documents):
            site = self.site(document)
            known = self.counts(site) if site else {}
            for row in range(sheet.first[page], sheet.first[page + 1]) if known else ():
                counts[row] = known.get(keys[row], 0)
        enough = np.where(sheet.words >= PROSE_WORDS, _ENOUGH_PROSE, _ENOUGH)
        gain = np.minimum(_STEP * np.log2(np.maximum(counts, 1) / 1.5), _MOST)
        return np.where(counts >= enough, gain, 0.0)


def template_keys(sheet: Sheet) -> Ints:
    """A key for the words of each line in which all numbers are one; 0 for a line of numbers or marks alone, shape (lines,)."""
    number = (sheet.shape & NUMBER) > 0
    keys = line_hashes(sheet, np.where(number, np.uint64(1), sheet.hash))
    worded = sheet.count(sheet.line[~number]) > 0
    result: Ints = np.where(worded, keys, np.uint64(0)).view(np.int64)
    return result


def _connected(path: str) -> sqlite3.Connection:
    """A connection to a file; one in a folder where SQLite may make no files of its own is read as it stands."""
    connection = connect(path)
    try:
        connection.execute(_TABLES_HERE)
    except sqlite3.OperationalError as error:
        connection.close()
        if not name_of(error).startswith(_CLOSED) or not Path(path).is_file() or Path(f"{path}-wal").exists():
            raise
        where = f"{Path(path).absolute().as_uri()}?immutable=1"
        return sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False)
    return connection


@contextmanager
def _errors_of(path: str) -> Iterator[None]:
    """Say what SQLite met in words of this package."""
    try:
        yield
    except sqlite3.Error as error:
        name = name_of(error)
        if remedy := next((told for start, told in _REMEDIES.items() if name.startswith(start)), ""):
            raise QualityError(f"{path}: {error}. {remedy}") from error
        if isinstance(error, sqlite3.ProgrammingError):
            raise QualityError(f"{path}: these templates are closed. Open them anew.") from error
        if name.startswith("SQLITE_CORRUPT"):
            raise IndexFormatError(f"{path}: a damaged store of templates ({error}). Restore a copy, or learn them anew.") from error
        raise IndexFormatError(f"{path}: not a store of templates ({error}). Name another file, or delete it.") from error


_REMEDIES = {  # by how the name of SQLite's error begins
    "SQLITE_BUSY": "Another process has held it for a minute; try again.",
    "SQLITE_READONLY": "Make the file and its folder writable to learn; to score they need not be.",
    "SQLITE_CANTOPEN": "Is the folder there, and may it be written?",
    "SQLITE_FULL": "What was learned before is kept; make room and go on.",
    "SQLITE_IOERR": "What was learned before is kept; the disk may be gone, full, or closed to files so big.",
}


def _existing(path: str | Path) -> Path:
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file. Name a file that was written by `Templates`.")
    return Path(path)


def _address(document: Document) -> str:
    """The URL of a document without its fragment and the marks of campaigns and clicks; without a URL, its id or its text."""
    host = site_of(document)
    if host is None:
        return str(document.id or document.text)  # an id of a record may be a number
    parts = urlsplit(document.url or "")
    query = "&".join(sorted(item for item in parts.query.split("&") if item and not item.startswith(_CAMPAIGNS)))
    return f"{host}{parts.path.rstrip('/')}?{query}"


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)
