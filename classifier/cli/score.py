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
    from classifier.index import Index

FEW = 3  # up to so many texts are shown as cards, more as one row each


class Label(StrEnum):
    """The labels that --require takes."""

    original = "original"
    rewrite = "rewrite"
    filler = "filler"


@app.command(epilog="Example: quality score page.txt --require original --certain && publish page.txt")
def score(
    names: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Text files, folders of them, JSON Lines, Parquet or WARC, or - for standard input."),
    ],
    as_json: AsJson = False,
    why: Annotated[bool, typer.Option("--why", help="The text, with the evidence marked in place.")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="The text without its boilerplate.")] = False,
    against: Annotated[
        list[str] | None, typer.Option("--against", metavar="FILE", help="Look for copies and sources in this file or folder; repeatable.")
    ] = None,
    index: Annotated[str | None, typer.Option("--index", metavar="PATH", help="Look for copies and sources in this index.")] = None,
    require: Annotated[Label | None, typer.Option("--require", help="Exit with 1 when a text is something else.")] = None,
    certain: Annotated[bool, typer.Option("--certain", help="With --require: an uncertain verdict does not pass.")] = False,
    model: Model = None,
    quiet: Quiet = False,
) -> None:
    """Judge texts: label, reasons, and the lines to cut.

    In a folder, files ending in .txt, .text or .md, or without a suffix, are read, in sorted order, hidden ones left out.
    Files of records, as crawlers write them, are judged record by record, each under its id.

    Exit code: 0; 1 when --require is not met; 2 for wrong usage or input that cannot be read (the rest is still judged).
    """
    form = one_of({"--json": as_json, "--why": why, "--clean": clean})
    one_of({"--index": bool(index), "--against": bool(against)})
    if names.count(files.STDIN) + (against or []).count(files.STDIN) > 1:
        raise typer.BadParameter("- can be read only once.")
    if certain and not require:
        raise typer.BadParameter("--certain says how --require counts. Give both.")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # starting a pool of threads costs numpy's import 0.1 s of CPU
    from classifier import Scorer
    from classifier.cli import documents

    desk = Desk(quiet)
    scorer = Scorer(model=model, index=_index(index, against or [], desk))
    given = files.find(names, desk)
    few = list(islice(given, FEW + 1))
    found = documents.read(chain(few, given), desk)
    first = [] if len(few) > FEW else list(islice(found, FEW + 1))  # one file may hold many texts
    count = max(len(few), len(first))
    many = count > FEW
    show = _form(form, scorer, many=many, several=count > 1)
    tally = _Tally(require, certain)
    with progress_bar("judging", quiet=quiet or not many or is_terminal(sys.stdout)) as progress:  # on a terminal, the rows show it
        total = _total(names) if progress else None
        for document, verdict in _judged(chain(first, found), scorer):
            show(document, verdict)
            tally.count(verdict)
            if progress:
                progress(tally.labels.total(), total)
    if many and not form:
        desk.say(view.summary(tally.labels, tally.uncertain))
    if tally.missed:
        desk.say(f"not {'certainly ' * certain}{require}: {tally.missed:,} of {tally.labels.total():,}")
    desk.close()
    raise typer.Exit(FAILED if desk.failed else REQUIRE_NOT_MET if tally.missed else 0)


@dataclass
class _Tally:
    """What a run found: how many texts of each label, how many uncertain, and how many not of the label required, or not certainly."""

    required: Label | None
    certain: bool
    labels: Counter[str] = field(default_factory=Counter)
    uncertain: int = 0
    missed: int = 0

    def count(self, verdict: Verdict) -> None:
        self.labels[verdict.label] += 1
        self.uncertain += verdict.uncertain
        self.missed += self.required is not None and (verdict.label != self.required or (self.certain and verdict.uncertain))


def _total(names: Iterable[str]) -> int | None:
    """How many texts the inputs hold; None where one of them holds records, which are not counted before they are read."""
    from classifier.corpus.inputs import LINES, OBJECT, PARQUET, WARC, kind_by_name

    kinds = [kind_by_name(name)[0] for name in files.find(names, Nobody())]
    return None if {LINES, OBJECT, PARQUET, WARC}.intersection(kinds) else len(kinds)


def _index(where: str | None, against: Sequence[str], desk: Desk) -> Index | _Given | None:
    """The index to look in: one that was made before, or one of the texts given by hand.

    Raises:
        InputError: there is no such index, or no text where a name leads.
    """
    if where:
        return opened(where)
    return _Given([document for name in against for document in _known(name, desk)]) if against else None


def _known(name: str, desk: Desk) -> list[Document]:
    """The texts to compare with that a name stands for."""
    from classifier.cli import documents

    found = list(documents.read([name], desk))
    if not found:
        raise InputError(f"--against {name}: no text to compare with. Name a text file, a folder of them or a file of records.")
    return found


class _Given:
    """An index of texts given by hand, which knows their whole texts too."""

    def __init__(self, documents: Iterable[Document]) -> None:
        from classifier import open_index

        self._index = open_index(":memory:")
        given = {_place(document): document for document in documents}
        self._index.add_many(given.values())
        self._texts = {str(document.id): document.text for document in given.values()}
        self._names = {place: document.id for place, document in given.items()}

    def neighbors_of(self, batch: Sequence[Document]) -> Iterator[Neighbors]:
        """For each article its nearest near copy and its surest source, in order."""
        return self._index.neighbors_of([self._named(document) for document in batch], self._texts)

    def _named(self, document: Document) -> Document:
        """A document under the name by which its file was given, if it was: a file is never compared with itself."""
        return replace(document, id=self._names.get(_place(document), document.id))


def _place(document: Document) -> str:
    """The id of a document, or of a file its path without links: it may have been given under another spelling."""
    name = str(document.id)
    return os.path.realpath(name) if os.path.isfile(name) else name  # noqa: PTH113  # pathlib raises for an overlong name


def _judged(documents: Iterable[Document], scorer: Scorer) -> Iterator[tuple[Document, Verdict]]:
    waiting: deque[Document] = deque()  # the scorer reads some texts ahead

    def kept() -> Iterator[Document]:
        for document in documents:
            waiting.append(document)
            yield document

    for verdict in scorer.score_many(kept()):
        yield waiting.popleft(), verdict


def _form(option: str | None, scorer: Scorer, *, many: bool, several: bool) -> Callable[[Document, Verdict], None]:
    """How each verdict is shown."""
    match option:
        case "--json":
            return lambda _, verdict: write(view.json_line(verdict.to_dict()))
        case "--clean":
            return lambda _, verdict: _write_clean(verdict, titled=several)
        case "--why":
            return _write_marked
    if many:
        write_spans(view.row_head())
        return lambda _, verdict: write_spans(view.row(verdict, str(verdict.id)))
    return lambda _, verdict: _write_card(verdict, scorer)


def _write_card(verdict: Verdict, scorer: Scorer) -> None:
    name, scores = str(verdict.id), scorer.family_scores(verdict)
    if is_rich():
        render(view.card(verdict, name, scores))
    else:
        write(view.plain_card(verdict, name, scores))


def _write_clean(verdict: Verdict, *, titled: bool) -> None:
    """The clean text as it is; but what goes to a terminal is made harmless."""
    text = verdict.clean_text if verdict.clean_text.endswith("\n") else verdict.clean_text + "\n"
    head = f"==> {view.neutralize(str(verdict.id), one_line=True)} <==\n" if titled else ""
    write(head + (view.neutralize(text) if is_terminal(sys.stdout) else text))


def _write_marked(document: Document, verdict: Verdict) -> None:
    write_spans(view.heading(verdict, str(verdict.id)))
    write("\n")
    if not is_colored() or len(document.text) > view.LONGEST_COLORED:
        write(view.marked_plain(verdict, document.text))
        return
    render(view.marked(verdict, document.text), "", *map(view.text_of, view.legend(verdict)), "")
