/**
 * Reads from: the events of a run. Hands to: people and programs, as metrics.jsonl, config.json,
 * run.json and TensorBoard events. Never: computes a metric or changes the course of a run.
 */
package dev.belay.train.report;
