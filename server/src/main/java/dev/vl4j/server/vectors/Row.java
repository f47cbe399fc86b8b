package dev.vl4j.server.vectors;

import org.jspecify.annotations.Nullable;

/**
 * One vector, or why there is none.
 *
 * @param number from 0, in the order of the input
 * @param customId what the caller knows it by, if anything
 * @param vector little-endian, or null if there is none
 * @param scale what numbers in 8 bits are to be divided by, or null for other forms
 * @param tokens of the prompt; 0 if there is no vector
 * @param error why there is no vector, or null
 */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
record Row(
    long number,
    @Nullable String customId,
    byte @Nullable [] vector,
    @Nullable Float scale,
    int tokens,
    @Nullable String error) {}
