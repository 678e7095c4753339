/**
 * Reads from: the machine: /proc, /sys, the loader's libraries, TensorFlow's devices. Hands to:
 * {@code tools}, as findings, each with what to do. Never: changes the machine, or trains.
 */
package dev.belay.train.doctor;
