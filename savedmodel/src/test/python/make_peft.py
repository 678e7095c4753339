#!/usr/bin/env python3
"""Writes ../fixtures/peft: adapters of Hugging Face PEFT, and what PyTorch makes of them in STEPS steps.

    python make_peft.py [--out DIR]

Needs torch, transformers 5, safetensors and peft 0.21.  One thread, no dropout.  Written for the weights of
safetensors_bert, gpt2_tiny and t5_tiny, each with the rows of its batch.jsonl:

    NAME/adapter_config.json, NAME/adapter_model.safetensors    the adapter at the start, B not zero
    goldens.json    for each NAME: logits at the start; loss and gradient norm of every step of Adam (lr 1e-3, epsilon 1e-8)
                    with clip 1.0; logits after the last step
"""
import argparse
import json
import os
import shutil

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoModelForSequenceClassification

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "fixtures")
SEED, STEPS = 2106, 20
MODELS = {
    "safetensors_bert": (
        AutoModelForSequenceClassification,
        LoraConfig(task_type="SEQ_CLS", r=4, lora_alpha=8, target_modules=["query", "value"])),
    "gpt2_tiny": (
        AutoModelForCausalLM,
        LoraConfig(task_type="CAUSAL_LM", r=3, lora_alpha=6, use_rslora=True, bias="lora_only", target_modules=["c_attn", "mlp.c_proj"],
                   fan_in_fan_out=True)),
    "t5_tiny": (
        AutoModelForSeq2SeqLM,
        LoraConfig(task_type="SEQ_2_SEQ_LM", r=2, lora_alpha=4, target_modules=["q", "v"], rank_pattern={"SelfAttention.q": 3},
                   alpha_pattern={"SelfAttention.q": 12})),
}


def loss_of(logits, labels):
    return torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels.reshape(-1), ignore_index=-100)


def train(name, out):
    torch.manual_seed(SEED)
    kind, config = MODELS[name]
    base = os.path.join(FIXTURES, name)
    model = get_peft_model(kind.from_pretrained(base), config)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "lora_B" in key:
                parameter.normal_(0, 0.05)
    folder = os.path.join(out, name)
    shutil.rmtree(folder, ignore_errors=True)
    model.peft_config["default"].base_model_name_or_path = name
    model.save_pretrained(folder)
    os.remove(os.path.join(folder, "README.md"))
    rows = [json.loads(line) for line in open(os.path.join(base, "batch.jsonl"))]
    inputs = {key: torch.tensor([row[key] for row in rows]) for key in rows[0] if key not in ("label", "labels")}
    labels = torch.tensor([row.get("labels", row.get("label")) for row in rows])
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    adam = torch.optim.Adam(trained, lr=1e-3, eps=1e-8)
    goldens = {"logits": None, "loss": [], "pre_clip_norm": []}
    model.eval()
    for _ in range(STEPS):
        logits = model(**inputs).logits
        goldens["logits"] = goldens["logits"] or first(logits)
        loss = loss_of(logits, labels)
        adam.zero_grad()
        loss.backward()
        goldens["loss"].append(loss.item())
        goldens["pre_clip_norm"].append(torch.nn.utils.clip_grad_norm_(trained, 1.0).item())
        adam.step()
    with torch.no_grad():
        goldens["logits_after"] = first(model(**inputs).logits)
    return goldens


def first(logits):
    """Of language models the first five numbers of each position."""
    return (logits if logits.dim() == 2 else logits[..., :5]).detach().tolist()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", default=os.path.join(FIXTURES, "peft"))
    directory = parser.parse_args().out
    torch.set_num_threads(1)
    os.makedirs(directory, exist_ok=True)
    goldens = {name: train(name, directory) for name in MODELS}
    with open(os.path.join(directory, "goldens.json"), "w") as file:
        json.dump(goldens, file)
