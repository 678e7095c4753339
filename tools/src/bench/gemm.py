#!/usr/bin/env python3
"""The share of the processor's matrix products that a training step of a BERT reaches.

    python gemm.py LAYERS HIDDEN TOKENS MILLISECONDS [--length 128 --threads 2 --all-tokens]

Measures float32 products of the sizes of that BERT with PyTorch (oneDNN or MKL), counts the products of a step (forward, and twice as many for the
gradients) and divides: what the products alone would take, over the MILLISECONDS that a step takes. Run it on an idle machine, in the same minutes
as the step. One line of JSON.
"""
import argparse
import json
import statistics
import time

import torch

ROUNDS = 9


def gigaflops(rows, inner, columns):
    """The best of some rounds: other programs can only take time away."""
    left, right = torch.randn(rows, inner), torch.randn(inner, columns)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        torch.mm(left, right)
        times.append(time.perf_counter() - start)
    return 2e-9 * rows * inner * columns / min(times), statistics.median(times) / min(times)


def products(layers, hidden, tokens, length, whole):
    """(rows, inner, columns, how many) of a forward pass, and the operations of attention.

    Query, key, value and output are square, the feed-forward layers are not.  Unless a head reads all tokens, the last layer computes keys and values
    of all tokens, and the rest of the first token alone, which is not counted.
    """
    full = layers if whole else layers - 1
    dense = [
        (tokens, hidden, hidden, 4 * full + 2 * (layers - full)), (tokens, hidden, 4 * hidden, full), (tokens, 4 * hidden, hidden, full)]
    attention = 2 * 2 * tokens * length * hidden * full  # scores, and their sums of values
    return dense, attention


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("layers", type=int)
    options.add_argument("hidden", type=int)
    options.add_argument("tokens", type=int, help="tokens of a batch, padding left out")
    options.add_argument("milliseconds", type=float, help="of a step")
    options.add_argument("--length", type=int, default=128)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--all-tokens", action="store_true", help="the head reads all tokens, as those for classes of tokens do")
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    dense, attention = products(chosen.layers, chosen.hidden, chosen.tokens, chosen.length, chosen.all_tokens)
    work, seconds, speeds, unrest = 0.0, 0.0, {}, 1.0
    for rows, inner, columns, count in dense:
        speed, spread = gigaflops(rows, inner, columns)
        speeds["%dx%dx%d" % (rows, inner, columns)] = round(speed, 1)
        unrest = max(unrest, spread)
        flops = 3 * 2e-9 * rows * inner * columns * count
        work, seconds = work + flops, seconds + flops / speed
    best = max(speeds.values())
    work, seconds = work + 3e-9 * attention, seconds + 3e-9 * attention / best
    print(json.dumps({
        "layers": chosen.layers, "hidden": chosen.hidden, "tokens": chosen.tokens, "gigaflop_per_step": round(work, 2), "gigaflops": speeds,
        "products_ms": round(1000 * seconds, 1), "step_ms": chosen.milliseconds, "share": round(1000 * seconds / chosen.milliseconds, 3),
        "median_over_best": round(unrest, 2), "threads": chosen.threads, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
