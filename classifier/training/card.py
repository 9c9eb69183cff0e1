"""The model card: what a model was trained on, how well it does, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from classifier.corpus.fields import mended
from classifier.errors import writing
from classifier.model import Model
from classifier.training.examples import Example
from classifier.training.report import Report


def write(folder: Path, model: Model, examples: Sequence[Example], report: Report) -> None:
    """Write `README.md` beside a model."""
    _write(folder, _card(model, examples, report))


def write_tuned(folder: Path, model: Model, report: Report) -> None:
    """Write `README.md` beside a tuned model."""
    lines = [
        f"# Model card: {model.name} {model.version}",
        "",
        f"The weights of {model.about['tuned_from']}, with calibration and thresholds fitted to {model.about['tuned_on']} labelled texts",
        "by `quality tune`. What the weights were trained on, and what they are not for, is told by the card of that model.",
        "",
        report.note,
        "",
        *_scores(report),
        "",
    ]
    _write(folder, "\n".join(lines))


def _write(folder: Path, card: str) -> None:
    with writing(folder / "README.md"):
        (folder / "README.md").write_text(card, encoding="utf-8")


def _card(model: Model, examples: Sequence[Example], report: Report) -> str:
    is_ours = any(example.dataset in _ORIGINS for example in examples)
    given = (f"Trained on {len(examples)} texts of {mended(str(model.about['trained_on']))}.",)
    return "\n".join(
        [
            f"# Model card: {model.name} {model.version}",
            "",
            "A linear model over hashed word n-grams (names and numbers masked) and binned signals, and boosted trees over the signals,",
            "over what a small model of sentences says of each of them, and over what the linear model says of texts it has not seen;",
            "their logits are added. It labels the text of a news page as `original`, `rewrite` or `filler`, with calibrated",
            "probabilities, and says when it is not certain. `model.json` holds names, bin edges, calibration and thresholds;",
            "`model.npz` the weights and the trees, read with `allow_pickle=False`.",
            "",
            "## Trained on",
            "",
            *(_LABELS_FROM if is_ours else given),
            "",
            *_counts(examples),
            "",
            *_origins(examples),
            "## How well it does",
            "",
            report.note,
            *(_FIGURES_FROM if is_ours else ()),
            "",
            *_scores(report),
            "",
            *(_FAILURES if is_ours else ()),
            "## Not for",
            "",
            "- Judging a person, an outlet or whether something is true. The label says how a text was made, not whether it is right.",
            *(_NOT_FOR if is_ours else _NOT_FOR_THOSE_OF_USERS),
            "- Deciding alone. Route `uncertain` verdicts to a person or aside.",
            "",
        ]
    )


# What only the model that was trained on the corpora can say of itself.
_LABELS_FROM = (
    "Other people's texts, of which only weights and counts are kept here. The labels of by_eye and read_here were given by",
    "language models that read each text after one written guide; no human editor has checked them. Two readings of a text agree",
    "in 96–97 % (kappa .95). Those of read_here were made for this project, of texts that an earlier model doubted and of others",
    "by lot (`classifier/training/readings.csv`); such a text trains by its reading and is measured by the label of its set.",
)
_FIGURES_FROM = ("`make train` prints these figures; `make bench` measures more of them, beside other classifiers.",)
_NOT_FOR = (
    "- Languages other than English, texts of under 40 words, opinion, satire, fiction, transcripts: the verdict says `uncertain`.",
    "- Human text that an outlet built on others' reports is labelled `rewrite` here, but some data sets count it as original;",
    "  a science release and a health story are hard to tell apart (data set fakehealth).",
)
_NOT_FOR_THOSE_OF_USERS = (
    "- Languages other than English and texts of under 40 words: the verdict says `uncertain`.",
    "- Opinion, satire, fiction, transcripts: it has seen none that were labelled so, and the verdict does not say it.",
)
# Where the public data sets are from, with the licence that their repository states; the texts belong to their publishers.
_ORIGINS = {
    "by_eye": ("texts of 31 public sets, labelled by reading", "labels CC0; texts as their source"),
    "read_here": (
        "texts of allsides, fakehealth, llmfake, f3, sheepdog, l2r, samestory, press_releases, wcxb, cleaneval, ftd_web_genres",
        "labels Apache-2.0, as this project; texts as their source",
    ),
    "affiliate_guides": ("public pages of buying guides", "none stated"),
    "allsides_churn": ("ramybaly/Article-Bias-Prediction", "Apache-2.0"),
    "allsides_multi_outlet": ("ramybaly/Article-Bias-Prediction", "Apache-2.0"),
    "apt_eval": ("ShoumikSaha/ai-polished-text", "none stated"),
    "autoblog_rss_reposts": ("public reposts of feeds", "none stated"),
    "coupon_pages": ("public coupon pages", "none stated"),
    "detectrl_news": ("NLP2CT/DetectRL", "none stated"),
    "f3": ("mickeymst/F3", "none stated"),
    "fakehealth": ("EnyanDai/FakeHealth", "none stated"),
    "fastdetect_xsum": ("baoguangsheng/fast-detect-gpt", "MIT"),
    "ftd_web_genres": ("ssharoff/genre-keras", "GPL-3.0"),
    "horoscopes": ("public horoscopes", "none stated"),
    "imbd_xsum": ("axh2018/ImBD", "Apache-2.0"),
    "isot_subset": ("ISOT fake news", "none stated"),
    "l2r": ("copy in scott-matkosky/AI_Text_Detector", "CC-BY-3.0"),
    "llmfake": ("llm-misinformation", "none stated"),
    "mixset": ("Dongping-Chen/MixSet", "none stated"),
    "nav_leftovers_fundus": ("flairNLP/fundus", "MIT"),
    "press_releases": ("Newsworthyai/press-release-archive", "CC0-1.0"),
    "sheepdog": ("jiayingwu19/SheepDog", "none stated"),
    "spamassassin": ("SpamAssassin public corpus", "none stated"),
}
_FAILURES = (
    "## Known failures",
    "",
    "- A release that a newsroom could have written: *The county will spend nine million on the rural roads of Merrow Vale, the road",
    "  office said on Monday. “Every village will gain,” said its head, Ruth Okello.* All of it comes from the office; nobody was asked.",
    "- A rewrite by a language model that keeps names, numbers and quotes and adds nothing reads as the report it retells. An index",
    "  that knows the source finds it (`derived_from`); the text alone does not always.",
    "- A page that retells a programme without naming it in the article: *Okello said she had never seen the pier so empty.* To whom?",
    "- Short local reports whose only source is a police statement are called rewrites more often than others.",
    "",
)


def _origins(examples: Sequence[Example]) -> list[str]:
    known = [name for name in _ORIGINS if any(example.dataset == name for example in examples)]
    rows = [f"| {name} | {' | '.join(_ORIGINS[name])} |" for name in known]
    return ["| data set | from | licence stated |", "|---|---|---|", *rows, ""] if known else []


def _counts(examples: Sequence[Example]) -> list[str]:
    cells: dict[tuple[str, str], tuple[int, float]] = {}
    for example in examples:
        count, weight = cells.get((example.dataset, example.label), (0, 0.0))
        cells[example.dataset, example.label] = (count + 1, weight + example.weight)
    rows = [f"| {dataset or 'given'} | {label} | {count} | {weight:.0f} |" for (dataset, label), (count, weight) in sorted(cells.items())]
    return ["| data set | label | texts | weight |", "|---|---|---|---|", *rows]


def _scores(report: Report) -> list[str]:
    head = [
        "| texts | count | macro-F1 | accuracy | original found | rewrite found | filler found | calibration error |",
        "|---|---|---|---|---|---|---|---|",
    ]
    rows = [
        f"| {name} | {found.count} | {found.macro_f1:.3f} | {found.accuracy:.3f} | "
        + " | ".join(f"{value:.3f}" for value in found.recall)
        + f" | {found.calibration_error:.3f} |"
        for name, found in report.rows
    ]
    return [*head, *rows]
