/**
 * Reads from: adapter_config.json and adapter_model.safetensors of Hugging Face PEFT. Hands to:
 * training, as named tensors with their ranks and scales; and writes the same files. Never: knows
 * the model that an adapter belongs to.
 */
package dev.belay.savedmodel.peft;
