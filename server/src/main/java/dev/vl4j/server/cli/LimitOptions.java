package dev.vl4j.server.cli;

import dev.vl4j.engine.RequestLimits;
import picocli.CommandLine.Option;

/** How large requests may be, and how much memory they may take. */
final class LimitOptions {
  @Option(
      names = "--max-documents",
      paramLabel = "N",
      description = "Documents, or pairs, of one request; 16384 if left out.")
  int documents = RequestLimits.DEFAULT.documents();

  @Option(
      names = "--max-parts",
      paramLabel = "N",
      description = "Texts and pictures of one request; 65536 if left out.")
  int parts = RequestLimits.DEFAULT.parts();

  @Option(
      names = "--max-request-tokens",
      paramLabel = "N",
      description = "Tokens of all prompts of one request together; 4194304 if left out.")
  int promptTokens = RequestLimits.DEFAULT.requestTokens();

  @Option(
      names = "--max-image-pixels",
      paramLabel = "N",
      description = "Pixels of one picture in its file; Pillow's 178956970 if left out.")
  long imagePixels = RequestLimits.DEFAULT.imagePixels();

  @Option(
      names = "--max-request-pixels",
      paramLabel = "N",
      description = "Pixels of all pictures of one request together; 2147483648 if left out.")
  long requestPixels = RequestLimits.DEFAULT.requestPixels();

  @Option(
      names = "--max-image-bytes",
      paramLabel = "N",
      description = "Size of one picture's file; 128 MiB if left out.")
  long imageFileBytes = RequestLimits.DEFAULT.imageFileBytes();

  @Option(
      names = "--request-memory",
      paramLabel = "BYTES",
      description =
          "Memory of the heap for pictures and tokens of all requests in flight; half of the heap"
              + " if left out.")
  long memoryBytes;

  /**
   * What these options come to.
   *
   * @throws CliException if one of them cannot be
   */
  RequestLimits limits() {
    requirePositive("--max-documents", documents);
    requirePositive("--max-parts", parts);
    requirePositive("--max-request-tokens", promptTokens);
    requirePositive("--max-image-pixels", imagePixels);
    requirePositive("--max-request-pixels", requestPixels);
    requirePositive("--max-image-bytes", imageFileBytes);
    if (imageFileBytes > RequestLimits.MAX_FILE_BYTES) {
      throw new CliException(
          "--max-image-bytes: expected %d at most, found %d"
              .formatted(RequestLimits.MAX_FILE_BYTES, imageFileBytes));
    }
    if (memoryBytes < 0) {
      throw new CliException("--request-memory: expected 0 or more, found " + memoryBytes);
    }
    return new RequestLimits(
        documents, parts, promptTokens, imagePixels, requestPixels, imageFileBytes, memoryBytes);
  }

  static void requirePositive(String option, long value) {
    if (value < 1) {
      throw new CliException(option + ": expected a number above 0, found " + value);
    }
  }
}
