"""Decision trees over signals: stored as flat arrays, walked with numpy, every step told by the signal it asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_PREFIX = "forest_"
_TOGETHER = 48  # documents that walk together; more leave the cache


@dataclass(frozen=True)
class Forest:
    """Trees that each move the logit of one label; a node's value is what its tree would answer there.

    The step from a node to its child adds the difference of their values and belongs to the signal that the node asks, so the
    steps of a text add up to its answer less the values of the roots.

    Attributes:
        signal: the place of the signal that a node asks, shape (nodes,).
        cut: a text goes left where that signal is at most this, shape (nodes,).
        left, right: the children; a leaf is its own child, shape (nodes,).
        value: shape (nodes,).
        root: the first node of each tree, shape (trees,).
        label: the label whose logit a tree moves, shape (trees,).
    """

    signal: Ints
    cut: Floats
    left: Ints
    right: Ints
    value: Floats
    root: Ints
    label: Ints

    def __post_init__(self) -> None:
        shapes = {getattr(self, name).shape for name in ("signal", "cut", "left", "right", "value")}
        size = len(self.value)
        if len(shapes) > 1 or self.root.shape != self.label.shape:
            raise ValueError(f"the arrays of the trees have shapes {sorted(shapes)}, {self.root.shape} and {self.label.shape}")
        places = (self.signal, self.left, self.right, self.root, self.label)
        if any(column.dtype.kind != "i" or column.ndim != 1 or column.min(initial=0) < 0 for column in places):
            raise ValueError("the trees are not rising lists of nodes")
        if np.isnan(self.cut).any() or not np.isfinite(self.value).all():
            raise ValueError("the trees ask or answer what is no number")
        # A child stands after its parent, so that no walk goes on for ever.
        nodes = np.arange(size)
        after = (self.left > nodes) & (self.right > nodes) | (self.left == nodes) & (self.right == nodes)
        if not after.all() or max(self.left.max(initial=-1), self.right.max(initial=-1), self.root.max(initial=-1)) >= size:
            raise ValueError("the trees are not rising lists of nodes")

    def steps(self, signals: Floats, labels: int) -> Floats:
        """What each signal adds to the logit of each label.

        Args:
            signals: the signals that the trees may ask, shape (documents, signals).
            labels: how many labels there are.

        Returns:
            Shape (documents, signals, labels).
        """
        parts = [self._steps(signals[begin : begin + _TOGETHER], labels) for begin in range(0, len(signals), _TOGETHER)]
        return np.concatenate(parts) if parts else np.zeros((0, signals.shape[1], labels))

    def _steps(self, signals: Floats, labels: int) -> Floats:
        documents, width = signals.shape
        size, edges, asked = width * labels, self._edges, self._edges.signal * labels
        values = np.repeat(signals.ravel(), labels)
        edge = np.tile(edges.root, documents)
        begin = (np.arange(documents)[:, None] * size + self.label).ravel()
        cells, steps = [begin[:0]], [edges.step[:0]]
        while True:
            going = np.flatnonzero(edge >= 0)
            if not len(going):
                break
            if len(going) < len(edge):
                begin, edge = _at(begin, going), _at(edge, going)
            cells.append(begin + _at(asked, edge))
            edge += _at(values, cells[-1]) > _at(edges.cut, edge)
            steps.append(_at(edges.step, edge))
            edge = _at(edges.child, edge)
        added = np.bincount(np.concatenate(cells), np.concatenate(steps), documents * size).astype(np.float64, copy=False)
        return added.reshape(documents, width, labels)

    @cached_property
    def _edges(self) -> _Edges:
        inner = self.left != np.arange(len(self.value))
        child = np.stack((self.left, self.right), axis=1).ravel()
        step: Floats = self.value[child] - np.repeat(self.value, 2)
        return _Edges(_onward(self.root, inner), np.repeat(self.signal, 2), np.repeat(self.cut, 2), _onward(child, inner), step)

    def base(self, labels: int) -> Floats:
        """The sum of the roots' values for each label, shape (labels,)."""
        return np.bincount(self.label, self.value[self.root], labels).astype(np.float64)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The trees as arrays to be stored."""
        found = {_PREFIX + each.name: getattr(self, each.name) for each in fields(self)}
        return {name: array.astype(np.int32) if array.dtype == np.int64 else array for name, array in found.items()}


class _Edges(NamedTuple):
    """The trees as two edges a node, the left one and then the right one; a walk looks at no more than each needs.

    Attributes:
        root: the left edge of each root, -1 for one without children, shape (trees,).
        signal, cut: what the node asks, shape (edges,).
        child: the left edge of the child, -1 for a leaf.
        step: what the edge adds.
    """

    root: Ints
    signal: Ints
    cut: Floats
    child: Ints
    step: Floats


def _at(column: NDArray[Any], places: Ints) -> NDArray[Any]:
    """Some places of a column, all of which exist; quicker than an index, which looks whether they do."""
    return column.take(places, mode="clip")


def _onward(nodes: Ints, inner: NDArray[np.bool_]) -> Ints:
    """The left edge of each of some nodes, -1 for a leaf."""
    edges: Ints = np.where(inner[nodes], 2 * nodes, -1)
    return edges


def from_arrays(stored: Mapping[str, NDArray[Any]]) -> Forest:
    """The trees that were stored.

    Raises:
        KeyError, ValueError: the arrays hold no such trees.
    """
    found: dict[str, Any] = {}
    for each in fields(Forest):
        array = stored[_PREFIX + each.name]
        found[each.name] = array.astype(np.int64) if array.dtype.kind == "i" else array.astype(np.float64)
    return Forest(**found)
