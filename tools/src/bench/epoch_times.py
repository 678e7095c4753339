#!/usr/bin/env python3
"""Reads what the sides of epoch.sh and predict_speed.sh wrote.

    python epoch_times.py belay metrics.jsonl    seconds of the steps of a run, and its last accuracy, as JSON
    python epoch_times.py median FILE            medians of the lines of FILE for each side, and the ratio of Belay's to each other's
"""
import json
import statistics
import sys


def belay(path):
    with open(path, encoding="utf-8") as lines:
        events = [json.loads(line) for line in lines]
    steps = [event for event in events if event["event"] == "train"]
    result = {"side": "belay", "train_s": round(sum(step["step_ms"] for step in steps) / 1000, 2), "steps": len(steps)}
    accuracies = [event["accuracy"] for event in events if "accuracy" in event]
    if accuracies:
        result["accuracy"] = round(accuracies[-1], 4)
    print(json.dumps(result))


def median(path):
    with open(path, encoding="utf-8") as lines:
        results = [json.loads(line) for line in lines]
    sides = {}
    for result in results:
        sides.setdefault(result["side"], []).append(result)
    for key in ("train_s", "predict_s", "whole_s"):
        medians = {side: statistics.median(one[key] for one in of) for side, of in sides.items() if all(key in one for one in of)}
        for side, of in medians.items():
            if side != "belay" and "belay" in medians:
                print("%s: belay %.2f, %s %.2f, ratio %.3f, %d rounds" % (key, medians["belay"], side, of, medians["belay"] / of, len(sides[side])))


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("belay", "median"):
        sys.exit(__doc__)
    {"belay": belay, "median": median}[sys.argv[1]](sys.argv[2])
