#!/usr/bin/env python3
"""Reads what both sides of step_time.sh wrote.

    python compare_steps.py WARMUP python.json metrics.jsonl    one line for a round
    python compare_steps.py --median FILE                       the median ratio of those lines
"""
import json
import statistics
import sys


def one_round(warmup, python_file, metrics_file):
    with open(python_file, encoding="utf-8") as file:
        python = json.load(file)
    with open(metrics_file, encoding="utf-8") as lines:
        steps = [line for line in map(json.loads, lines) if line["event"] == "train" and line["step"] > warmup]
    belay = statistics.median(line["step_ms"] for line in steps)
    waited = statistics.median(line["data_wait_ms"] for line in steps)
    print("python %.1f ms (min %.1f, %s, gradients %s)   belay %.1f ms (min %.1f, waits %.2f ms for data)   ratio %.3f" % (
        python["median_ms"], python["min_ms"], python["call"], python["gradients"], belay, min(line["step_ms"] for line in steps), waited,
        belay / python["median_ms"]))


def median_ratio(path):
    with open(path, encoding="utf-8") as lines:
        ratios = [float(line.split("ratio ")[1]) for line in lines]
    print("median ratio belay / python over %d rounds: %.3f" % (len(ratios), statistics.median(ratios)))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--median":
        median_ratio(sys.argv[2])
    elif len(sys.argv) == 4:
        one_round(int(sys.argv[1]), *sys.argv[2:])
    else:
        sys.exit(__doc__)
