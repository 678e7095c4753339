/**
 * Reads from: names and layouts of weights. Hands to: layers and rewrites that add a product of two
 * narrow matrices to a frozen weight. Never: chooses an option or reads a file.
 */
package dev.belay.graph.adapter;
