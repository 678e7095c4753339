"""Writes `generation.json` beside gpt2_tiny and t5_tiny: what Hugging Face's `generate` makes of their weights in PyTorch.

    python make_generation.py FIXTURES      (torch 1.12.1, transformers 4.26.1, safetensors)

Each case: beams, length_penalty, eos, max_new_tokens, and for every example the ids without those that it begins with, and
without padding; a text that ended has the end as its last id. Examples go through `generate` one at a time, so that nothing is padded.
The end is 1, that of the configuration, which random weights hardly ever write, or a token that these weights like.
"""
import json
import os
import sys

import numpy as np
import torch
from transformers import GPT2LMHeadModel, T5ForConditionalGeneration


def written(model, first, pad, case, **inputs):
    ids = model.generate(**inputs, num_beams=case["beams"], length_penalty=case["length_penalty"], do_sample=False,
                         max_new_tokens=case["max_new_tokens"], pad_token_id=pad, eos_token_id=case["eos"])[0, first:].tolist()
    return ids[: ids.index(case["eos"]) + 1] if case["eos"] in ids else ids


def cases(write):
    greedy = {"beams": 1, "length_penalty": 1.0, "eos": 1, "max_new_tokens": 12}
    texts = write(greedy)
    late = [t for text in texts for t in text[3:9]]
    found = [dict(greedy, written=texts)]
    for eos in sorted(set(late), key=lambda t: (-late.count(t), t))[:2]:
        for beams, penalty in ((1, 1.0), (2, 1.0), (4, 1.0), (4, 0.0), (4, 2.0), (3, -1.0)):
            case = {"beams": beams, "length_penalty": penalty, "eos": eos, "max_new_tokens": 12}
            found.append(dict(case, written=write(case)))
    case = {"beams": 4, "length_penalty": 1.0, "eos": 1, "max_new_tokens": 6}
    found.append(dict(case, written=write(case)))
    return found


def main(folder):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    gpt2 = GPT2LMHeadModel.from_pretrained(os.path.join(folder, "gpt2_tiny")).eval()
    ids = np.load(os.path.join(folder, "gpt2_tiny", "goldens.npz"))["batch/input_ids"]
    prompts = [ids[0, :1].tolist(), ids[1, :5].tolist(), ids[2, :3].tolist(), ids[3].tolist()]
    save(folder, "gpt2_tiny", {"prompts": prompts, "cases": cases(lambda case: [
        written(gpt2, len(p), 0, case, input_ids=torch.tensor([p]), attention_mask=torch.ones(1, len(p), dtype=torch.long)) for p in prompts])})
    t5 = T5ForConditionalGeneration.from_pretrained(os.path.join(folder, "t5_tiny")).eval()
    z = np.load(os.path.join(folder, "t5_tiny", "goldens.npz"))
    ids, mask = z["batch/input_ids"], z["batch/attention_mask"]
    rows = [ids[i][mask[i] == 1] for i in range(len(ids))]
    save(folder, "t5_tiny", {"cases": cases(lambda case: [
        written(t5, 1, 0, case, input_ids=torch.tensor(r[None].astype(np.int64))) for r in rows])})


def save(folder, name, content):
    with open(os.path.join(folder, name, "generation.json"), "w") as f:
        json.dump(content, f)
        f.write("\n")


main(sys.argv[1])
