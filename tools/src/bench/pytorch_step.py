#!/usr/bin/env python3
"""One training loop of PyTorch, eager, on Hugging Face's BERT of a config.json: milliseconds per step, as JSON, like python_step.py.

    python pytorch_step.py --config FILE --batches-file FILE [--batch-size 16 --steps 30 --warmup-steps 5 --threads 2]

What a PyTorch user writes: BertForSequenceClassification in training mode with the dropout of its configuration and random weights, backward,
clip_grad_norm_(1.0), AdamW (fused, decay 0.01, not on biases and normalisation weights). Attention is transformers' default, SDPA.
"""
import argparse
import json
import os
import statistics
import time

os.environ.update(HF_HUB_OFFLINE="1", CUDA_VISIBLE_DEVICES="", TRANSFORMERS_NO_ADVISORY_WARNINGS="1")
import torch  # noqa: E402
from transformers import BertConfig, BertForSequenceClassification  # noqa: E402

LEARNING_RATE, CLIP_NORM, DECAY = 5e-5, 1.0, 0.01
NO_DECAY = ("LayerNorm", "bias")


def read_batches(path, batch_size):
    with open(path, encoding="utf-8") as lines:
        examples = [json.loads(line) for line in lines]
    for start in range(0, len(examples), batch_size):
        rows = examples[start:start + batch_size]
        batch = {name: torch.tensor([row[name] for row in rows]) for name in rows[0]}
        batch["labels"] = batch.pop("label")
        yield batch


def grouped(model):
    plain = [p for name, p in model.named_parameters() if any(part in name for part in NO_DECAY)]
    decayed = [p for name, p in model.named_parameters() if not any(part in name for part in NO_DECAY)]
    return [{"params": decayed, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0.0}]


def measure(chosen):
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(42)
    model = BertForSequenceClassification(BertConfig.from_json_file(chosen.config)).train()
    optimizer = torch.optim.AdamW(grouped(model), lr=LEARNING_RATE, fused=True)
    batches = list(read_batches(chosen.batches_file, chosen.batch_size))
    times = []
    for number in range(chosen.warmup_steps + chosen.steps):
        start = time.perf_counter()
        loss = model(**batches[number % len(batches)]).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        loss.item()
        times.append((time.perf_counter() - start) * 1000)
    timed = times[chosen.warmup_steps:]
    return {"side": "pytorch", "call": "PyTorch " + torch.__version__ + " eager", "gradients": "dense", "threads": chosen.threads,
            "steps": len(timed), "median_ms": round(statistics.median(timed), 3), "times_ms": [round(t, 3) for t in timed]}


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--config", required=True)
    options.add_argument("--batches-file", required=True)
    options.add_argument("--batch-size", type=int, default=16)
    options.add_argument("--steps", type=int, default=30)
    options.add_argument("--warmup-steps", type=int, default=5)
    options.add_argument("--threads", type=int, default=2)
    print(json.dumps(measure(options.parse_args())))


if __name__ == "__main__":
    main()
