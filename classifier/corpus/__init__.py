"""Corpora as crawlers write them: found, read in bounded chunks, and written back in the same form."""

from classifier.corpus.chunks import Chunk, Fault, read_chunks
from classifier.corpus.fields import FieldNames
from classifier.corpus.inputs import File, Shard, find_shards
from classifier.corpus.records import Record, parse

__all__ = ["Chunk", "Fault", "FieldNames", "File", "Record", "Shard", "find_shards", "parse", "read_chunks"]
