"""A pipeline for Scrapy: every item gets its verdict, and one that is not wanted is dropped under the name of its reason."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from classifier.corpus.fields import FieldNames, Unreadable, page
from classifier.corpus.records import Record, identified, record_of, text_id
from classifier.document import Document, Match, Neighbors, read_many
from classifier.errors import QualityError, extra
from classifier.filter import Decisions, ledger
from classifier.filter.decisions import KEPT, REASONS, REJECTED, Outcome
from classifier.filter.writing import NAMESPACE, cut_in, note
from classifier.index import Index, open_index
from classifier.scorer import Scorer

with extra("scrapy", "this pipeline needs Scrapy"):
    from itemadapter import ItemAdapter
    from scrapy.exceptions import DropItem, NotConfigured

PREFIX = "QUALITY_"
ACTIONS = ("drop", "tag")
_GETTERS: dict[type, str] = {bool: "getbool", float: "getfloat", int: "getint", tuple: "getlist"}
_logger = logging.getLogger(__name__)
Facts = dict[str, Any]


class Rejected(DropItem):
    """An item that is not wanted; Scrapy counts its subclasses, one for each reason, in `item_dropped_reasons_count`."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.log_level = "DEBUG"  # by default each drop is a warning


DROPPED = {reason: type(reason.capitalize(), (Rejected,), {"__doc__": f"Dropped: {told}."}) for reason, told in REASONS.items()}


@dataclass(frozen=True)
class Settings:
    """What the settings of a crawl say; those of `Decisions` are named like its fields, `QUALITY_MIN_WORDS` say.

    Attributes:
        decisions: what is kept; near copies are dropped where there is an index.
        enabled: whether there is anything to do.
        action: `drop` what is not kept, or only `tag` it.
        model: the folder of a model of your own, or None.
        index: where the index is in which what is kept is remembered, or None.
        text_field, id_field: the fields of the text and of the id, where their names are none of the usual ones.
    """

    decisions: Decisions
    enabled: bool = True
    action: str = "drop"
    model: str | None = None
    index: str | None = None
    text_field: str | None = None
    id_field: str | None = None

    @classmethod
    def read(cls, given: Any) -> Settings:
        """The settings of a crawl.

        Raises:
            QualityError: there is no such setting, or it has no such value.
        """
        own = {name: getattr(cls, name) for name in (field.name for field in fields(cls)) if name != "decisions"}
        deciding = {field.name: field.default for field in fields(Decisions) if field.name != "dedup"}
        _refuse_unknown(given, {PREFIX + name.upper() for name in (*own, *deciding)})
        told = {name: _value(given, name, default) for name, default in own.items()}
        if told["action"] not in ACTIONS:
            raise QualityError(f"{PREFIX}ACTION: {told['action']!r} is no choice. Choose among {', '.join(ACTIONS)}.")
        values = {name: _value(given, name, default) for name, default in deciding.items()}
        if values["drop_derived"] and told["index"] is None:
            raise QualityError(f"{PREFIX}DROP_DERIVED: there is nothing to compare with. Name an index: {PREFIX}INDEX = 'near.sqlite'")
        return cls(_decisions(values | {"keep": tuple(values["keep"]), "dedup": told["index"] is not None}), **told)


def _refuse_unknown(given: Any, known: set[str]) -> None:
    for name in given:
        if name.startswith(PREFIX) and name not in known:
            raise QualityError(f"{name}: no such setting. Choose among {', '.join(sorted(known))}.")


def _value(given: Any, name: str, default: Any) -> Any:
    """A setting as the type of its default; from a shell, all of them are strings."""
    name = PREFIX + name.upper()
    if given.get(name) is None:
        return default
    try:
        return getattr(given, _GETTERS.get(type(default), "get"))(name)
    except ValueError as error:
        raise QualityError(f"{name}: {given.get(name)!r} cannot be read ({error}). Give a value like {default!r}.") from error


def _decisions(values: Mapping[str, Any]) -> Decisions:
    try:
        return Decisions(**values)
    except QualityError as error:  # which names options of the command
        told = re.sub(r"^--([a-z-]+)", lambda match: PREFIX + match[1].upper().replace("-", "_"), str(error))
        raise QualityError(told) from error


class QualityPipeline:
    """Judges every item that has a text, and drops what is not wanted; what has none, or cannot be judged, passes.

    An item says what was found in its field `quality`, which is what `quality filter` writes too, with its `place`.
    Under `QUALITY_INDEX`, what is kept is remembered, and near copies of it are dropped; an item is never a copy of itself, so that a
    crawl that starts again keeps what it kept before.

    Args:
        settings: what is kept, and what becomes of the rest.
        count: adds one to a statistic of the crawl.
    """

    def __init__(self, settings: Settings, count: Callable[[str], object] = lambda _: None) -> None:
        self.settings = settings
        self._count = count
        self._names = FieldNames(settings.text_field, settings.id_field)
        self._index: Index | None = open_index(settings.index) if settings.index else None
        self._scorer = Scorer(model=settings.model, index=self._index)
        self._nameless: set[str] = set()  # ids of texts, of this crawl
        self._warned: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Any) -> QualityPipeline:
        """The pipeline that the settings of a crawl ask for.

        Raises:
            NotConfigured: they ask for none.
            QualityError: they cannot be read, or name a model or an index that cannot be.
        """
        settings = Settings.read(crawler.settings)
        if not settings.enabled:
            raise NotConfigured(f"{PREFIX}ENABLED is off")
        return cls(settings, crawler.stats.inc_value)

    def process_item(self, item: Any, _spider: object = None) -> Any:
        """The item, with what was found in its field `quality`.

        Raises:
            Rejected: it is not wanted.
        """
        adapter = ItemAdapter(item)
        try:
            self._judge(adapter)
        except (Unreadable, QualityError) as error:
            self._count("quality/unread")
            self._warn("unread", f"an item passes unjudged: {str(error).rstrip('.')}.")
        return item

    def close_spider(self, _spider: object = None) -> None:
        """Let go of the index."""
        if self._index:
            self._index.close()

    def _judge(self, adapter: ItemAdapter) -> None:
        found = page(adapter, self._names)
        record = identified(record_of(found, "item", 1))
        facts = self._facts(record)
        outcome = self._remembered(record.document, facts)
        self._count(f"quality/{outcome.place}")
        told = {"place": outcome.place} | note(facts | vars(outcome))
        if outcome.place == REJECTED and self.settings.action == "drop":
            raise DROPPED[str(outcome.reason)](f"{record.document.id}: {outcome.detail}")
        if outcome.place == KEPT and self.settings.decisions.clean and facts["cut"]:
            cut_in(adapter, found, told, facts)
        self._tag(adapter, told)

    def _facts(self, record: Record) -> Facts:
        batch = next(read_many([record.document]))
        found = self._scorer.assess(batch)
        facts = dict(zip(ledger.FACTS, ledger.facts(record, found, 0), strict=True))
        return facts | _ties(found.batch.documents[0].neighbors or Neighbors())

    def _remembered(self, document: Document, facts: Facts) -> Outcome:
        """Where a document goes; one that is kept is remembered, unless another crawler was quicker."""
        outcome = self.settings.decisions.decide(facts)
        if self._index is None or outcome.place == REJECTED:
            return outcome
        first = self._index.add_many_if_new([document])[0]
        if first and first.id == document.id and first.id not in self._nameless:  # a page that was fetched again
            self._index.add_many([document])
        elif first:
            facts |= _ties(Neighbors(first))
            return self.settings.decisions.decide(facts)
        if document.id == text_id(document.text):
            self._nameless.add(document.id)
        return outcome

    def _tag(self, adapter: ItemAdapter, told: Mapping[str, Any]) -> None:
        try:
            adapter[NAMESPACE] = told
        except KeyError:
            kind = type(adapter.item).__name__
            self._warn(kind, f"{kind} has no field {NAMESPACE!r} to tell the verdict in. Declare it: {NAMESPACE} = scrapy.Field()")

    def _warn(self, about: str, message: str) -> None:
        """A warning, once; what comes after it is counted in the statistics."""
        if about not in self._warned:
            self._warned.add(about)
            _logger.warning(message)


class QualityAddon:
    """Puts the pipeline among those of a crawl: `ADDONS = {"classifier.scrapy.QualityAddon": 300}`."""

    def update_settings(self, settings: Any) -> None:
        """Add the pipeline to the settings of a crawl, unless it stands there."""
        settings.setdefault_in_component_priority_dict("ITEM_PIPELINES", QualityPipeline, 300)


def _ties(neighbors: Neighbors) -> Facts:
    copied, retold = neighbors.near_copy or Match("", 0.0), neighbors.source or Match("", 0.0)
    return {
        "duplicate_of": copied.id or None,
        "similarity": copied.similarity,
        "derived_from": retold.id or None,
        "sureness": retold.similarity,
    }
