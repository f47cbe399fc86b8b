package dev.vl4j.server.batch;

/**
 * A line of the input that is not blank.
 *
 * @param number of the line, counted from 1 among those that are not blank
 * @param row of the line, counted from 1 among all, as editors count
 * @param bytes without the line break; empty if the line is longer than the limit
 * @param tooLong whether it is
 * @param digest SHA-256 of the line without its line break, however long it is
 * @param end position in the input behind the line and its line break
 */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
record Line(long number, long row, byte[] bytes, boolean tooLong, byte[] digest, long end) {}
