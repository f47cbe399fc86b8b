package dev.vl4j.server.cli;

import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.PixelBudget;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How large prompts and the pictures in them may be. */
final class PromptSizeOptions {
  @Option(
      names = "--max-pixels",
      paramLabel = "N",
      description = "Largest area of an image, in pixels; the checkpoint's own if left out.")
  @Nullable Integer maxPixels;

  @Option(
      names = {"--max-model-len", "--max-tokens"},
      paramLabel = "N",
      description = "Longest prompt accepted; the checkpoint's own limit if left out.")
  @Nullable Integer maxTokens;

  /**
   * How a model is opened, with these sizes.
   *
   * @throws CliException if an option has no meaning, or the backend cannot run here
   */
  ModelOptions options(OpeningOptions opening) {
    if (opening.officialPixels && maxPixels != null) {
      throw new CliException("--official-pixels and --max-pixels exclude each other");
    }
    PixelBudget pixels =
        opening.officialPixels
            ? PixelBudget.OFFICIAL_SCRIPT
            : maxPixels == null
                ? PixelBudget.CHECKPOINT
                : PixelBudget.atMost(OpeningOptions.positive("--max-pixels", maxPixels));
    return opening
        .options()
        .withPixelBudget(pixels)
        .withMaxTokens(OpeningOptions.positive("--max-model-len", maxTokens));
  }
}
