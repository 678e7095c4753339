#!/usr/bin/env python3
"""Writes ../fixtures/decoders: small models of Llama's family and of GPT-NeoX, and what PyTorch computes with them: make_decoders.py FOLDER [NAME ...]

Of each: model/ as save_pretrained writes it, batch.jsonl, and goldens.json with the logits of its tokens, the loss and the
dense gradient norm of five steps of Adam as TensorFlow computes it (clipped at 1), and what generate greedily writes.
With torch and transformers 5.20.2, on the CPU.
"""
import json
import pathlib
import shutil
import sys

import torch
import transformers

STEPS, RATE, CLIP, EPSILON = 5, 1e-3, 1.0, 1e-8
VOCABULARY, LENGTH = 24, 12
SIZES = dict(vocab_size=VOCABULARY, hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             max_position_embeddings=64, head_dim=4, bos_token_id=1, eos_token_id=2)
NEOX = dict({key: value for key, value in SIZES.items() if key not in ("num_key_value_heads", "head_dim")}, hidden_size=16, num_attention_heads=2)
CLASSES = {"llama": "Llama", "mistral": "Mistral", "qwen2": "Qwen2", "gpt_neox": "GPTNeoX"}


def rope(kind, **others):
    return dict(rope_parameters=dict(rope_type=kind, rope_theta=100.0, **others))


CASES = {
    "llama": ("llama", dict(SIZES, attention_bias=True, mlp_bias=True, num_key_value_heads=1)),
    "smollm": ("llama", dict(SIZES, tie_word_embeddings=True, pad_token_id=2, **rope("default"))),
    "linear": ("llama", dict(SIZES, **rope("linear", factor=3.0))),
    "dynamic": ("llama", dict(SIZES, max_position_embeddings=5, **rope("dynamic", factor=2.5))),
    "llama3": ("llama", dict(SIZES, head_dim=8, **rope("llama3", factor=4.0, low_freq_factor=0.5, high_freq_factor=3.0,
                                                      original_max_position_embeddings=16))),
    "yarn": ("llama", dict(SIZES, head_dim=8, **rope("yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=2.0, beta_slow=0.5))),
    "mistral": ("mistral", dict(SIZES, sliding_window=3, hidden_act="gelu")),
    "qwen2": ("qwen2", dict({key: value for key, value in SIZES.items() if key != "head_dim"}, use_sliding_window=True, sliding_window=4,
                            max_window_layers=1, tie_word_embeddings=True)),
    "neox": ("gpt_neox", dict(NEOX)),
    "neox_in_turn": ("gpt_neox", dict(NEOX, use_parallel_residual=False, attention_bias=False, tie_word_embeddings=True, hidden_act="gelu_new",
                                      **rope("linear", factor=3.0, partial_rotary_factor=0.5))),
}


def build(model_type, config, seed):
    name = CLASSES[model_type]
    torch.manual_seed(seed)
    model = getattr(transformers, name + "ForCausalLM")(getattr(transformers, name + "Config")(**config))
    with torch.no_grad():
        for weight in model.parameters():
            noise = torch.randn(weight.shape)
            weight.copy_(noise * 0.4 if weight.dim() > 1 else weight + noise * 0.1)
    return model.eval()


def batch(seed):
    """Rows of which one is padded; the word for padding occurs within another."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(3, VOCABULARY, (4, LENGTH), generator=generator)
    mask = torch.ones_like(ids)
    mask[1, LENGTH - 4:] = 0
    ids[1, LENGTH - 4:] = 2
    ids[2, 3] = 2
    return ids, mask


def loss_of(model, ids, mask):
    logits = model(input_ids=ids, attention_mask=mask).logits
    labels = torch.where(mask == 1, ids, -100)
    return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten()), logits


def train(model, ids, mask):
    """Adam with TensorFlow's epsilon on the gradient clipped by its norm."""
    weights = [weight for weight in model.parameters()]
    first = [torch.zeros_like(weight) for weight in weights]
    second = [torch.zeros_like(weight) for weight in weights]
    found = dict(loss=[], pre_clip_norm=[])
    for step in range(1, STEPS + 1):
        model.zero_grad()
        loss, _ = loss_of(model, ids, mask)
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


def written(model, prompts):
    texts = []
    for prompt in prompts:
        out = model.generate(torch.tensor([prompt]), max_new_tokens=8, do_sample=False, pad_token_id=2,
                             attention_mask=torch.ones(1, len(prompt), dtype=torch.long))
        texts.append(dict(prompt=prompt, text=out[0, len(prompt):].tolist()))
    return texts


def main(folder, names):
    for seed, (name, (model_type, config)) in enumerate(CASES.items()):
        if names and name not in names:
            continue
        here = folder / name
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir(parents=True)
        model = build(model_type, config, seed)
        model.save_pretrained(here / "model")
        (here / "model/generation_config.json").unlink(missing_ok=True)
        ids, mask = batch(seed)
        with torch.no_grad():
            logits = loss_of(model, ids, mask)[1]
        # A new model: dynamic positions remember how long a batch was.
        fresh = type(model).from_pretrained(here / "model").eval()
        goldens = dict(logits=[[float(f"{x:.7g}") for x in row] for row in logits[mask == 1].tolist()])
        goldens["texts"] = written(fresh, [ids[0, :3].tolist(), ids[3, :5].tolist()]) if name != "dynamic" else []
        goldens["training"] = train(type(model).from_pretrained(here / "model").eval(), ids, mask)
        (here / "goldens.json").write_text(json.dumps(goldens) + "\n")
        with open(here / "batch.jsonl", "w") as out:
            for row, hidden in zip(ids.tolist(), mask.tolist()):
                out.write(json.dumps(dict(input_ids=row, attention_mask=hidden)) + "\n")
        print(name, goldens["training"])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
