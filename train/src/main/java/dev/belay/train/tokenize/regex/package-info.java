/**
 * Reads from: the regular expressions of a tokenizer.json, in Oniguruma's syntax. Hands to: {@code
 * train.tokenize}, a bound on the work that each of them is on a text. Never: matches one.
 */
@Internal
package dev.belay.train.tokenize.regex;

import dev.belay.train.api.Internal;
