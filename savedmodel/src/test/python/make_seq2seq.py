#!/usr/bin/env python3
"""Writes ../fixtures/seq2seq: small BARTs and mBARTs, and what PyTorch computes with them: make_seq2seq.py FOLDER [NAME ...]

Of each: model/ as save_pretrained writes it, batch.jsonl, and goldens.json with the logits of the labels' tokens, the loss and
the dense gradient norm of five steps of Adam as TensorFlow computes it (clipped at 1), and what generate writes, greedily and
with beams, as the model's own settings say. Also mbart_texts, a case of the differential test: an mBART with its tokenizer, which
reads one language and writes another. With torch and transformers 5.20.2, on the CPU.
"""
import json
import pathlib
import re
import shutil
import sys

import torch
import transformers
from make_decoders import CLIP, EPSILON, RATE, STEPS

VOCABULARY, LENGTH, WRITTEN = 24, 9, 6
SIZES = dict(vocab_size=VOCABULARY, d_model=12, encoder_layers=2, decoder_layers=2, encoder_attention_heads=3, decoder_attention_heads=2,
             encoder_ffn_dim=10, decoder_ffn_dim=8, max_position_embeddings=16)
CLASSES = {"bart": "Bart", "mbart": "MBart"}
CASES = {
    "bart": ("bart", dict(SIZES, forced_bos_token_id=0)),
    "bart_scaled": ("bart", dict(SIZES, scale_embedding=True, activation_function="gelu_new", decoder_start_token_id=0, forced_eos_token_id=None)),
    "mbart": ("mbart", dict(SIZES, scale_embedding=True, decoder_start_token_id=4, decoder_layers=1)),
}


def build(model_type, config, seed):
    name = CLASSES[model_type]
    torch.manual_seed(seed)
    model = getattr(transformers, name + "ForConditionalGeneration")(getattr(transformers, name + "Config")(**config))
    with torch.no_grad():
        for weight in model.parameters():
            noise = torch.randn(weight.shape)
            weight.copy_(noise * 0.4 if weight.dim() > 1 else weight + noise * 0.1)
        model.final_logits_bias.copy_(torch.randn(model.final_logits_bias.shape) * 0.3)
    return model.eval()


def batch(seed):
    """Texts to read, of which one is padded, and labels of two lengths, which end as the tokenizers end them."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(5, VOCABULARY, (4, LENGTH), generator=generator)
    mask = torch.ones_like(ids)
    mask[1, LENGTH - 3:] = 0
    ids[1, LENGTH - 3:] = 1
    labels = torch.randint(5, VOCABULARY, (4, WRITTEN), generator=generator)
    labels[:, -2:] = torch.tensor([2, 4])
    labels[2, 2:] = torch.tensor([2, 4, -100, -100])
    return ids, mask, labels


def train(model, ids, mask, labels):
    """Adam with TensorFlow's epsilon on the gradient clipped by its norm."""
    weights = [weight for weight in model.parameters()]
    first = [torch.zeros_like(weight) for weight in weights]
    second = [torch.zeros_like(weight) for weight in weights]
    found = dict(loss=[], pre_clip_norm=[])
    for step in range(1, STEPS + 1):
        model.zero_grad()
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
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


def written(model, ids, mask, beams):
    """Without the first token, and without padding after the end."""
    texts = []
    for row, hidden in zip(ids, mask):
        out = model.generate(row[None], attention_mask=hidden[None], max_new_tokens=8, num_beams=beams, do_sample=False)
        ids = out[0, 1:].tolist()
        texts.append(ids[:ids.index(2) + 1] if 2 in ids else ids)
    return texts


PIECES = ["▁the", "▁movie", "▁was", "▁good", "▁", "t", "h", "e", "m", "o", "v", "i", "g", "d", "s", "▁filmul", "▁bun"]
TEXTS = [("the movie was good", "filmul bun"), ("good", "bun the"), ("the the movie", "s")]


def with_texts(here):
    tokenizer = transformers.MBartTokenizer()
    languages = [token for token in tokenizer.get_vocab() if re.fullmatch("[a-z]{2}_[A-Z]{2}", token)]
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)] + [(piece, -float(number)) for number, piece in enumerate(PIECES, 2)]
    vocabulary = pieces + [(language, 0.0) for language in sorted(languages)] + [("<mask>", 0.0)]
    tokenizer = transformers.MBartTokenizer(vocab=vocabulary, src_lang="en_XX", tgt_lang="ro_RO", model_max_length=16)
    model = build("mbart", dict(SIZES, vocab_size=len(vocabulary), d_model=8, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
                                decoder_start_token_id=tokenizer.convert_tokens_to_ids("ro_RO")), 7)
    model.save_pretrained(here / "model")
    tokenizer.save_pretrained(here / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(here / "model")
    fed = tokenizer([text for text, _ in TEXTS], text_target=[target for _, target in TEXTS], padding=True, return_tensors="pt")
    fed["labels"][fed["labels"] == 1] = -100
    loss = model(**fed).loss.item()
    lines = []
    with open(here / "in.jsonl", "w") as file:
        for text, target in TEXTS:
            out = model.generate(**tokenizer(text, return_tensors="pt"), max_new_tokens=6, num_beams=2, do_sample=False)
            lines.append(dict(generated_text=tokenizer.decode(out[0], skip_special_tokens=True)))
            file.write(json.dumps(dict(text=text, target=target)) + "\n")
    runs = [dict(arguments=["evaluate", "--json", "--model", "@/model", "--file", "@/in.jsonl"], expect=dict(metrics=dict(loss=loss))),
            dict(arguments=["predict", "--model", "@/model", "--file", "@/in.jsonl", "--max-new-tokens", "6", "--num-beams", "2"],
                 expect=dict(lines=lines))]
    (here / "case.json").write_text(json.dumps(dict(runs=runs)))
    print("mbart_texts", fed["labels"].tolist(), loss, lines)


def main(folder, names):
    if not names or "mbart_texts" in names:
        shutil.rmtree(folder / "mbart_texts", ignore_errors=True)
        (folder / "mbart_texts").mkdir(parents=True)
        with_texts(folder / "mbart_texts")
    for seed, (name, (model_type, config)) in enumerate(CASES.items()):
        if names and name not in names:
            continue
        here = folder / name
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir(parents=True)
        model = build(model_type, config, seed)
        model.save_pretrained(here / "model")
        ids, mask, labels = batch(seed)
        with torch.no_grad():
            logits = model(input_ids=ids, attention_mask=mask, labels=labels).logits
        decoder_ids = model.prepare_decoder_input_ids_from_labels(labels)
        goldens = dict(decoder_input_ids=decoder_ids.tolist(), logits=[[float(f"{x:.7g}") for x in row] for row in logits[labels != -100].tolist()])
        goldens["written"] = {beams: written(model, ids, mask, beams) for beams in (1, 3)}
        goldens["training"] = train(type(model).from_pretrained(here / "model").eval(), ids, mask, labels)
        (here / "goldens.json").write_text(json.dumps(goldens) + "\n")
        with open(here / "batch.jsonl", "w") as out:
            for row, hidden, target in zip(ids.tolist(), mask.tolist(), labels.tolist()):
                out.write(json.dumps(dict(input_ids=row, attention_mask=hidden, labels=target)) + "\n")
        print(name, goldens["training"], goldens["written"])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
