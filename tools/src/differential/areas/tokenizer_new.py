"""Tokenizers in folders of transformers 5: every class, every key, texts in twenty scripts."""
import tokenizer_folders

INTERPRETER = "pytorch"


def draw(rng):
    return tokenizer_folders.draw(rng, newer=True)


def make(recipe, folder):
    return tokenizer_folders.make(recipe, folder)
