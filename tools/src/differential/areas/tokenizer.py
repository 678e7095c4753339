"""Tokenizers in folders of transformers 4: every class, every key, texts in twenty scripts."""
import tokenizer_folders

INTERPRETER = "tensorflow"


def draw(rng):
    return tokenizer_folders.draw(rng, newer=False)


def make(recipe, folder):
    return tokenizer_folders.make(recipe, folder)
