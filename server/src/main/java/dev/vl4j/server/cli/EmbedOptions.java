package dev.vl4j.server.cli;

import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Truncation;
import dev.vl4j.server.api.VectorForm;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What the command line says about vectors, whatever lines say themselves. */
final class EmbedOptions {
  /** An end of a text. */
  enum Side {
    RIGHT,
    LEFT
  }

  @Option(
      names = "--instruction",
      paramLabel = "TEXT",
      description = "What the vectors are for; goes before a line's own.")
  @Nullable String instruction;

  @Option(
      names = "--dimensions",
      paramLabel = "N",
      description =
          "Keep the first N elements, before they are normalized; goes before a line's own.")
  @Nullable Integer dimensions;

  @Option(
      names = "--encoding",
      paramLabel = "FORM",
      converter = FormConverter.class,
      description =
          "How vectors are written: float32 (the default), int8 or uint8, or in bits as binary or"
              + " ubinary; base64 is float32 in JSON Lines in fewer bytes.")
  @Nullable VectorForm encoding;

  @Option(
      names = "--no-normalize",
      description = "Leave vectors as the model computes them, of any length.")
  boolean noNormalize;

  @Option(
      names = "--truncate-prompt-tokens",
      paramLabel = "N",
      description =
          "Cut each input's text so that its prompt has N tokens at most; -1 for as many as the model"
              + " takes, 0 for never, which is the default; goes before a line's own.")
  @Nullable Integer truncateTokens;

  @Option(
      names = "--truncation-side",
      paramLabel = "right|left",
      description = "Which end of the text is cut; right is the default.")
  @Nullable Side side;

  @Option(
      names = "--parse-special-tokens",
      description = "Control-token strings in the texts act as control tokens.")
  boolean parseSpecialTokens;

  /**
   * @throws CliException if a number has no meaning
   */
  void check() {
    if (dimensions != null) {
      LimitOptions.requirePositive("--dimensions", dimensions);
    }
    if (truncateTokens != null && truncateTokens < -1) {
      throw new CliException(
          "--truncate-prompt-tokens: expected -1 or more, found " + truncateTokens);
    }
    if (side != null && truncateTokens == null) {
      throw new CliException("--truncation-side needs --truncate-prompt-tokens");
    }
  }

  /**
   * Numbers that a whole vector is cut to.
   *
   * @param whole its length
   * @throws CliException if it has fewer, or bits do not fill bytes
   */
  int dimensionsOf(int whole) {
    if (dimensions != null && dimensions > whole) {
      throw new CliException(
          "--dimensions: expected 1 to %d, found %d".formatted(whole, dimensions));
    }
    int wanted = dimensions == null ? whole : dimensions;
    if (encoding != null && encoding.packsBits() && wanted % Byte.SIZE != 0) {
      throw new CliException(
          "--encoding %s: expected --dimensions that are a multiple of 8, found %d"
              .formatted(encoding.spelling(), wanted));
    }
    return wanted;
  }

  /** A request with what the options say. */
  EmbedRequest adjust(EmbedRequest request) {
    EmbedRequest adjusted = request.withParseSpecialTokens(parseSpecialTokens);
    if (instruction != null) {
      adjusted = adjusted.withInstruction(instruction);
    }
    if (dimensions != null) {
      adjusted = adjusted.withDimensions(dimensions);
    }
    if (truncateTokens != null) {
      adjusted =
          adjusted.withMaxPromptTokens(Math.max(0, truncateTokens)).withTruncation(truncation());
    }
    return noNormalize ? adjusted.withNormalized(false) : adjusted;
  }

  private Truncation truncation() {
    return Objects.equals(truncateTokens, 0)
        ? Truncation.NONE
        : side == Side.LEFT ? Truncation.START : Truncation.END;
  }

  /**
   * All of these options, in an order of their own.
   *
   * @param form of the vectors, or null for what each line wants
   */
  String fingerprint(@Nullable VectorForm form) {
    return "instruction %s, dimensions %s, encoding %s, normalized %s, prompt %s, cut %s, special tokens %s"
        .formatted(
            instruction == null ? "none" : '"' + instruction + '"',
            dimensions,
            form,
            !noNormalize,
            truncateTokens,
            side,
            parseSpecialTokens);
  }

  /** Reads {@code --encoding}. */
  static final class FormConverter implements ITypeConverter<VectorForm> {
    @Override
    public VectorForm convert(String value) {
      String word = value.toLowerCase(Locale.ROOT);
      VectorForm form = word.equals("float32") ? VectorForm.FLOAT : VectorForm.spelled(word);
      if (form == null) {
        throw new TypeConversionException(
            "expected float32, int8, uint8, binary, ubinary or base64, found " + value);
      }
      return form;
    }
  }
}
