package dev.vl4j.engine;

import java.time.Duration;

/**
 * One forward pass of the model.
 *
 * @param prompts how many it ended
 * @param requests how many these belong to
 * @param work what it computed
 * @param time how long it took
 */
public record ForwardReport(int prompts, int requests, WorkReport work, Duration time) {}
