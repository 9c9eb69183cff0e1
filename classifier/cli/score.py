"""`quality score`: the verdict on each text."""

from __future__ import annotations

import os
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated

import typer

from classifier import files, view
from classifier.cli.app import REQUIRE_NOT_MET, AsJson, Model, Quiet, app, one_of
from classifier.cli.index import opened
from classifier.cli.output import FAILED, Desk, Nobody, is_colored, is_rich, is_terminal, progress_bar, render, write, write_spans
from classifier.errors import InputError

if TYPE_CHECKING:  # each command imports what it needs: `quality --help` loads no numpy, and `quality score` no scikit-learn
    from classifier import Document, Scorer, Verdict
    from classifier.document import Neighbors
    from classifier.files import Page
    from classifier.index import Index

FEW = 3  # up to so many texts are shown as cards, more as one row each


class Label(StrEnum):
    """The labels that --require takes."""

    original = "original"
    rewrite = "rewrite"
    filler = "filler"


@app.command(epilog="Example: quality score page.txt --require original && publish page.txt")
def score(
    names: Annotated[list[str], typer.Argument(metavar="FILE", help="Text files, folders, or - for standard input.")],
    as_json: AsJson = False,
    why: Annotated[bool, typer.Option("--why", help="The text, with the evidence marked in place.")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="The text without its boilerplate.")] = False,
    against: Annotated[
        list[str] | None, typer.Option("--against", metavar="FILE", help="Look for copies and sources in this file or folder; repeatable.")
    ] = None,
    index: Annotated[str | None, typer.Option("--index", metavar="PATH", help="Look for copies and sources in this index.")] = None,
    require: Annotated[Label | None, typer.Option("--require", help="Exit with 1 when a text is something else.")] = None,
    model: Model = None,
    quiet: Quiet = False,
) -> None:
    """Judge texts: label, probabilities, reasons, and the lines to cut.

    In a folder, files ending in .txt, .text or .md, or without a suffix, are read, in sorted order, hidden ones left out.

    Exit code: 0; 1 when --require is not met; 2 for wrong usage or input that cannot be read (the rest is still judged).
    """
    form = one_of({"--json": as_json, "--why": why, "--clean": clean})
    one_of({"--index": bool(index), "--against": bool(against)})
    if names.count(files.STDIN) + (against or []).count(files.STDIN) > 1:
        raise typer.BadParameter("- can be read only once.")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # starting a pool of threads costs numpy's import 0.1 s of CPU
    from classifier import Scorer

    desk = Desk(quiet)
    scorer = Scorer(model=model, index=_index(index, against or [], desk))
    found = files.find(names, desk)
    first = list(islice(found, FEW + 1))
    many = len(first) > FEW
    show = _form(form, scorer, many=many, several=len(first) > 1)
    tally = _Tally(require)
    with progress_bar("judging", quiet=quiet or not many or is_terminal(sys.stdout)) as progress:  # on a terminal, the rows show it
        total = sum(1 for _ in files.find(names, Nobody())) if progress else 0
        for page, verdict in _judged(_pages(chain(first, found), desk), scorer):
            show(page, verdict)
            tally.count(verdict)
            if progress:
                progress(tally.labels.total(), total)
    if many and not form:
        desk.say(view.summary(tally.labels, tally.uncertain))
    if tally.missed:
        desk.say(f"not {require}: {tally.missed:,} of {tally.labels.total():,}")
    desk.close()
    raise typer.Exit(FAILED if desk.failed else REQUIRE_NOT_MET if tally.missed else 0)


@dataclass
class _Tally:
    """What a run found: how many texts of each label, how many uncertain, and how many not of the label required."""

    required: Label | None
    labels: Counter[str] = field(default_factory=Counter)
    uncertain: int = 0
    missed: int = 0

    def count(self, verdict: Verdict) -> None:
        self.labels[verdict.label] += 1
        self.uncertain += verdict.uncertain
        self.missed += self.required is not None and verdict.label != self.required


def _index(where: str | None, against: Sequence[str], desk: Desk) -> Index | _Given | None:
    """The index to look in: one that was made before, or one of the texts given by hand."""
    if where:
        return opened(where)
    return _Given(_pages(files.find(against, desk), desk)) if against else None


class _Given:
    """An index of texts given by hand, which knows their whole texts too."""

    def __init__(self, pages: Iterable[Page]) -> None:
        from classifier import Document, open_index

        self._index = open_index(":memory:")
        given = {os.path.realpath(page.name): Document(page.text, id=page.name) for page in pages}
        self._index.add_many(given.values())
        self._texts = {str(document.id): document.text for document in given.values()}
        self._names = {path: document.id for path, document in given.items()}

    def neighbors_of(self, batch: Sequence[Document]) -> Iterator[Neighbors]:
        """For each article its nearest near copy and its surest source, in order."""
        return self._index.neighbors_of([self._named(document) for document in batch], self._texts)

    def _named(self, document: Document) -> Document:
        """A document under the name by which its file was given, if it was: a file is never compared with itself."""
        return replace(document, id=self._names.get(os.path.realpath(document.id or ""), document.id))


def _pages(names: Iterable[str], desk: Desk) -> Iterator[Page]:
    for name in names:
        if name == files.STDIN and is_terminal(sys.stdin):
            desk.say("note: reading from the terminal; end the text with Ctrl-D.")
        try:
            page = files.read(name)
        except InputError as error:
            desk.error(error)
            continue
        if page.note:
            desk.note(name, page.note)
        yield page


def _judged(pages: Iterable[Page], scorer: Scorer) -> Iterator[tuple[Page, Verdict]]:
    from classifier import Document

    waiting: deque[Page] = deque()  # the scorer reads some texts ahead

    def documents() -> Iterator[Document]:
        for page in pages:
            waiting.append(page)
            yield Document(page.text, id=page.name)

    for verdict in scorer.score_many(documents()):
        yield waiting.popleft(), verdict


def _form(option: str | None, scorer: Scorer, *, many: bool, several: bool) -> Callable[[Page, Verdict], None]:
    """How each verdict is shown."""
    match option:
        case "--json":
            return lambda _, verdict: write(view.json_line(verdict.to_dict()))
        case "--clean":
            return lambda page, verdict: _write_clean(page, verdict, titled=several)
        case "--why":
            return _write_marked
    if many:
        write_spans(view.row_head())
        return lambda page, verdict: write_spans(view.row(verdict, page.name))
    return lambda page, verdict: _write_card(page, verdict, scorer)


def _write_card(page: Page, verdict: Verdict, scorer: Scorer) -> None:
    scores = scorer.family_scores(verdict)
    if is_rich():
        render(view.card(verdict, page.name, scores))
    else:
        write(view.plain_card(verdict, page.name, scores))


def _write_clean(page: Page, verdict: Verdict, *, titled: bool) -> None:
    """The clean text as it is; but what goes to a terminal is made harmless."""
    text = verdict.clean_text if verdict.clean_text.endswith("\n") else verdict.clean_text + "\n"
    head = f"==> {view.neutralize(page.name, one_line=True)} <==\n" if titled else ""
    write(head + (view.neutralize(text) if is_terminal(sys.stdout) else text))


def _write_marked(page: Page, verdict: Verdict) -> None:
    write_spans(view.heading(verdict, page.name))
    write("\n")
    if not is_colored() or len(page.text) > view.LONGEST_COLORED:
        write(view.marked_plain(verdict, page.text))
        return
    render(view.marked(verdict, page.text), "", *map(view.text_of, view.legend(verdict)), "")
