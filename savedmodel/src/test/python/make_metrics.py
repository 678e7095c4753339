"""Writes metrics/*.json: what seqeval 1.2.2, scikit-learn 1.9.1 and scipy 1.17.1 say of random answers.

    python make_metrics.py DIR
"""
import json
import pathlib
import random
import sys

import numpy as np
import scipy.stats
import sklearn.metrics
import seqeval.metrics

LABELS = ["B-LOC", "B-PER", "I-LOC", "I-PER", "O"]


def entities(rng):
    """Wrong sequences too: an I- without its B-, types that change within an entity."""
    cases = []
    for trust in (0.0, 0.5, 0.9, 1.0):
        expected, predicted = [], []
        for _ in range(20):
            length = rng.randint(1, 12)
            truth = [rng.choice(LABELS) for _ in range(length)]
            expected.append(truth)
            predicted.append([t if rng.random() < trust else rng.choice(LABELS) for t in truth])
        cases.append((expected, predicted))
    cases.append(([["O", "O"], ["O"]], [["O", "O"], ["O"]]))
    cases.append(([["B-PER", "I-PER"]], [["O", "O"]]))
    return [
        {
            "expected": [[LABELS.index(x) for x in s] for s in expected],
            "predicted": [[LABELS.index(x) for x in s] for s in predicted],
            "precision": float(seqeval.metrics.precision_score(expected, predicted)),
            "recall": float(seqeval.metrics.recall_score(expected, predicted)),
            "f1": float(seqeval.metrics.f1_score(expected, predicted)),
            "accuracy": float(seqeval.metrics.accuracy_score(expected, predicted)),
        }
        for expected, predicted in cases
    ]


def classes(rng):
    cases = []
    for count, trust in ((2, 0.7), (2, 0.0), (4, 0.6), (5, 0.1)):
        expected = [rng.randrange(count) for _ in range(60)]
        cases.append((count, expected, [e if rng.random() < trust else rng.randrange(count) for e in expected]))
    cases.append((2, [0, 1, 1, 0], [1, 1, 1, 1]))
    cases.append((3, [2, 2, 1], [2, 2, 1]))
    result = []
    for count, expected, predicted in cases:
        case = {
            "classes": count,
            "expected": expected,
            "predicted": predicted,
            "accuracy": sklearn.metrics.accuracy_score(expected, predicted),
            "matthews_correlation": sklearn.metrics.matthews_corrcoef(expected, predicted),
            "macro_f1": sklearn.metrics.f1_score(expected, predicted, average="macro"),
        }
        if count == 2:
            case["f1"] = sklearn.metrics.f1_score(expected, predicted)
        result.append({k: float(v) if isinstance(v, (float, np.floating)) else v for k, v in case.items()})
    return result


def numbers(rng):
    cases = []
    for noise in (0.1, 1.0, 5.0):
        expected = [round(rng.uniform(0, 5) * 2) / 2 for _ in range(40)]  # with ties, as STS-B has
        cases.append((expected, [float(np.float32(e + rng.gauss(0, noise))) for e in expected]))
    cases.append(([1.0, 2.0, 2.0, 3.0], [3.0, 1.0, 1.0, 1.0]))
    return [
        {
            "expected": expected,
            "predicted": predicted,
            "mse": float(sklearn.metrics.mean_squared_error(expected, predicted)),
            "mae": float(sklearn.metrics.mean_absolute_error(expected, predicted)),
            "pearson": float(scipy.stats.pearsonr(expected, predicted)[0]),
            "spearman": float(scipy.stats.spearmanr(expected, predicted)[0]),
        }
        for expected, predicted in cases
    ]


def label_sets(rng):
    """Rows of 0 and 1; a label that nobody has or gives, and examples without any."""
    cases = []
    for count, trust in ((3, 0.9), (5, 0.5), (4, 1.0)):
        expected = [[int(rng.random() < 0.4) for _ in range(count)] for _ in range(40)]
        cases.append((expected, [[e if rng.random() < trust else rng.randrange(2) for e in row] for row in expected]))
    cases.append(([[1, 0, 0], [1, 1, 0], [0, 0, 0]], [[1, 0, 0], [0, 1, 0], [0, 0, 0]]))
    cases.append(([[0, 0], [0, 0]], [[0, 0], [0, 0]]))
    return [
        {
            "expected": expected,
            "predicted": predicted,
            "micro_f1": float(sklearn.metrics.f1_score(expected, predicted, average="micro", zero_division=0)),
            "macro_f1": float(sklearn.metrics.f1_score(expected, predicted, average="macro", zero_division=0)),
            "subset_accuracy": float(sklearn.metrics.accuracy_score(expected, predicted)),
        }
        for expected, predicted in cases
    ]


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for maker in (entities, classes, numbers, label_sets):
        cases = maker(random.Random(20210))
        (folder / f"{maker.__name__}.json").write_text(json.dumps(cases) + "\n")


main()
