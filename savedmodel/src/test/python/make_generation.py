"""Writes `generation.json` beside gpt2_tiny and t5_tiny: what Hugging Face's `generate` makes of their weights in PyTorch.

    python make_generation.py FIXTURES      (torch 2.14, transformers 5.20, safetensors)

Each case: beams, length_penalty, eos, max_new_tokens and maybe other arguments of `generate`, and for every example its texts: the ids
without those that it begins with, and without padding; a text that ended has the end as its last id. Examples go through `generate` one
at a time, so that nothing is padded. The end is 1, that of the configuration, which random weights hardly ever write, or a token that
these weights like.

Also writes `processors.json`: scores before and after each logits processor.
"""
import json
import os
import sys

import numpy as np
import torch
import transformers
from transformers import GPT2LMHeadModel, T5ForConditionalGeneration


OTHERS = ("repetition_penalty", "no_repeat_ngram_size", "early_stopping", "num_return_sequences", "bad_words_ids", "min_new_tokens",
          "forced_eos_token_id", "suppress_tokens", "begin_suppress_tokens")


def written(model, first, pad, case, **inputs):
    rows = model.generate(**inputs, num_beams=case["beams"], length_penalty=case["length_penalty"], do_sample=False,
                          max_new_tokens=case["max_new_tokens"], pad_token_id=pad, eos_token_id=case["eos"],
                          **{key: case[key] for key in OTHERS if key in case})
    texts = []
    for row in rows:
        ids = row[first:].tolist()
        texts.append(ids[: ids.index(case["eos"]) + 1] if case["eos"] in ids else ids)
    return texts


def cases(write):
    greedy = {"beams": 1, "length_penalty": 1.0, "eos": 1, "max_new_tokens": 12}
    texts = write(greedy)
    late = [t for text in texts for t in text[0][3:9]]
    found = [dict(greedy, written=texts)]
    liked = sorted(set(late), key=lambda t: (-late.count(t), t))[:2]
    for eos in liked:
        for beams, penalty in ((1, 1.0), (2, 1.0), (4, 1.0), (4, 0.0), (4, 2.0), (3, -1.0)):
            case = {"beams": beams, "length_penalty": penalty, "eos": eos, "max_new_tokens": 12}
            found.append(dict(case, written=write(case)))
    case = {"beams": 4, "length_penalty": 1.0, "eos": 1, "max_new_tokens": 6}
    found.append(dict(case, written=write(case)))
    for other in (dict(repetition_penalty=1.4), dict(no_repeat_ngram_size=2), dict(repetition_penalty=1.2, no_repeat_ngram_size=1, beams=3),
                  dict(beams=4, early_stopping=True, num_return_sequences=4), dict(beams=3, early_stopping="never", length_penalty=1.5),
                  dict(min_new_tokens=7, bad_words_ids=[[late[0]], late[1:3]]), dict(beams=2, forced_eos_token_id=liked[0], eos=liked[0]),
                  dict(suppress_tokens=late[:4], begin_suppress_tokens=[texts[0][0][0]])):
        case = dict(greedy, eos=liked[0], **{key: value for key, value in other.items() if key not in greedy})
        case.update({key: value for key, value in other.items() if key in greedy})
        found.append(dict(case, written=write(case)))
    return found


def processors(folder):
    """What each processor makes of scores, excluded ones as null."""
    torch.manual_seed(1)
    text = torch.tensor([[3, 1, 4, 1, 5, 3, 1]])
    found = []
    for name, arguments in (
            ("RepetitionPenalty", (1.5,)), ("NoRepeatNGram", (3,)), ("NoRepeatNGram", (1,)), ("NoBadWords", ([[2], [3, 1, 6], [1, 7]], None)),
            ("MinLength", (8, torch.tensor([2, 5]))), ("MinLength", (7, torch.tensor([2, 5]))),
            ("MinNewTokensLength", (3, 5, torch.tensor([2]))), ("ForcedEOSToken", (8, [2, 6])), ("ForcedEOSToken", (9, [2, 6])),
            ("SuppressTokens", ([1, 8],)), ("SuppressTokensAtBegin", ([1, 8], 7)), ("Temperature", (0.7,)), ("TopK", (3,)), ("TopK", (50,)),
            ("TopP", (0.8,)), ("TopP", (0.3,)), ("TopP", (0.3, -float("inf"), 4)), ("MinP", (0.2,)), ("MinP", (0.9, -float("inf"), 3))):
        kind = getattr(transformers, name + "LogitsProcessor", None) or getattr(transformers, name + "LogitsWarper")
        scores = torch.randn(1, 10) * 1.5
        after = kind(*arguments)(text, scores.clone())
        found.append(dict(name=name, arguments=[a.tolist() if isinstance(a, torch.Tensor) else None if a == -float("inf") else a
                                                for a in arguments],
                          before=scores[0].tolist(), after=[None if x == -float("inf") else x for x in after[0].tolist()]))
    with open(os.path.join(folder, "gpt2_tiny", "processors.json"), "w") as f:
        json.dump(dict(text=text[0].tolist(), processors=found), f)
        f.write("\n")


def main(folder):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    processors(folder)
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
