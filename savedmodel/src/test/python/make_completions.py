#!/usr/bin/env python3
"""Writes ../fixtures/completions: prompts with completions, and what PyTorch learns from them: make_completions.py FOLDER

Of GPT-2 and Llama: the model with its tokenizer, and goldens.json with the ids and labels of the rows and with loss and dense gradient
norm of five steps of Adam as TensorFlow computes it (clipped at 1). rows.jsonl has the columns prompt and completion. Both texts are
joined and end with eos_token, are cut at the end to 12 tokens, and the loss counts the tokens behind as many as the prompt alone has: the
rule of TRL's SFTTrainer. The computation is in float64, so that the tolerance of a test is all for Belay's rounding. With torch and
transformers 5.20.2, on the CPU.
"""
import json
import pathlib
import shutil
import sys

import torch
import transformers
from make_decoders import CLIP, EPSILON, RATE, STEPS
from tokenizers import Tokenizer, models, pre_tokenizers

WORDS, LONGEST = 24, 12
ROWS = [("w3 w4 w5", " w6 w7"), ("w8", " w9 w10 w11 w12"), ("w13 w14", " w3"), ("w5 w6 w7 w8 w9 w10", " w11 w12 w13 w14 w15 w16 w17 w18"),
        ("w20", " w21 w21 <e>"), ("w4 w4 w4 w4", " w22 w23 w5 w6 w7 w8"), ("w9 w16", " w17 w18 w19")]
MODELS = {
    "gpt2": lambda: transformers.GPT2LMHeadModel(transformers.GPT2Config(
        vocab_size=WORDS, n_embd=8, n_layer=2, n_head=2, n_positions=16, bos_token_id=1, eos_token_id=1)),
    "llama": lambda: transformers.LlamaForCausalLM(transformers.LlamaConfig(
        vocab_size=WORDS, hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=4,
        max_position_embeddings=64, bos_token_id=1, eos_token_id=1, rope_parameters=dict(rope_type="default", rope_theta=100.0))),
}


def tokenizer(folder):
    words = {"<p>": 0, "<e>": 1, "<u>": 2, **{f"w{i}": i for i in range(3, WORDS)}}
    made = Tokenizer(models.WordLevel(words, unk_token="<u>"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=made, unk_token="<u>", pad_token="<p>", eos_token="<e>")
    fast.save_pretrained(folder)
    return fast


def encoded(tokens, prompt, completion):
    if not completion.endswith("<e>"):
        completion += "<e>"
    ids = tokens(prompt + completion)["input_ids"]
    begun = len(tokens(prompt)["input_ids"])
    return ids[:LONGEST], ([-100] * begun + ids[begun:])[:LONGEST]


def train(model, rows):
    """All rows in one batch, padded at the right."""
    length = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([ids + [0] * (length - len(ids)) for ids, _ in rows])
    labels = torch.tensor([labels + [-100] * (length - len(labels)) for _, labels in rows])
    mask = torch.tensor([[1] * len(ids) + [0] * (length - len(ids)) for ids, _ in rows])
    weights = list(model.parameters())
    first, second = ([torch.zeros_like(weight) for weight in weights] for _ in range(2))
    found = dict(loss=[], pre_clip_norm=[])
    for step in range(1, STEPS + 1):
        model.zero_grad()
        logits = model(input_ids=ids, attention_mask=mask).logits
        loss = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
        loss.backward()
        norm = torch.sqrt(sum((weight.grad ** 2).sum() for weight in weights)).item()
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


def main(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "rows.jsonl").write_text("".join(json.dumps(dict(prompt=p, completion=c)) + "\n" for p, c in ROWS))
    goldens = {}
    for name, build in MODELS.items():
        torch.manual_seed(7)
        model = build()
        with torch.no_grad():
            for weight in model.parameters():
                weight.copy_(torch.randn(weight.shape) * 0.4 if weight.dim() > 1 else weight + torch.randn(weight.shape) * 0.1)
        model.save_pretrained(folder / name)
        (folder / name / "generation_config.json").unlink(missing_ok=True)
        tokens = tokenizer(folder / name)
        rows = [encoded(tokens, *row) for row in ROWS]
        goldens.update(ids=[ids for ids, _ in rows], labels=[labels for _, labels in rows])
        goldens[name] = train(model.double().eval(), rows)
        print(name, goldens[name])
    (folder / "goldens.json").write_text(json.dumps(goldens) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
