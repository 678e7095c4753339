/**
 * Reads from: the values of variables. Hands to: disk, a directory per checkpoint, whole or not at
 * all; and back. Never: decides when to save.
 */
@Internal
package dev.belay.train.checkpoint;

import dev.belay.train.api.Internal;
