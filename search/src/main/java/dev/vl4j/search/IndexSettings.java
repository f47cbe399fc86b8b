package dev.vl4j.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What all vectors of an index have in common. An index is continued with the same settings alone.
 *
 * @param model what the embedding model is called, for people and for whoever asks the index
 * @param fingerprint tells models apart whatever they are called, such as a digest of their files;
 *     equal for queries and for what is indexed
 * @param pictures how pictures are prepared, in words: sizes, for example
 * @param instruction of what is indexed, or null for the model's own
 * @param pieceLength most characters of a piece of a text, in Unicode code points
 */
public record IndexSettings(
    String model,
    String fingerprint,
    String pictures,
    @Nullable String instruction,
    int pieceLength) {
  /** Characters of a piece unless something else is wanted: about 400 tokens of English. */
  public static final int DEFAULT_PIECE_LENGTH = 2000;

  /** A piece that is shorter says nothing. */
  public static final int LEAST_PIECE_LENGTH = 16;

  /**
   * @throws NullPointerException if anything but the instruction is null
   * @throws IllegalArgumentException if pieces are too short
   */
  public IndexSettings {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(fingerprint, "fingerprint");
    Objects.requireNonNull(pictures, "pictures");
    if (pieceLength < LEAST_PIECE_LENGTH) {
      throw new IllegalArgumentException(
          "pieceLength: expected %d or more, found %d".formatted(LEAST_PIECE_LENGTH, pieceLength));
    }
  }

  /** A model with its own instruction and picture sizes, and pieces of the default length. */
  public static IndexSettings of(String model, String fingerprint) {
    return new IndexSettings(model, fingerprint, "as the model has it", null, DEFAULT_PIECE_LENGTH);
  }

  /** The same with pieces of another length. */
  public IndexSettings withPieceLength(int pieceLength) {
    return new IndexSettings(model, fingerprint, pictures, instruction, pieceLength);
  }

  /** The same with another instruction, or with the model's own: null, the default. */
  public IndexSettings withInstruction(@Nullable String instruction) {
    return new IndexSettings(model, fingerprint, pictures, instruction, pieceLength);
  }

  /** Where an index's settings are others than these, each in words; nothing if nowhere. */
  List<String> differences(IndexSettings index) {
    List<String> differences = new ArrayList<>();
    if (!fingerprint.equals(index.fingerprint)) {
      differences.add(
          model.equals(index.model)
              ? "the model %s, whose files were others".formatted(index.model)
              : "the model %s, not %s".formatted(index.model, model));
    }
    if (!pictures.equals(index.pictures)) {
      differences.add("pictures at %s, not at %s".formatted(index.pictures, pictures));
    }
    if (!Objects.equals(instruction, index.instruction)) {
      differences.add("%s, not %s".formatted(quoted(index.instruction), quoted(instruction)));
    }
    if (pieceLength != index.pieceLength) {
      differences.add(
          "pieces of %d characters, not of %d".formatted(index.pieceLength, pieceLength));
    }
    return differences;
  }

  private static String quoted(@Nullable String instruction) {
    return instruction == null
        ? "the model's own instruction"
        : "the instruction \"" + instruction + '"';
  }
}
