/**
 * Reads from: encoded examples of plain text. Hands to: {@code batch}, as examples that a language
 * model learns from. Never: tokenizes, or reads a file.
 */
@Internal
package dev.belay.train.data.language;

import dev.belay.train.api.Internal;
