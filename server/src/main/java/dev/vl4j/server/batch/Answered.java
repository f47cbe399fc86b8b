package dev.vl4j.server.batch;

import org.jspecify.annotations.Nullable;

/**
 * A line's answer.
 *
 * @param json with a line feed at its end
 * @param items that were judged or embedded
 * @param tokens of their prompts
 * @param failure what is wrong with which line, or null if the answer is no error
 * @param end of the line in the input
 */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
record Answered(byte[] json, int items, long tokens, @Nullable String failure, long end) {}
