package dev.vl4j.engine.prompt;

/**
 * A prompt as the text tower reads it.
 *
 * @param ids {@code [tokens]}
 * @param imageStarts {@code [images + slices]}, the position of the first placeholder of each image
 *     and each slice of a video in the ids, ascending
 * @param isSlice {@code [images + slices]}, which of them are slices of videos
 */
@SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
public record TokenizedPrompt(int[] ids, int[] imageStarts, boolean[] isSlice) {}
