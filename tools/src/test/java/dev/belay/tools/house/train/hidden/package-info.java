/** An internal package of the violators. */
@Internal
package dev.belay.tools.house.train.hidden;

import dev.belay.train.api.Internal;
