"""Writes words.json: lines of the fixture given word by word, cut to 16 tokens, as transformers 4.26.1 has them.

    make_words.py FIXTURES/tokenizer
"""
import json
import os
import sys

from transformers import BertTokenizerFast

folder = sys.argv[1]
tokenizer = BertTokenizerFast(os.path.join(folder, "vocab.txt"), do_lower_case=True)
tokenizer.sanitize_special_tokens()
with open(os.path.join(folder, "lines.json"), encoding="utf-8") as file:
    lines = json.load(file)
cases = []
for number, line in enumerate(lines):
    words = [word for word in line.split(" ") if word]
    if not words or len(line) > 400 or any(0xD800 <= ord(c) <= 0xDFFF for c in line):
        continue
    encoding = tokenizer(words, is_split_into_words=True, truncation=True, max_length=16)
    owners = [-1 if word is None else word for word in encoding.word_ids()]
    cases.append({"line": number, "ids": encoding["input_ids"], "words": owners})
with open(os.path.join(folder, "words.json"), "w") as file:
    json.dump(cases, file, separators=(",", ":"))
    file.write("\n")
