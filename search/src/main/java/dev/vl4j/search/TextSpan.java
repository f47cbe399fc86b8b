package dev.vl4j.search;

/**
 * Where a piece of a text is in its file. A byte order mark is not counted.
 *
 * @param start the first character, counted from 0, in Unicode code points
 * @param end behind the last character
 * @param firstLine counted from 1
 * @param lastLine the line that the last character is on
 */
public record TextSpan(long start, long end, int firstLine, int lastLine) {}
