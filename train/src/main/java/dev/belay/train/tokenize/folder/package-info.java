/**
 * Reads from: the files of a tokenizer's folder, as {@code AutoTokenizer.from_pretrained} of
 * transformers reads them. Hands to: {@code train.tokenize}, as one tokenizer.json that says all of
 * it. Never: starts native code, tokenizes a text.
 */
@Internal
package dev.belay.train.tokenize.folder;

import dev.belay.train.api.Internal;
