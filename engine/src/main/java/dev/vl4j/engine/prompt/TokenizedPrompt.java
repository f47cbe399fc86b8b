package dev.vl4j.engine.prompt;

/**
 * A prompt as the text tower reads it.
 *
 * @param ids {@code [tokens]}
 * @param imageStarts {@code [images]}, the position of each image's first placeholder in the ids
 */
@SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
public record TokenizedPrompt(int[] ids, int[] imageStarts) {}
