/**
 * Reads from: saved_model.pb, its checkpoint and assets. Hands to: {@code train}, as {@link
 * dev.belay.savedmodel.model.SavedModelContents} and {@link dev.belay.savedmodel.model.FlatGraph}.
 * Never: starts TensorFlow; a foreign graph is judged before native code sees it.
 */
package dev.belay.savedmodel.model;
