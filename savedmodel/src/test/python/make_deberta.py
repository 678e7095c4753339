#!/usr/bin/env python3
"""Writes ../fixtures/deberta: small DeBERTas, and what PyTorch computes with them: make_deberta.py FOLDER [NAME ...]

Of each: model/ as save_pretrained writes it (`texts` with the keys of transformers 4, as on the hub), batch.jsonl, case.json
with the logits or the loss of the rows, of which two are padded, and goldens.json with the loss and the gradient norm of five
steps of Adam as TensorFlow computes it, clipped at 1. Texts are longer than the distances that have embeddings, and of
`tokens` some tokens are hidden within a row. `texts` also has a tokenizer and the ids of its texts. buckets.json has the
numbers of the distances from -700 on. With torch and transformers 5.20.2, on the CPU.
"""
import json
import pathlib
import shutil
import sys

import torch
import transformers
from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position

from make_modernbert import CLASSES, LENGTH, labels_of, loss_of, rows_of, train

SIZES = dict(vocab_size=24, hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=32,
             relative_attention=True, pos_att_type=["p2c", "c2p"], layer_norm_eps=1e-7)
BUCKETS = dict(position_buckets=8, max_relative_positions=16)
CASES = {
    "texts": ("DebertaV2", "SequenceClassification", dict(
        SIZES, **BUCKETS, vocab_size=64, num_labels=CLASSES, position_biased_input=False, share_att_key=True, norm_rel_ebd="layer_norm",
        type_vocab_size=0, pooler_hidden_act="gelu", pooler_dropout=0)),
    "convolution": ("DebertaV2", "SequenceClassification", dict(
        SIZES, **BUCKETS, num_labels=CLASSES, problem_type="multi_label_classification", position_biased_input=False, share_att_key=True,
        norm_rel_ebd="layer_norm", conv_kernel_size=3, conv_act="gelu", attention_head_size=4, pooler_hidden_act="tanh")),
    "tokens": ("DebertaV2", "TokenClassification", dict(
        SIZES, num_labels=CLASSES, max_relative_positions=6, pos_att_type="c2p", embedding_size=6, type_vocab_size=2, conv_kernel_size=5, conv_groups=2)),
    "masked": ("DebertaV2", "MaskedLM", dict(SIZES, **BUCKETS, pos_att_type=["p2c"], hidden_act="silu", pad_token_id=3)),
    "own_words": ("DebertaV2", "MaskedLM", dict(SIZES, position_buckets=5, legacy=False, norm_rel_ebd="none", position_biased_input=False)),
    "absolute": ("DebertaV2", "MaskedLM", dict(SIZES, relative_attention=False, norm_rel_ebd="layer_norm", tie_word_embeddings=False)),
    "first": ("Deberta", "SequenceClassification", dict(
        SIZES, num_labels=CLASSES, max_relative_positions=6, position_biased_input=False, pos_att_type="c2p|p2c", type_vocab_size=0)),
    "first_tokens": ("Deberta", "TokenClassification", dict(SIZES, num_labels=CLASSES, type_vocab_size=2, pos_att_type=["p2c"], embedding_size=6)),
}
TEXTS = ["the movie was good", "  two  blanks ", "", "ünïcödé – 你好 🙂", "tabs\tand\nlines", "a [MASK] b", "don't I'll 12345", "a" * 40,
         "русский текст", "한국어 글", "עברית", "नमस्ते दुनिया", "trailing ", ["first text", "its pair"]]
SPECIAL = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
NUMBERED = 700  # distances to either side
# (buckets, farthest distance)
DISTANCES = ((256, 512), (32, 64), (8, 16), (5, 32), (2, 9), (3, 9), (64, 512), (128, 1000), (256, 140))


def pieces():
    """Unigram pieces in the tokenizer that the class builds: words of a few sentences, and their letters."""
    words = list(dict.fromkeys("the movie was good film not at all bad ones are rare and very . , ;".split()))
    letters = sorted(set("".join(words)))
    scored = [("▁" + word, -3 - number / 8) for number, word in enumerate(words)] + [("▁", -4.0)] + [(letter, -6.0) for letter in letters]
    return transformers.DebertaV2Tokenizer(vocab=[(word, 0.0) for word in SPECIAL] + scored, unk_id=3)


def build(name, prefix, kind, config, seed):
    torch.manual_seed(seed)
    made = getattr(transformers, prefix + "Config")(**config)
    model = getattr(transformers, prefix + "For" + kind)(made)
    with torch.no_grad():
        for weight in model.parameters():
            noise = torch.randn(weight.shape)
            weight.copy_(noise * 0.4 if weight.dim() > 1 else weight + noise * 0.1)
    model.tie_weights()
    return model.eval()


def hide(name, mask):
    """Tokens within rows that others do not see: those see all alike, padding too."""
    if name in ("tokens", "first_tokens"):
        mask[0, 5] = mask[1, 2] = mask[1, 7] = 0
    return mask


def old_keys(file):
    """As transformers 4.26 wrote it for the hub."""
    keys = json.loads(file.read_text())
    for key in ("legacy", "dtype", "bos_token_id", "eos_token_id", "tie_word_embeddings"):
        keys.pop(key, None)
    keys.update(pos_att_type="p2c|c2p", max_relative_positions=-1, torch_dtype="float32", transformers_version="4.26.0", pooler_hidden_size=8)
    file.write_text(json.dumps(keys, indent=2) + "\n")


def main(folder, names):
    for seed, (name, (prefix, kind, config)) in enumerate(CASES.items()):
        if names and name not in names:
            continue
        here = folder / name
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir(parents=True)
        if name == "texts":
            config = dict(config, max_relative_positions=-1)
        model = build(name, prefix, kind, config, seed)
        model.save_pretrained(here / "model")
        ids, mask = rows_of(config, seed)
        lengths = mask.sum(1).tolist()
        mask = hide(name, mask)
        runs = []
        lines = [dict(input_ids=row[:length].tolist(), attention_mask=seen[:length].tolist()) for row, seen, length in zip(ids, mask, lengths)]
        fed = {}
        if config.get("type_vocab_size"):
            fed["token_type_ids"] = (torch.arange(LENGTH)[None] >= 2).long() * (ids != 0)
            for line, types in zip(lines, fed["token_type_ids"]):
                line["token_type_ids"] = types[:len(line["input_ids"])].tolist()
        if name == "texts":
            old_keys(here / "model/config.json")
            tokenizer = pieces()
            tokenizer.save_pretrained(here / "model")
            read = transformers.AutoTokenizer.from_pretrained(here / "model")
            texts = ["the movie was good, and " * 3, "bad", "русский текст", "not at all"]
            given = read(texts, padding=True, return_tensors="pt")
            ids, mask = given["input_ids"], given["attention_mask"]
            lines = [dict(text=text) for text in texts]
            runs.append(dict(tokenize=dict(tokenizer="@/model", texts=TEXTS, max_length=64), expect=dict(ids=[
                read(*(text if isinstance(text, list) else [text]), max_length=64, truncation=True).input_ids for text in TEXTS])))
        labels = labels_of(kind, config, mask, seed)
        call = lambda **inputs: model(**inputs, **fed)
        loss_of(call, ids, mask, labels)[0].backward()
        used = [weight for weight in model.parameters() if weight.grad is not None]
        call.parameters, call.zero_grad = lambda: used, model.zero_grad
        for number, line in enumerate(lines):
            if "problem_type" in config:
                line["labels"] = [label for label in range(CLASSES) if labels[number][label]]
            elif kind == "SequenceClassification":
                line["label"] = labels[number].item()
            else:
                line["labels"] = labels[number][:lengths[number]].tolist()
        (here / "batch.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        with torch.no_grad():
            loss, logits = loss_of(call, ids, mask, labels)
        shown = logits.tolist()
        if kind == "TokenClassification":
            shown = [[[float(f"{x:.7g}") for x in token] for token in row[:length]] for row, length in zip(shown, lengths)]
        files = ["--model", "@/model", "--file", "@/batch.jsonl"]
        if kind != "MaskedLM":
            runs.append(dict(arguments=["predict", *files], expect=dict(logits=shown, tolerance=1e-5)))
        runs.append(dict(arguments=["evaluate", "--json", *files], expect=dict(metrics=dict(loss=loss.item()), tolerance=1e-5)))
        (here / "case.json").write_text(json.dumps(dict(runs=runs)) + "\n")
        goldens = dict(training=train(call, ids, mask, labels))
        (here / "goldens.json").write_text(json.dumps(goldens) + "\n")
        print(name, goldens["training"])
    if not names:
        (folder / "buckets.json").write_text(json.dumps([dict(
            buckets=buckets, farthest=farthest, numbers=(make_log_bucket_position(torch.arange(-NUMBERED, NUMBERED), buckets, farthest).long() + buckets).clamp(
                0, 2 * buckets - 1).tolist()) for buckets, farthest in DISTANCES]) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
