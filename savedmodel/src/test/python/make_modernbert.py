#!/usr/bin/env python3
"""Writes ../fixtures/modernbert: small ModernBERTs, and what PyTorch computes with them: make_modernbert.py FOLDER [NAME ...]

Of each: model/ as save_pretrained writes it (`texts` with the keys of transformers 4, as on the hub), batch.jsonl, case.json
with the logits or the loss of the rows, which are longer than what local layers see and partly padded, and goldens.json with
the loss and the gradient norm of five steps of Adam as TensorFlow computes it, clipped at 1. `texts` also has a tokenizer of
byte-level BPE and the ids of its texts. With torch and transformers 5.20.2, on the CPU, by sdpa.
"""
import json
import pathlib
import shutil
import sys

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch.nn import functional

STEPS, RATE, CLIP, EPSILON = 5, 1e-3, 1.0, 1e-8
LENGTH, CLASSES = 24, 3
SIZES = dict(vocab_size=24, hidden_size=8, intermediate_size=6, num_hidden_layers=4, num_attention_heads=2, max_position_embeddings=64,
             local_attention=8, pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2)
SPECIAL = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
BIASES = dict(norm_bias=True, attention_bias=True, mlp_bias=True, classifier_bias=True)


def rope(kind, theta, **others):
    return dict(rope_type=kind, rope_theta=theta, **others)


CASES = {
    "texts": ("SequenceClassification", dict(SIZES, num_labels=CLASSES, vocab_size=280)),
    "mean": ("SequenceClassification", dict(SIZES, **BIASES, num_labels=CLASSES, problem_type="multi_label_classification", classifier_pooling="mean",
                                            classifier_activation="tanh", hidden_activation="silu", local_attention=5)),
    "tokens": ("TokenClassification", dict(SIZES, num_labels=CLASSES, norm_eps=1e-3, layer_types=["sliding_attention"] * 3 + ["full_attention"])),
    "masked": ("MaskedLM", dict(SIZES, rope_parameters=dict(
        full_attention=rope("yarn", 100.0, factor=4.0, original_max_position_embeddings=8), sliding_attention=rope("linear", 50.0, factor=2.0)))),
    "own_output": ("MaskedLM", dict(SIZES, norm_bias=True, decoder_bias=False, tie_word_embeddings=False, layer_types=["sliding_attention"] * 4)),
}
TEXTS = ["the movie was good", "  two  blanks ", "", "ünïcödé – 你好 🙂", "tabs\tand\nlines", "a [MASK] b", "don't I'll 12345", "a" * 40,
         "русский текст", "한국어 글", "עברית", "नमस्ते दुनिया", ["first text", "its pair"]]


def bytes_of_words():
    """Byte-level BPE with the words at the ends, as ModernBERT's."""
    made = Tokenizer(models.BPE())
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    corpus = ["the movie was good", " the  film was not good at all", "Good movies are rare; bad ones are not."] * 4
    made.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=280, special_tokens=SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                                                         show_progress=False))
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]",
                                                        special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    return made


def build(name, kind, config, seed):
    torch.manual_seed(seed)
    made = transformers.ModernBertConfig(**config)
    model = getattr(transformers, "ModernBertFor" + kind)(made)
    with torch.no_grad():
        for weight in model.parameters():
            noise = torch.randn(weight.shape)
            weight.copy_(noise * 0.4 if weight.dim() > 1 else weight + noise * 0.1)
    model.tie_weights()
    return model.eval()


def rows_of(config, seed):
    """Rows of which two are padded; the word for padding occurs within another."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(3, config["vocab_size"], (4, LENGTH), generator=generator)
    mask = torch.ones_like(ids)
    for row, length in ((1, LENGTH - 4), (3, 3)):
        mask[row, length:] = 0
        ids[row, length:] = 0
    ids[2, 3] = 0
    return ids, mask


def labels_of(kind, config, mask, seed):
    generator = torch.Generator().manual_seed(100 + seed)
    if kind == "SequenceClassification" and "problem_type" in config:
        return torch.randint(0, 2, (len(mask), CLASSES), generator=generator)
    if kind == "SequenceClassification":
        return torch.randint(0, CLASSES, (len(mask),), generator=generator)
    count = CLASSES if kind == "TokenClassification" else config["vocab_size"]
    labels = torch.randint(0, count, mask.shape, generator=generator)
    hidden = torch.rand(mask.shape, generator=generator) < 0.4
    hidden[:, 0] = False
    return torch.where((mask == 1) & ~hidden, labels, -100)


def loss_of(model, ids, mask, labels):
    logits = model(input_ids=ids, attention_mask=mask).logits
    if labels.dim() == 2 and logits.dim() == 2:
        return functional.binary_cross_entropy_with_logits(logits, labels.float()), logits
    return functional.cross_entropy(logits.flatten(0, -2), labels.flatten(), ignore_index=-100), logits


def train(model, ids, mask, labels):
    """Adam with TensorFlow's epsilon on the gradient clipped by its norm."""
    weights = list(model.parameters())
    first = [torch.zeros_like(weight) for weight in weights]
    second = [torch.zeros_like(weight) for weight in weights]
    found = dict(loss=[], pre_clip_norm=[])
    for step in range(1, STEPS + 1):
        model.zero_grad()
        loss, _ = loss_of(model, ids, mask, labels)
        loss.backward()
        norm = torch.sqrt(sum((weight.grad.double() ** 2).sum() for weight in weights)).item()
        found["loss"].append(loss.item())
        found["pre_clip_norm"].append(norm)
        rate = RATE * (1 - 0.999 ** step) ** 0.5 / (1 - 0.9 ** step)
        with torch.no_grad():
            for weight, m, v in zip(weights, first, second):
                gradient = weight.grad * min(1.0, CLIP / norm)
                m.mul_(0.9).add_(gradient, alpha=0.1)
                v.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
                weight -= rate * m / (v.sqrt() + EPSILON)
    return found


def old_keys(file):
    """As transformers 4.48 wrote it for the hub."""
    keys = json.loads(file.read_text())
    for key in ("layer_types", "rope_parameters", "dtype", "sparse_prediction", "sparse_pred_ignore_index"):
        keys.pop(key, None)
    keys.update(global_attn_every_n_layers=3, global_rope_theta=160000.0, local_rope_theta=10000.0, position_embedding_type="absolute",
                layer_norm_eps=1e-05, gradient_checkpointing=False, reference_compile=None, torch_dtype="float32", transformers_version="4.48.0")
    file.write_text(json.dumps(keys, indent=2) + "\n")


def shown(kind, logits, mask):
    return [[[float(f"{x:.7g}") for x in token] for token in row[seen == 1].tolist()] if kind == "TokenClassification" else row.tolist()
            for row, seen in zip(logits, mask)]


def main(folder, names):
    for seed, (name, (kind, config)) in enumerate(CASES.items()):
        if names and name not in names:
            continue
        here = folder / name
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir(parents=True)
        model = build(name, kind, config, seed)
        model.save_pretrained(here / "model")
        ids, mask = rows_of(config, seed)
        runs = []
        lines = [dict(input_ids=row[seen == 1].tolist()) for row, seen in zip(ids, mask)]
        if name == "texts":
            old_keys(here / "model/config.json")
            tokenizer = bytes_of_words()
            tokenizer.save(str(here / "model/tokenizer.json"))
            (here / "model/tokenizer_config.json").write_text(json.dumps(dict(
                tokenizer_class="PreTrainedTokenizerFast", model_input_names=["input_ids", "attention_mask"], model_max_length=8192,
                cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]")))
            read = transformers.AutoTokenizer.from_pretrained(here / "model")
            texts = ["the movie was good, and " * 3, "bad", "русский текст", "not at all"]
            given = read(texts, padding=True, return_tensors="pt")
            ids, mask = given["input_ids"], given["attention_mask"]
            lines = [dict(text=text) for text in texts]
            runs.append(dict(tokenize=dict(tokenizer="@/model", texts=TEXTS, max_length=64), expect=dict(ids=[
                read(*(text if isinstance(text, list) else [text]), max_length=64, truncation=True).input_ids for text in TEXTS])))
        labels = labels_of(kind, config, mask, seed)
        with open(here / "batch.jsonl", "w") as out:
            for line, row, seen in zip(lines, labels, mask):
                if "problem_type" in config:
                    line["labels"] = [label for label in range(CLASSES) if row[label]]
                elif kind == "SequenceClassification":
                    line["label"] = row.item()
                else:
                    line["labels"] = row[seen == 1].tolist()
                out.write(json.dumps(line) + "\n")
        with torch.no_grad():
            loss, logits = loss_of(model, ids, mask, labels)
        files = ["--model", "@/model", "--file", "@/batch.jsonl"]
        if kind != "MaskedLM":
            runs.append(dict(arguments=["predict", *files], expect=dict(logits=shown(kind, logits, mask), tolerance=1e-5)))
        runs.append(dict(arguments=["evaluate", "--json", *files], expect=dict(metrics=dict(loss=loss.item()), tolerance=1e-5)))
        (here / "case.json").write_text(json.dumps(dict(runs=runs)) + "\n")
        goldens = dict(training=train(model, ids, mask, labels))
        (here / "goldens.json").write_text(json.dumps(goldens) + "\n")
        print(name, goldens["training"])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
