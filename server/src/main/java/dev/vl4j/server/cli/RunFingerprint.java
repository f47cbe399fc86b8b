package dev.vl4j.server.cli;

import dev.vl4j.engine.Engine;
import dev.vl4j.engine.ModelOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the answers of a run depend on besides its input and the command's own options, in words.
 */
final class RunFingerprint {
  private final String called;
  private final String files;
  private final ModelOptions options;

  /**
   * Reads the model's files; to be done before it is opened in vain.
   *
   * @param called what answers call it
   * @param located where it is
   * @param options that it is opened with
   * @throws CliException if a file cannot be read
   */
  RunFingerprint(String called, String located, ModelOptions options) {
    this.called = called;
    this.options = options;
    files = files(located, options.lora());
  }

  /**
   * What tells a model from others: its files, and those of an adapter.
   *
   * @throws CliException if a file cannot be read
   */
  static String files(String located, @Nullable Path lora) {
    String model = ModelFingerprint.of(located);
    return lora == null ? model : model + " with " + ModelFingerprint.of(lora.toString());
  }

  /** What pictures become before a model sees them. */
  static String pictures(ModelOptions options) {
    return "pixels %d to %d, images %s, videos %s"
        .formatted(
            options.pixelBudget().minPixels(),
            options.pixelBudget().maxPixels(),
            options.imageRules(),
            options.videoRules());
  }

  /**
   * The fingerprint.
   *
   * @param template that the model was opened with, or null
   * @param command what the command's own options say
   */
  String of(Engine opened, @Nullable Object template, String command) {
    return "model %s, called %s, precision %s, backend %s, %s, tokens %d, template %s, %s"
        .formatted(
            files,
            called,
            opened.precision(),
            opened.devices().getFirst().backend(),
            pictures(options),
            options.maxTokens(),
            template,
            command);
  }
}
