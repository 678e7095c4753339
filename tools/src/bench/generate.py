#!/usr/bin/env python3
"""Compares the speed of generated tokens with transformers' generate in PyTorch: generate.py make FOLDER | pytorch FOLDER | belay FOLDER

make writes a Llama of SmolLM-135M's size with random weights (--layers, --hidden for another size), a tokenizer of its words, and 4 prompts.
The other two write greedily about all prompts in one batch, for few and for many new tokens; the difference of the times, without loading
and the first run, gives the tokens per second. belay runs the program named by BELAY (default: ./belay).
"""
import argparse
import json
import os
import pathlib
import subprocess
import time

FEW, MANY, PROMPTS, LENGTH = 8, 72, 4, 32


def make(folder, options):
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers
    torch.manual_seed(0)
    heads = options.hidden // 64
    config = transformers.LlamaConfig(
        vocab_size=49152, hidden_size=options.hidden, intermediate_size=options.hidden * 8 // 3, num_hidden_layers=options.layers,
        num_attention_heads=heads, num_key_value_heads=heads // 3 if heads % 3 == 0 else heads, tie_word_embeddings=True, bos_token_id=1,
        eos_token_id=None)
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    (folder / "generation_config.json").write_text("{}")
    words = Tokenizer(models.WordLevel({f"w{i}": i for i in range(config.vocab_size)}, unk_token="w0"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    transformers.PreTrainedTokenizerFast(tokenizer_object=words, unk_token="w0", pad_token="w0").save_pretrained(folder)
    ids = torch.randint(1, config.vocab_size, (PROMPTS, LENGTH)).tolist()
    (folder / "prompts.txt").write_text("".join(" ".join(f"w{i}" for i in row) + "\n" for row in ids))


def pytorch(folder, options):
    import torch
    import transformers
    torch.set_num_threads(options.threads)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    batch = tokenizer((folder / "prompts.txt").read_text().splitlines(), return_tensors="pt", return_token_type_ids=False)

    def run(tokens):
        begun = time.perf_counter()
        model.generate(**batch, max_new_tokens=tokens, do_sample=False, pad_token_id=0)
        return time.perf_counter() - begun

    run(FEW)
    report("pytorch", run(FEW), run(MANY))


def belay(folder, options):
    def run(tokens):
        begun = time.perf_counter()
        subprocess.run([os.environ.get("BELAY", "./belay"), "predict", "--trust-model", "--model", str(folder), "--file",
                        str(folder / "prompts.txt"), "--max-new-tokens", str(tokens), "--threads", str(options.threads), "--eval-batch-size",
                        str(PROMPTS)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.perf_counter() - begun

    report("belay", run(FEW), run(MANY))


def report(name, few, many):
    tokens = PROMPTS * (MANY - FEW)
    print(json.dumps(dict(name=name, seconds_few=round(few, 3), seconds_many=round(many, 3), tokens_per_second=round(tokens / (many - few), 1))))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["make", "pytorch", "belay"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--layers", type=int, default=30)
    parser.add_argument("--hidden", type=int, default=576)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    {"make": make, "pytorch": pytorch, "belay": belay}[given.what](given.folder, given)
