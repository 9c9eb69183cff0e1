"""What the sites of a corpus repeat: learned from all its documents before any is scored."""

from __future__ import annotations

from pathlib import Path

from classifier.boilerplate.templates import Templates
from classifier.corpus import FieldNames, Shard, parse, read_chunks
from classifier.filter.local import Progress, Watch


def learn(shards: list[Shard], names: FieldNames, path: Path, watch: Watch) -> None:
    """Learn the templates of all sites into a file that appears when it is complete; a page that is read again counts once."""
    if path.exists():
        return
    progress, before = Progress("learning", total=sum(shard.size for shard in shards)), 0
    begun = path.with_suffix(".begun")
    with Templates(begun) as templates:
        for shard in shards:
            for chunk in read_chunks(shard, names):
                records, _ = parse(chunk, names)
                templates.learn(record.document for record in records)
                progress.documents += len(records)
                progress.done = before + chunk.passed
                watch(progress)
            before += shard.size
    begun.replace(path)
