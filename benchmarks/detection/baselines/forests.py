"""How odd vectors are to an isolation forest and to half-space trees. Runs in `.venv-baselines`, knows no Tocsin.

    python forests.py VECTORS.npz SCORES.npz

`vectors` (n, features): distinct vectors; `taught` (n,): how often each occurred in the past. Out: one array a forest;
higher is odder. Settings are those the libraries come with or their papers used; none was chosen by a result.
"""

from __future__ import annotations

import sys

import numpy as np
from river.anomaly import HalfSpaceTrees
from sklearn.ensemble import IsolationForest

SEED = 0
SHOWN = 50_000
"""Vectors of the past shown to the isolation forest, which takes 256 of them for each tree."""
WINDOW, TREES, HEIGHT = 1_000, 25, 8
"""Of the half-space trees. From: Tan, Ting, Liu, IJCAI 2011 (25 trees); height: river's. The last window teaches."""


def isolation(vectors: np.ndarray, taught: np.ndarray) -> np.ndarray:
    """Liu, Ting, Zhou, ICDM 2008."""
    rng = np.random.default_rng(SEED)
    shown = vectors[rng.choice(len(vectors), size=SHOWN, p=taught / taught.sum())]
    return -IsolationForest(n_estimators=100, random_state=SEED).fit(shown).score_samples(vectors)


def half_spaces(vectors: np.ndarray, taught: np.ndarray) -> np.ndarray:
    """River's half-space trees; twice the past's range leaves room for what it never showed."""
    rng = np.random.default_rng(SEED)
    top = 2 * np.maximum(vectors[taught > 0].max(axis=0), 1)
    scaled = [dict(enumerate(row)) for row in np.clip(vectors / top, 0, 1).tolist()]
    trees = HalfSpaceTrees(n_trees=TREES, height=HEIGHT, window_size=WINDOW, seed=SEED)
    for place in rng.choice(len(vectors), size=2 * WINDOW, p=taught / taught.sum()).tolist():
        trees.learn_one(scaled[place])
    return np.array([trees.score_one(row) for row in scaled])


def main(source: str, out: str) -> None:
    """Read, score, write."""
    told = np.load(source)
    vectors, taught = told["vectors"].astype(float), told["taught"].astype(float)
    np.savez(out, isolation=isolation(vectors, taught), half_spaces=half_spaces(vectors, taught))


if __name__ == "__main__":
    main(*sys.argv[1:])
