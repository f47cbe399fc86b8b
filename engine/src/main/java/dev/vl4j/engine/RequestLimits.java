package dev.vl4j.engine;

import dev.vl4j.engine.limits.MemoryBudget;
import dev.vl4j.engine.limits.WorkGuard;

/**
 * How large requests may be. What is beyond is refused with {@link InvalidRequestException}, and
 * what does not fit beside other requests with {@link OverloadedException}.
 *
 * @param documents of one request
 * @param parts texts and pictures of one request, in its query and all documents
 * @param promptTokens of all prompts of one request together
 * @param imagePixels of one picture, as it is in its file; Pillow's limit is the default
 * @param requestPixels of all different pictures of one request together
 * @param imageFileBytes of one picture's file
 * @param memoryBytes that all requests in flight may take for pictures, as files and decoded, and
 *     for texts and tokens; 0 for half of the heap
 */
public record RequestLimits(
    int documents,
    int parts,
    int promptTokens,
    long imagePixels,
    long requestPixels,
    long imageFileBytes,
    long memoryBytes) {
  /** The largest file that one array can hold. */
  public static final int MOST_FILE_BYTES = Integer.MAX_VALUE - 8;

  public static final RequestLimits DEFAULT =
      new RequestLimits(
          16_384, 65_536, 4_194_304, WorkGuard.DEFAULT_MAX_PIXELS, 1L << 31, 128L << 20, 0);

  public RequestLimits {
    requirePositive("documents", documents);
    requirePositive("parts", parts);
    requirePositive("promptTokens", promptTokens);
    requirePositive("imagePixels", imagePixels);
    requirePositive("requestPixels", requestPixels);
    requirePositive("imageFileBytes", imageFileBytes);
    if (imageFileBytes > MOST_FILE_BYTES) {
      throw new IllegalArgumentException(
          "imageFileBytes: expected %d at most, found %d"
              .formatted(MOST_FILE_BYTES, imageFileBytes));
    }
    if (memoryBytes < 0) {
      throw new IllegalArgumentException("memoryBytes: expected 0 or more, found " + memoryBytes);
    }
  }

  private static void requirePositive(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": expected 1 or more, found " + value);
    }
  }

  /** The memory that requests may take, in bytes. */
  long memory() {
    return memoryBytes == 0 ? MemoryBudget.ofHeap() : memoryBytes;
  }

  /**
   * @throws InvalidRequestException if a request has too many documents, or parts
   */
  void check(RerankRequest request) {
    refuseMore("documents", request.documents().size(), documents);
    long found = request.query().parts().size();
    for (Content document : request.documents()) {
      found += document.parts().size();
    }
    refuseMore("texts and pictures", found, parts);
  }

  /**
   * @throws InvalidRequestException if a request has too many prompts
   */
  void checkPrompts(int prompts) {
    refuseMore("prompts", prompts, documents);
  }

  private static void refuseMore(String what, long found, long most) {
    if (found > most) {
      throw new InvalidRequestException(
          "%s: expected %d at most in one request, found %d".formatted(what, most, found));
    }
  }

  public RequestLimits withDocuments(int documents) {
    return new RequestLimits(
        documents, parts, promptTokens, imagePixels, requestPixels, imageFileBytes, memoryBytes);
  }

  public RequestLimits withParts(int parts) {
    return new RequestLimits(
        documents, parts, promptTokens, imagePixels, requestPixels, imageFileBytes, memoryBytes);
  }

  public RequestLimits withPromptTokens(int promptTokens) {
    return new RequestLimits(
        documents, parts, promptTokens, imagePixels, requestPixels, imageFileBytes, memoryBytes);
  }

  public RequestLimits withImagePixels(long imagePixels) {
    return new RequestLimits(
        documents, parts, promptTokens, imagePixels, requestPixels, imageFileBytes, memoryBytes);
  }

  public RequestLimits withRequestPixels(long requestPixels) {
    return new RequestLimits(
        documents, parts, promptTokens, imagePixels, requestPixels, imageFileBytes, memoryBytes);
  }

  public RequestLimits withImageFileBytes(long imageFileBytes) {
    return new RequestLimits(
        documents, parts, promptTokens, imagePixels, requestPixels, imageFileBytes, memoryBytes);
  }

  public RequestLimits withMemoryBytes(long memoryBytes) {
    return new RequestLimits(
        documents, parts, promptTokens, imagePixels, requestPixels, imageFileBytes, memoryBytes);
  }
}
