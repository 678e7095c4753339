"""memory_forecast.py [NAME ...]    the forecast of a training's memory against the measured peak

For each case below: writes the configuration of a model, trains three updates of it from scratch on texts of the longest length through the launcher, and prints a
row of Markdown with the forecast (`inspect --plan` on the weights of that run), the largest resident set of the process (VmHWM of /proc/PID/status) until the last
update, and their quotient. Exit code 1 where a quotient is not within 15 % of 1. Linux only. BELAY names another launcher, THREADS the number of threads (2).
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


def gpt2(layers, hidden):
    return dict(
        model_type="gpt2", vocab_size=8000, n_embd=hidden, n_layer=layers, n_head=hidden // 64, n_positions=512, activation_function="gelu_new",
        bos_token_id=0, eos_token_id=0, architectures=["GPT2LMHeadModel"])


def llama(layers, hidden):
    return dict(
        model_type="llama", vocab_size=8000, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=hidden // 64, num_key_value_heads=hidden // 128,
        intermediate_size=3 * hidden, max_position_embeddings=512, hidden_act="silu", rms_norm_eps=1e-6, bos_token_id=0, eos_token_id=0, pad_token_id=0,
        tie_word_embeddings=False, architectures=["LlamaForCausalLM"])


def t5(layers, hidden):
    return dict(
        model_type="t5", vocab_size=8000, d_model=hidden, d_kv=64, d_ff=4 * hidden, num_layers=layers, num_decoder_layers=layers, num_heads=hidden // 64,
        relative_attention_num_buckets=32, dropout_rate=0.1, feed_forward_proj="relu", is_encoder_decoder=True, pad_token_id=0, eos_token_id=1,
        decoder_start_token_id=0, architectures=["T5ForConditionalGeneration"])


CLASSES = ["--head", "classification"]
CAUSAL = ["--head", "causal-lm"]
SEQ2SEQ = ["--head", "none"]

# name: configuration, examples, tokens, options
CASES = {
    "BERT 6 x 384": (bert(6, 384), 16, 128, CLASSES),
    "BERT 6 x 384, checkpointing": (bert(6, 384), 16, 128, CLASSES + ["--gradient-checkpointing"]),
    "BERT 6 x 384, accumulation": (bert(6, 384), 8, 128, CLASSES + ["--gradient-accumulation-steps", "2"]),
    "BERT 4 x 256, long": (bert(4, 256), 4, 512, CLASSES),
    "BERT 8 x 512, SGD": (bert(8, 512), 4, 128, CLASSES + ["--optimizer", "sgd"]),
    "BERT 8 x 512, LoRA": (bert(8, 512), 8, 128, CLASSES + ["--adapter", "lora"]),
    "DistilBERT 6 x 512": (distilbert(6, 512), 8, 128, CLASSES),
    "ALBERT 6 x 512": (albert(6, 512), 8, 128, CLASSES),
    "GPT-2 6 x 512": (gpt2(6, 512), 4, 128, CAUSAL),
    "GPT-2 6 x 512, checkpointing": (gpt2(6, 512), 8, 256, CAUSAL + ["--gradient-checkpointing"]),
    "Llama 6 x 512": (llama(6, 512), 4, 128, CAUSAL),
    "T5 4 x 512": (t5(4, 512), 4, 128, SEQ2SEQ),
}


def folder(root, name, configuration):
    path = root / "".join(c if c.isalnum() else "-" for c in name)
    path.mkdir()
    (path / "config.json").write_text(json.dumps(configuration))
    size = configuration["vocab_size"]
    kind = configuration["model_type"]
    if kind in ("gpt2", "llama"):
        letters = ["<|endoftext|>"] + [chr(c) for c in range(33, 127)]
        words = {word: i for i, word in enumerate(letters + [f"x{i}" for i in range(size - 1 - len(letters))])}
        level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
        tokenizer = dict(
            version="1.0", truncation=None, padding=None, normalizer=None, pre_tokenizer=level, post_processor=None, decoder=level,
            added_tokens=[dict(id=0, content="<|endoftext|>", special=True, single_word=False, lstrip=False, rstrip=False, normalized=False)],
            model=dict(type="BPE", dropout=None, unk_token=None, vocab=words, merges=[]))
        (path / "tokenizer.json").write_text(json.dumps(tokenizer))
    elif kind == "t5":
        space = {"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": True}
        pieces = ["<pad>", "</s>", "<unk>", *("\u2581" + word for word in WORDS)]
        pieces += [f"x{i}" for i in range(size - len(pieces))]
        special = [dict(id=i, content=pieces[i], special=True, single_word=False, lstrip=False, rstrip=False, normalized=False) for i in range(3)]
        end = dict(type="TemplateProcessing", single=[{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
            pair=[{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
            special_tokens={"</s>": dict(id="</s>", ids=[1], tokens=["</s>"])})
        tokenizer = dict(
            version="1.0", truncation=None, padding=None, normalizer=None, pre_tokenizer=space, post_processor=end, decoder=space, added_tokens=special,
            model=dict(type="Unigram", unk_id=2, vocab=[[piece, 0.0 if i < 3 else -5.0] for i, piece in enumerate(pieces)]))
        (path / "tokenizer.json").write_text(json.dumps(tokenizer))
    else:
        rest = [f"x{i}" for i in range(size - len(SPECIAL) - len(WORDS))]
        (path / "vocab.txt").write_text("\n".join(SPECIAL + WORDS + rest) + "\n")
    if kind == "albert":
        (path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer"}))
    return path


def texts(root, tokens, head):
    rng = random.Random(1)
    path = root / f"train-{tokens}.jsonl"
    with path.open("w") as out:
        for i in range(64):
            words = " ".join(rng.choice(WORDS) for _ in range(tokens))
            if head == CAUSAL[1]:
                row = {"text": "".join(rng.choice("abcdefgh") for _ in range(4 * tokens))}
            elif head == SEQ2SEQ[1]:
                row = {"text": words, "target": words}
            else:
                row = {"text": words, "label": "ab"[i % 2]}
            out.write(json.dumps(row) + "\n")
    return path


def run(*arguments):
    """What the launcher prints."""
    done = subprocess.run([BELAY, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(done.stdout)
    return done.stdout


def trained(root, model, data, options):
    """The folder of the run, and its peak in bytes until the last update."""
    out = root / f"run-{len(list(root.iterdir()))}"
    command = [
        BELAY, "train", "--model", str(model), "--train-file", str(data), "--max-steps", "3", "--logging-steps", "1", "--device", "cpu",
        "--threads", os.environ.get("THREADS", "2"), "--output-dir", str(out), *options]
    with open(root / "log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        peak = 0
        while process.poll() is None:
            try:
                if not (out / "export").exists():
                    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                    peak = max([peak] + [int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")])
            except OSError:
                pass
            time.sleep(0.05)
    if process.returncode:
        sys.exit((root / "log").read_text())
    return out, peak


def measured(root, model, examples, tokens, options):
    """The forecast of `inspect --plan` in bytes, and the peak of a run: from scratch, or with an adapter beside weights that were made so."""
    batch = ["--train-batch-size", str(examples), "--max-seq-length", str(tokens)]
    data = texts(root, tokens, options[1])
    adapted = "--adapter" in options
    plain = options[:options.index("--adapter")] if adapted else options
    made, peak = trained(root, model, data, batch + plain + ["--from-scratch"])
    weights = root / "weights"
    run("export", str(made), "--format", "huggingface", "--output-dir", str(weights))
    if adapted:
        _, peak = trained(root, weights, data, batch + options)
    plan = json.loads(run("inspect", str(weights), "--plan", "--json", *batch, *options))["plan"]["memory"]
    return plan["total"], peak


def main():
    outside = 0
    print("| model | batch | forecast | measured | quotient |\n| --- | --- | --- | --- | --- |")
    for name in sys.argv[1:] or CASES:
        configuration, examples, tokens, options = CASES[name]
        with tempfile.TemporaryDirectory() as scratch:
            root = pathlib.Path(scratch)
            said, real = measured(root, folder(root, name, configuration), examples, tokens, options)
        outside += abs(said / real - 1) > 0.15
        print(f"| {name} | {examples} x {tokens} | {said / 1e9:.2f} GB | {real / 1e9:.2f} GB | {said / real:.2f} |", flush=True)
    sys.exit(1 if outside else 0)


if __name__ == "__main__":
    main()
