"""Writes tokenizer.json of the fixture's vocabulary, cased and uncased, as transformers' fast tokenizer saves it.

    make_tokenizers.py FIXTURES/tokenizer
"""
import os
import sys

from transformers import BertTokenizerFast

folder = sys.argv[1]
for name, lower in (("uncased", True), ("cased", False)):
    target = os.path.join(folder, name)
    os.makedirs(target, exist_ok=True)
    tokenizer = BertTokenizerFast(os.path.join(folder, "vocab.txt"), do_lower_case=lower)
    tokenizer.sanitize_special_tokens()  # as from_pretrained does: without it [MASK] in a text is split
    tokenizer.backend_tokenizer.save(os.path.join(target, "tokenizer.json"))
