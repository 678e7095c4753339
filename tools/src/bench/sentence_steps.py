#!/usr/bin/env python3
"""Compares ten steps of a sentence model with sentence-transformers, which must be installed: sentence_steps.py MODEL PAIRS.tsv FOLDER

MODEL is a Hugging Face folder of a BERT, PAIRS.tsv has the columns text and positive. Both sides train on its first 160 pairs, 16 a step, by
MultipleNegativesRankingLoss without dropout. Prints the largest differences of loss and gradient norm, relative to their size, and of the vectors
of the texts after the last step: as Belay writes them, and as sentence-transformers computes them from the folder that Belay exports.
belay is the program named by BELAY (default: ./belay).
"""
import json
import os
import pathlib
import subprocess
import sys

STEPS, PAIRS, SCALE, RATE, CLIP, LENGTH = 10, 16, 20.0, 2e-5, 1.0, 128


def theirs(model, rows, folder):
    """Losses, norms and vectors of sentence-transformers; the untrained model is written to the folder."""
    import torch
    from sentence_transformers import SentenceTransformer, losses, models
    words = models.Transformer(str(model), max_seq_length=LENGTH)
    pooling = models.Pooling(words.get_embedding_dimension(), pooling_mode="mean")
    net = SentenceTransformer(modules=[words, pooling, models.Normalize()], device="cpu")
    net.save(str(folder))
    for module in net.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    loss_of = losses.MultipleNegativesRankingLoss(net, scale=SCALE)
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=0)
    net.train()
    steps = []
    for at in range(0, len(rows), PAIRS):
        optimizer.zero_grad()
        loss = loss_of([net.preprocess(list(texts)) for texts in zip(*rows[at:at + PAIRS])], None)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(net.parameters(), CLIP)
        optimizer.step()
        steps.append((float(loss.detach()), float(norm)))
    return steps, net.eval().encode([text for text, _ in rows])


def ours(folder):
    """The same of Belay, which exports the trained model to FOLDER/exported."""
    belay = [os.environ.get("BELAY", "./belay")]
    quiet = dict(check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    run = folder / "run"
    subprocess.run(belay + ["train", "--model", folder / "model", "--train-file", folder / "pairs.tsv", "--output-dir", run, "--head", "sentence-embedding",
                            "--scale", str(SCALE), "--max-steps", str(STEPS), "--train-batch-size", str(PAIRS), "--shuffle", "off", "--dropout", "off",
                            "--optimizer", "adamw_torch", "--adam-epsilon", "1e-8", "--weight-decay", "0", "--learning-rate", str(RATE),
                            "--lr-scheduler", "constant", "--max-grad-norm", str(CLIP), "--report", "none"], **quiet)
    with open(run / "metrics.jsonl", encoding="utf-8") as lines:
        steps = [(line["loss"], line["grad_norm"]) for line in map(json.loads, lines) if line["event"] == "train"]
    written = subprocess.run(belay + ["predict", "--model", run, "--file", folder / "texts.tsv"], **quiet).stdout
    subprocess.run(belay + ["export", run, "--format", "huggingface", "--output-dir", folder / "exported"], **quiet)
    return steps, [json.loads(line)["embedding"] for line in written.splitlines()]


def main(model, pairs, folder):
    import numpy
    from sentence_transformers import SentenceTransformer
    with open(pairs, encoding="utf-8") as lines:
        rows = [tuple(line.rstrip("\n").split("\t")) for line in lines][1:STEPS * PAIRS + 1]
    folder.mkdir(parents=True)
    (folder / "pairs.tsv").write_text("text\tpositive\n" + "".join(f"{a}\t{b}\n" for a, b in rows))
    (folder / "texts.tsv").write_text("text\n" + "".join(f"{a}\n" for a, _ in rows))
    right, vectors = theirs(model, rows, folder / "model")
    found, written = ours(folder)
    assert len(found) == STEPS, found
    for name, at in (("loss", 0), ("norm", 1)):
        print(f"{name}: {max(abs(a[at] - b[at]) / a[at] for a, b in zip(right, found)):.1e} of its size")
    loaded = SentenceTransformer(str(folder / "exported"), device="cpu").encode([text for text, _ in rows])
    print(f"vectors: {abs(numpy.array(written) - vectors).max():.1e}, of the exported folder {abs(loaded - vectors).max():.1e}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*map(pathlib.Path, sys.argv[1:]))
