/**
 * Reads from: a model's configuration, and which weights its files hold. Hands to: {@code task} and
 * {@code model}, the layers of its family as {@code graph} builds them. Never: opens a file, or
 * knows what a model learns.
 */
@Internal
package dev.belay.train.family;

import dev.belay.train.api.Internal;
