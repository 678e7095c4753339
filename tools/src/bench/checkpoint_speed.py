#!/usr/bin/env python3
"""checkpoint_speed.py MODEL TRAIN_FILE [MORE OPTIONS OF belay train]    what a checkpoint costs, against a plain write and fsync of as many bytes

Trains SAVES [8] x 8 steps with a checkpoint after every eighth, once with the writer in the foreground and once in the background. After each checkpoint the
training is stopped (SIGSTOP) and the bytes of its data files are written from memory and fsynced to the same disk, so that each save has a plain
write beside it: a disk that others use drifts by more than the two differ. The first save is left out, for it plans how to read the variables.

Prints a line for each pair and the medians: throughput = plain / save (asked: at least 0.6), stall of the training / plain (asked: at most 1.2). Beside
a writer in the background the steps themselves are slower: they share the processors and copy the weights that the writer still holds. "slower"
is what the four steps after a save, without the one that was stopped, took more than median steps.
WORK=dir is where it works, on the disk that is to be measured; BELAY=path is another belay than this checkout's.
"""

import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
SAVES = int(os.environ.get("SAVES", "8"))
STEPS_BETWEEN = 8


def plain_write(checkpoint, target):
    """Seconds that it takes to write and fsync the data files of a checkpoint, which are in memory before."""
    contents = [file.read_bytes() for file in sorted(checkpoint.glob("*.data-*"))]
    begin = time.monotonic()
    for number, content in enumerate(contents):
        with open(target / f"plain-{number}", "wb", buffering=0) as out:
            rest = memoryview(content)
            while rest:
                rest = rest[out.write(rest[: 1 << 22]) :]
            os.fsync(out.fileno())
    seconds = time.monotonic() - begin
    for number in range(len(contents)):
        os.remove(target / f"plain-{number}")
    return seconds


def events(process, metrics):
    """The lines of a run as they come, until it ends."""
    while not metrics.exists():
        if process.poll() is not None:
            return
        time.sleep(0.05)
    with open(metrics) as lines:
        line = ""
        while True:
            line += lines.readline()
            if line.endswith("\n"):
                yield json.loads(line)
                line = ""
            elif process.poll() is not None:
                return
            else:
                time.sleep(0.002)


def measure(mode, arguments, work):
    """Pairs of a checkpoint event and the seconds of a plain write beside it."""
    run = work / "run"
    shutil.rmtree(run, ignore_errors=True)
    command = [os.environ.get("BELAY", str(ROOT / "belay")), "train", "--model", arguments[0], "--train-file", arguments[1]]
    command += ["--train-batch-size", "4", "--max-seq-length", "32", "--device", "cpu", "--report", "none", "--save-total-limit", "2"]
    command += ["--save-steps", str(STEPS_BETWEEN), "--max-steps", str(STEPS_BETWEEN * SAVES + 1), "--output-dir", str(run)]
    command += ["--background-save", "on" if mode == "background" else "off", *arguments[2:]]
    pairs = []
    times = {}
    with open(work / "log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        for event in events(process, run / "metrics.jsonl"):
            if event["event"] == "train":
                times[event["step"]] = event["step_ms"] / 1000
            if event["event"] == "checkpoint" and len(pairs) < SAVES:
                process.send_signal(signal.SIGSTOP)
                try:
                    pairs.append((event, plain_write(run / "checkpoints" / f"step-{event['step']:08d}", work)))
                finally:
                    process.send_signal(signal.SIGCONT)
        if process.wait() != 0:
            sys.exit((work / "log").read_text()[-2000:])
    usual = statistics.median(seconds for step, seconds in times.items() if step > STEPS_BETWEEN)
    slower = []
    for event, _ in pairs[1:-1]:
        after = [times[event["step"] + n] - usual for n in (1, 2, 3, 4)]
        slower.append(sum(after) - max(after))
    return pairs[1:], statistics.median(slower)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    work = pathlib.Path(os.environ.get("WORK") or tempfile.mkdtemp())
    work.mkdir(parents=True, exist_ok=True)
    for mode in ("foreground", "background"):
        pairs, slower = measure(mode, sys.argv[1:], work)
        for event, plain in pairs:
            print(
                f"{mode} step {event['step']}: {event['bytes']} bytes in {event['seconds']:.3f} s, stall {event['stall_seconds']:.3f} s, "
                f"plain {plain:.3f} s: throughput {plain / event['seconds']:.2f}, stall {event['stall_seconds'] / plain:.2f}",
                flush=True,
            )
        throughput = statistics.median(plain / event["seconds"] for event, plain in pairs)
        stall = statistics.median(event["stall_seconds"] / plain for event, plain in pairs)
        print(f"{mode}: median of {len(pairs)}: throughput {throughput:.2f} of a plain write, stall {stall:.2f} of its time, steps {slower:.2f} s slower a save", flush=True)


main()
