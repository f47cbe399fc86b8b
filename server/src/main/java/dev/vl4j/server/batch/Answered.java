package dev.vl4j.server.batch;

/**
 * A line's answer.
 *
 * @param json with a line feed at its end
 * @param documents that were judged
 * @param tokens of their prompts
 * @param failed whether it is an error
 * @param end of the line in the input
 */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
record Answered(byte[] json, int documents, long tokens, boolean failed, long end) {}
