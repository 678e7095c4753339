"""memory_forecast.py [NAME ...]    the forecast of `belay inspect --plan` against the measured peak of a training

For each case below: writes the configuration of a model, trains three updates of it from scratch on texts of the longest length through the launcher, and prints a
row of Markdown with the forecast, the largest resident set of the process (VmHWM of /proc/PID/status) until the last update, and their quotient. Exit code 1 where
a quotient is not within 15 % of 1. Linux only. BELAY names another launcher.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
BELAY = os.environ.get("BELAY", str(ROOT / "belay"))
WORDS = [f"w{i}" for i in range(200)]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def bert(layers, hidden, vocabulary=8000, **more):
    return dict(
        model_type="bert", vocab_size=vocabulary, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=hidden // 64,
        intermediate_size=4 * hidden, max_position_embeddings=512, type_vocab_size=2, hidden_act="gelu", hidden_dropout_prob=0.1,
        attention_probs_dropout_prob=0.1, pad_token_id=0, architectures=["BertModel"], **more)


def albert(layers, hidden):
    return bert(layers, hidden) | dict(model_type="albert", embedding_size=128, num_hidden_groups=1, inner_group_num=1, architectures=["AlbertModel"])


def distilbert(layers, hidden):
    return dict(
        model_type="distilbert", vocab_size=8000, dim=hidden, n_layers=layers, n_heads=hidden // 64, hidden_dim=4 * hidden,
        max_position_embeddings=512, activation="gelu", dropout=0.1, attention_dropout=0.1, pad_token_id=0, architectures=["DistilBertModel"])


# name: configuration, examples, tokens, options
CASES = {
    "BERT 6 x 384": (bert(6, 384), 16, 128, []),
    "BERT 6 x 384, checkpointing": (bert(6, 384), 16, 128, ["--gradient-checkpointing"]),
    "BERT 6 x 384, accumulation": (bert(6, 384), 8, 128, ["--gradient-accumulation-steps", "2"]),
    "BERT 12 x 512": (bert(12, 512, 30522), 8, 256, []),
    "BERT 12 x 512, checkpointing": (bert(12, 512, 30522), 8, 256, ["--gradient-checkpointing"]),
    "BERT 12 x 512, SGD": (bert(12, 512, 30522), 4, 256, ["--optimizer", "sgd"]),
    "BERT 4 x 256, long": (bert(4, 256), 8, 512, []),
    "BERT 4 x 256, tokens": (bert(4, 256), 32, 64, ["--head", "masked-lm"]),
    "DistilBERT 6 x 768": (distilbert(6, 768), 8, 128, []),
    "ALBERT 6 x 768": (albert(6, 768), 8, 128, []),
}


def folder(root, name, configuration):
    path = root / "".join(c if c.isalnum() else "-" for c in name)
    path.mkdir()
    (path / "config.json").write_text(json.dumps(configuration))
    rest = [f"x{i}" for i in range(configuration["vocab_size"] - len(SPECIAL) - len(WORDS))]
    (path / "vocab.txt").write_text("\n".join(SPECIAL + WORDS + rest) + "\n")
    if configuration["model_type"] == "albert":
        (path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer"}))
    return path


def texts(root, tokens):
    rng = random.Random(1)
    path = root / f"train-{tokens}.jsonl"
    with path.open("w") as out:
        for i in range(64):
            out.write(json.dumps({"text": " ".join(rng.choice(WORDS) for _ in range(tokens)), "label": "ab"[i % 2]}) + "\n")
    return path


def forecast(model, head, examples, tokens, options):
    shown = subprocess.run(
        [BELAY, "inspect", str(model), "--plan", "--json", "--from-scratch", *head, "--train-batch-size", str(examples), "--max-seq-length", str(tokens), *options],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(shown)["plan"]["memory"]["total"]


def measured(root, model, head, examples, tokens, options):
    run = root / "run"
    command = [
        BELAY, "train", "--model", str(model), "--from-scratch", *head, "--train-file", str(texts(root, tokens)), "--train-batch-size", str(examples),
        "--max-seq-length", str(tokens), "--max-steps", "3", "--logging-steps", "1", "--device", "cpu", "--output-dir", str(run), *options]
    with open(root / "log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        peak = 0
        while process.poll() is None:
            try:
                if (run / "export").exists():
                    time.sleep(0.05)
                    continue
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                peak = max([peak] + [int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")])
            except OSError:
                pass
            time.sleep(0.05)
    if process.returncode:
        sys.exit((root / "log").read_text())
    subprocess.run(["rm", "-rf", str(run)], check=True)
    return peak


def main():
    outside = 0
    print("| model | batch | forecast | measured | quotient |\n| --- | --- | --- | --- | --- |")
    for name in sys.argv[1:] or CASES:
        configuration, examples, tokens, options = CASES[name]
        head = [] if "--head" in options else ["--head", "classification"]
        with tempfile.TemporaryDirectory() as scratch:
            root = pathlib.Path(scratch)
            model = folder(root, name, configuration)
            said = forecast(model, head, examples, tokens, options)
            real = measured(root, model, head, examples, tokens, options)
        outside += abs(said / real - 1) > 0.15
        print(f"| {name} | {examples} x {tokens} | {said / 1e9:.2f} GB | {real / 1e9:.2f} GB | {said / real:.2f} |", flush=True)
    sys.exit(1 if outside else 0)


if __name__ == "__main__":
    main()
