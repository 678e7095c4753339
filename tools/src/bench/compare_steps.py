#!/usr/bin/env python3
"""Reads what both sides of step_time.sh or clip_cost.sh wrote.

    python compare_steps.py WARMUP python.json metrics.jsonl                   one line for a round of step_time.sh
    python compare_steps.py --runs WARMUP NAME metrics.jsonl NAME metrics.jsonl    one for a round of clip_cost.sh
    python compare_steps.py --median FILE                                      the median ratio of those lines
"""
import json
import statistics
import sys


def undisturbed(times):
    """Without the steps that were under way when the program's turn was over."""
    usual = statistics.median(times)
    return [time for time in times if time < 2 * usual]


def steps_of(metrics_file, warmup):
    with open(metrics_file, encoding="utf-8") as lines:
        return [line for line in map(json.loads, lines) if line["event"] == "train" and line["step"] > warmup]


def one_round(warmup, python_file, metrics_file):
    with open(python_file, encoding="utf-8") as file:
        python = json.loads(file.read().splitlines()[-1])
    steps = steps_of(metrics_file, warmup)
    theirs = undisturbed(python["times_ms"])
    ours = undisturbed([line["step_ms"] for line in steps])
    outside = statistics.median(100 * (line["step_ms"] - line["session_ms"]) / line["step_ms"] for line in steps)
    ratio = statistics.median(ours) / statistics.median(theirs)
    print("python %.1f ms (min %.1f, %d steps, %s, gradients %s)   belay %.1f ms (min %.1f, %d steps, %.2f %% of a step outside the session)   ratio %.3f" % (
        statistics.median(theirs), min(theirs), len(theirs), python["call"], python["gradients"], statistics.median(ours), min(ours), len(ours), outside, ratio))


def two_runs(warmup, names, metrics_files):
    times = [undisturbed([line["session_ms"] for line in steps_of(file, warmup)]) for file in metrics_files]
    sides = ["%s %.1f ms (min %.1f, %d steps)" % (name, statistics.median(of), min(of), len(of)) for name, of in zip(names, times)]
    print("   ".join(sides) + "   ratio %.4f" % (statistics.median(times[0]) / statistics.median(times[1])))


def median_ratio(path):
    with open(path, encoding="utf-8") as lines:
        ratios = [float(line.split("ratio ")[1]) for line in lines]
    print("median ratio over %d rounds: %.4f" % (len(ratios), statistics.median(ratios)))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--median":
        median_ratio(sys.argv[2])
    elif len(sys.argv) == 7 and sys.argv[1] == "--runs":
        two_runs(int(sys.argv[2]), sys.argv[3::2], sys.argv[4::2])
    elif len(sys.argv) == 4:
        one_round(int(sys.argv[1]), *sys.argv[2:])
    else:
        sys.exit(__doc__)
