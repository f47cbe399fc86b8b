package dev.vl4j.engine;

import dev.vl4j.engine.prompt.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a health check of an installation asks. */
public final class Diagnostics {
  private static final String SMALLEST =
      """
      {"version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": null,
       "post_processor": null, "decoder": null,
       "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}
      """;

  private Diagnostics() {}

  /** Loads the native tokenizer library: "usable", or the reason why it is not. */
  public static String tokenizerNatives() {
    try {
      Path file = Files.createTempFile("vl4j-tokenizer", ".json");
      try {
        Files.writeString(file, SMALLEST);
        Tokenizer.open(file).close();
        return "usable";
      } finally {
        Files.delete(file);
      }
    } catch (IOException | ModelException e) {
      return "not usable: " + e.getMessage();
    }
  }
}
