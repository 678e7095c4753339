#!/usr/bin/env python3
"""What TensorBoard itself reads in a log directory, as JSON: run -> tag -> [[step, value], ...].

    python check_events.py tensorboard/

A run is a folder with event files, named by its path below the directory ("." is the directory itself), as TensorBoard names it.
Scalars are numbers ("NaN", "Infinity", "-Infinity" where they are not finite); a histogram is [step, {"min", "max", "num", "sum"}]; a text is a string.
Exit code 1 where no event file is found, or one cannot be read to its end.
"""
import json
import math
import os
import struct
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
from tensorboard.util import tensor_util


def number(x):
    x = float(x)
    return x if math.isfinite(x) else "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"


def tensor_value(proto):
    value = tensor_util.make_ndarray(proto)
    if value.dtype.kind in "OSU":
        return [v.decode("utf-8") if isinstance(v, bytes) else str(v) for v in value.reshape(-1)]
    if value.ndim == 0:
        return number(value)
    return [number(x) for x in value.reshape(-1)]


def read_run(directory):
    events = event_accumulator.EventAccumulator(directory, size_guidance={kind: 0 for kind in event_accumulator.DEFAULT_SIZE_GUIDANCE})
    events.Reload()
    tags = events.Tags()
    run = {tag: [[e.step, number(e.value)] for e in events.Scalars(tag)] for tag in tags["scalars"]}
    run.update({tag: [[e.step, tensor_value(e.tensor_proto)] for e in events.Tensors(tag)] for tag in tags["tensors"]})
    for tag in tags["histograms"]:
        run[tag] = [[e.step, {k: number(getattr(e.histogram_value, k)) for k in ("min", "max", "num", "sum")}] for e in events.Histograms(tag)]
    return run


def check_framing(path):
    """TensorBoard stops in silence at a broken record; this says so."""
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while at < len(data):
        header = data[at:at + 12]
        if len(header) < 12 or struct.unpack("<I", header[8:])[0] != masked_crc32c(header[:8]):
            sys.exit("%s: the record at byte %d has a broken length" % (path, at))
        length = struct.unpack("<Q", header[:8])[0]
        body = data[at + 12:at + 16 + length]
        if len(body) < length + 4 or struct.unpack("<I", body[length:])[0] != masked_crc32c(body[:length]):
            sys.exit("%s: the record at byte %d is cut or has a wrong checksum" % (path, at))
        at += 16 + length


def main(directory):
    runs = {}
    for folder, _, files in sorted(os.walk(directory)):
        written = [os.path.join(folder, f) for f in files if "tfevents" in f]
        for path in written:
            check_framing(path)
        if written:
            runs[os.path.relpath(folder, directory)] = read_run(folder)
    if not runs:
        sys.exit("no event files under %s" % directory)
    print(json.dumps(runs))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
