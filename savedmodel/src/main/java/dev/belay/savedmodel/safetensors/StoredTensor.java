package dev.belay.savedmodel.safetensors;

import dev.belay.savedmodel.FileRegion;
import dev.belay.savedmodel.tensor.TensorSpec;

/**
 * Validated entry of a header for one tensor.
 *
 * @param spec type and shape
 * @param region where its bytes are
 */
record StoredTensor(TensorSpec spec, FileRegion region) {}
