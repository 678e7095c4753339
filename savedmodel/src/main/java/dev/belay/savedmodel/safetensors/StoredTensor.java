package dev.belay.savedmodel.safetensors;

import dev.belay.savedmodel.FileRegion;
import dev.belay.savedmodel.tensor.TensorSpec;

/**
 * What a header says of a tensor, all of it proved possible.
 *
 * @param spec type and shape
 * @param region where its bytes are
 */
record StoredTensor(TensorSpec spec, FileRegion region) {}
