package dev.vl4j.engine.model;

import java.util.List;

/**
 * A tokenized prompt with its images.
 *
 * @param ids [tokens], placeholders repeated
 * @param imageStarts [images], each image's first placeholder
 * @param pictures in the order of their placeholders
 */
public record PreparedPrompt(int[] ids, int[] imageStarts, List<Picture> pictures) {}
