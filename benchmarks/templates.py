"""What a site repeats: pages that still hold boilerplate, with and without templates learned from the pages of their site.

Two sets. *Hosts*: the texts of by_eye whose host has 20 of them or more; archives and shorteners of links are no sites. The shipped
line model was trained on them, so what it leaves is less than it leaves elsewhere; `--fit` fits one without them, in four minutes.
*Made*: the pages of fundus and andythefactory, never trained on, as trafilatura leaves them, dealt out to sites of 20. Each site
repeats five lines that were left over in pages of other sites: each stands in a page with a chance of one half, below or between its lines.
"At best" is what would be left if every line of boilerplate that recurs were cut.

Run: python -m benchmarks.templates [--corpora ../shared/corpora] [--fit]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.boilerplate import HERE, Flags, Score, by_model, digest, keep, measure, pages_of
from classifier.boilerplate.model import LineModel, shipped
from classifier.boilerplate.sheet import lay_out
from classifier.boilerplate.templates import Templates, site_of
from classifier.document import Document, read_many
from classifier.training.pages import (
    BOILERPLATE,
    EXTRACTED,
    TEST_SETS,
    Page,
    labelled,
    read_all,
    read_page,
    read_records,
    transplanted,
)

LEAST = 20  # pages of a site
RESULTS = HERE / "results" / "templates.json"
SHIPPED, FITTED = "hosts, line model trained on them", "hosts, line model fitted without them"
_NO_SITES = {"archive.is", "web.archive.org", "huff.to"}
_SHARED, _CHANCE, _BELOW = 5, 0.5, 0.6  # lines a site, the chance of each in a page, and of its standing below the article


def sites(corpora: Path) -> dict[str, list[Page]]:
    """The labelled pages of each site that has enough of them."""
    found: dict[str, list[Page]] = defaultdict(list)
    for record in read_records(corpora / "articles" / "by_eye.jsonl.gz"):
        site = site_of(Document("", url=record.get("url")))
        if site and site not in _NO_SITES:
            page = read_page(record)
            found[site].append(replace(page, document=replace(page.document, url=record["url"])))
    return {site: pages for site, pages in found.items() if len(pages) >= LEAST}


def made_sites(corpora: Path, seed: int = 0) -> dict[str, list[Page]]:
    """Sites of LEAST pages that share five lines each."""
    generator = np.random.default_rng(seed)
    pages = [page for name in TEST_SETS for page in pages_of(corpora, name, EXTRACTED)[1]]
    spare = sorted({line for page in pages for line in _leftovers(page)})
    order = generator.permutation(len(pages))
    made: dict[str, list[Page]] = {}
    for number in range(len(pages) // LEAST):
        site, own = f"site{number}.example", [spare[k] for k in generator.choice(len(spare), _SHARED, replace=False)]
        chosen = [pages[k] for k in order[number * LEAST : (number + 1) * LEAST]]
        made[site] = [_with_lines(page, own, f"https://{site}/{k}", generator) for k, page in enumerate(chosen)]
    return made


def _leftovers(page: Page) -> list[str]:
    spans = page.document.words.lines[page.labels == BOILERPLATE].tolist()
    return [page.document.text[start:end] for start, end in spans if page.document.text[start:end].count(" ") >= 2]


def _with_lines(page: Page, own: Sequence[str], url: str, generator: np.random.Generator) -> Page:
    lines = [page.document.text[start:end] for start, end in page.document.words.lines.tolist()]
    labels = page.labels.tolist()
    for line in own:
        if generator.random() < _CHANCE:
            place = len(lines) if generator.random() < _BELOW else int(generator.integers(0, len(lines) + 1))
            lines.insert(place, line)
            labels.insert(place, BOILERPLATE)
    made = labelled(lines, labels, page.dataset, page.view, page.identity)
    return replace(made, document=replace(made.document, url=url))


def fit_without(corpora: Path, pages: Iterable[Page]) -> LineModel:
    """A line model that saw none of some pages."""
    from classifier.training.lines import fit, fold_of

    unseen = {page.identity for page in pages}
    seen = [page for page in read_all(corpora) if page.identity not in unseen]
    return fit([*seen, *transplanted(seen, fold_of)])


def recurring(pages: Sequence[Page], templates: Templates) -> list[Flags]:
    """Which lines recur over the pages of their site often enough to be weighed."""
    flags: list[Flags] = []
    for batch in read_many(page.document for page in pages):
        sheet = lay_out(batch)
        flags += np.split(templates.weigh(batch.documents, sheet) > 0, sheet.first[1:-1])
    return flags


def compare(by_site: Mapping[str, Sequence[Page]], model: LineModel) -> dict[str, Any]:
    """The scores with and without templates, over the pages of all sites, and what templates could do at best.

    At best, every line of boilerplate that recurs is cut, and no line of an article because it recurs.
    """
    pages = [page for of_site in by_site.values() for page in of_site]
    with Templates() as templates:
        templates.learn(page.document for page in pages)
        without = by_model(pages, model)
        again = recurring(pages, templates)
        best = [cut | (more & (page.labels == BOILERPLATE)) for page, cut, more in zip(pages, without, again, strict=True)]
        cut = {"without": without, "with templates": by_model(pages, model, templates), "at best": best}
    scores = {name: measure(pages, flags) for name, flags in cut.items()}
    return {"sites": len(by_site), "pages": len(pages), **{name: asdict(score) for name, score in scores.items()}}


def main(arguments: Iterable[str] | None = None) -> None:
    """Print both scores, and write them into results/templates.json beside what was measured of another line model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, default=HERE.parent.parent / "shared" / "corpora")
    parser.add_argument("--fit", action="store_true", help="fit a line model that saw none of the hosts' pages")
    options = parser.parse_args(None if arguments is None else list(arguments))
    hosts = sites(options.corpora)
    unseen = fit_without(options.corpora, (page for pages in hosts.values() for page in pages)) if options.fit else shipped()
    name, model = (FITTED, {}) if options.fit else (SHIPPED, {"model": digest()})
    fresh = {
        name: {**model, **compare(hosts, unseen)},
        "made": {"model": digest(), **compare(made_sites(options.corpora), shipped())},
    }
    for name, scores in fresh.items():
        print(f"{name}: {scores['sites']} sites, {scores['pages']} pages")
        for row in (row for row, score in scores.items() if isinstance(score, dict)):
            print(f"  {row:16}{Score(**scores[row])}")
    keep(RESULTS, fresh)


if __name__ == "__main__":
    main()
