"""What a site repeats: pages that still hold boilerplate, with and without templates learned from the pages of their site.

The pages are those texts of by_eye whose host has 20 of them or more; archives and shorteners of links are no sites.
The line model is fitted without any of them, which takes four minutes; `--model DIR` takes one that was fitted before.

Run: python -m benchmarks.templates [--corpora ../shared/corpora] [--model DIR]
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.boilerplate import HERE, Flags, Score, measure
from classifier.boilerplate.model import LineModel, cuts, load, save
from classifier.boilerplate.sheet import lay_out
from classifier.boilerplate.templates import Templates, site_of
from classifier.document import Document, read_many
from classifier.training.pages import Page, read_all, read_page, read_records, transplanted

LEAST = 20  # pages of a site
RESULTS = HERE / "results" / "templates.json"
_NO_SITES = {"archive.is", "web.archive.org", "huff.to"}


def sites(corpora: Path) -> dict[str, list[Page]]:
    """The labelled pages of each site that has enough of them."""
    found: dict[str, list[Page]] = defaultdict(list)
    for record in read_records(corpora / "articles" / "by_eye.jsonl.gz"):
        site = site_of(Document("", url=record.get("url")))
        if site and site not in _NO_SITES:
            page = read_page(record)
            found[site].append(replace(page, document=replace(page.document, url=record["url"])))
    return {site: pages for site, pages in found.items() if len(pages) >= LEAST}


def fit_without(corpora: Path, pages: Iterable[Page]) -> LineModel:
    """A line model that saw none of some pages."""
    from classifier.training.lines import fit, fold_of

    unseen = {page.identity for page in pages}
    seen = [page for page in read_all(corpora) if page.identity not in unseen]
    return fit([*seen, *transplanted(seen, fold_of)])


def judged(pages: Sequence[Page], model: LineModel, templates: Templates | None) -> Iterator[Flags]:
    """Which lines of each page are cut."""
    for batch in read_many(page.document for page in pages):
        sheet = lay_out(batch)
        logits = model.logits(sheet)
        if templates is not None:
            logits = logits + templates.weigh(batch.documents, sheet)
        cut = cuts(sheet, logits, model)
        for begin, end in zip(sheet.first[:-1], sheet.first[1:], strict=True):
            yield cut[begin:end]


def compare(by_site: Mapping[str, Sequence[Page]], model: LineModel) -> dict[str, Any]:
    """The scores with and without templates, over the pages of all sites."""
    pages = [page for of_site in by_site.values() for page in of_site]
    with Templates() as templates:
        templates.learn(page.document for page in pages)
        scores = {
            "without": measure(pages, list(judged(pages, model, None))),
            "with templates": measure(pages, list(judged(pages, model, templates))),
        }
    return {"sites": len(by_site), "pages": len(pages), **{name: asdict(score) for name, score in scores.items()}}


def main(arguments: Iterable[str] | None = None) -> None:
    """Print both scores and write them to results/templates.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, default=HERE.parent.parent / "shared" / "corpora")
    parser.add_argument("--model", type=Path, help="a folder of a line model that saw none of these pages; made where there is none")
    options = parser.parse_args(None if arguments is None else list(arguments))
    by_site = sites(options.corpora)
    if options.model and (options.model / "lines.json").exists():
        model = load(options.model)
    else:
        model = fit_without(options.corpora, (page for pages in by_site.values() for page in pages))
        if options.model:
            save(model, options.model)
    found = compare(by_site, model)
    print(f"{found['sites']} sites, {found['pages']} pages")
    for name in ("without", "with templates"):
        print(f"  {name:16}{Score(**found[name])}")
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
