/**
 * Reads from: what a run or a sweep wrote into its directory. Hands to: a person, as one HTML file
 * that needs no network. Never: looks at a model, or at anything that is not in those files.
 */
@Internal
package dev.belay.train.report.html;

import dev.belay.train.api.Internal;
