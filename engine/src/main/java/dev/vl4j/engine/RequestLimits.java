package dev.vl4j.engine;

import dev.vl4j.engine.limits.MemoryBudget;
import dev.vl4j.engine.limits.WorkGuard;
import java.util.List;

/**
 * How large requests may be. A request beyond a limit is refused with {@link
 * InvalidRequestException}, and one that does not fit beside others with {@link
 * OverloadedException}.
 *
 * @param documents of one request
 * @param parts texts and images of one request, in its query and all documents
 * @param requestTokens of all prompts of one request together
 * @param imagePixels of one image as it is in its file; Pillow's limit is the default
 * @param requestPixels of all different images of one request together
 * @param imageFileBytes of one image's file
 * @param memoryBytes that all requests in flight may take for images, as files and decoded, and for
 *     texts and tokens; 0 for half of the heap
 */
public record RequestLimits(
    int documents,
    int parts,
    int requestTokens,
    long imagePixels,
    long requestPixels,
    long imageFileBytes,
    long memoryBytes) {
  /** The largest file that one array can hold. */
  public static final int MAX_FILE_BYTES = Integer.MAX_VALUE - 8;

  /**
   * 16,384 documents, 65,536 texts and images, 4,194,304 tokens; 178,956,970 pixels an image and
   * 2,147,483,648 a request, files of 128 MiB, half of the heap.
   */
  public static final RequestLimits DEFAULT =
      new RequestLimits(
          16_384, 65_536, 4_194_304, WorkGuard.DEFAULT_MAX_PIXELS, 1L << 31, 128L << 20, 0);

  /**
   * @throws IllegalArgumentException if a limit is below 1, or the memory is negative
   */
  public RequestLimits {
    Arguments.requireAtLeast("documents", documents, 1);
    Arguments.requireAtLeast("parts", parts, 1);
    Arguments.requireAtLeast("requestTokens", requestTokens, 1);
    Arguments.requireAtLeast("imagePixels", imagePixels, 1);
    Arguments.requireAtLeast("requestPixels", requestPixels, 1);
    Arguments.requireAtLeast("imageFileBytes", imageFileBytes, 1);
    if (imageFileBytes > MAX_FILE_BYTES) {
      throw new IllegalArgumentException(
          "imageFileBytes: expected %d at most, found %d"
              .formatted(MAX_FILE_BYTES, imageFileBytes));
    }
    Arguments.requireAtLeast("memoryBytes", memoryBytes, 0);
  }

  /** The memory that requests may take, in bytes. */
  long memory() {
    return memoryBytes == 0 ? MemoryBudget.ofHeap() : memoryBytes;
  }

  /**
   * @throws InvalidRequestException if a request has too many documents, or parts
   */
  void check(RerankRequest request) {
    check("documents", request.documents(), request.query().parts().size());
  }

  /**
   * @throws InvalidRequestException if a request has too many inputs, or parts
   */
  void check(EmbedRequest request) {
    check("inputs", request.inputs(), 0);
  }

  private void check(String what, List<Content> contents, long otherParts) {
    refuseMore(what, contents.size(), documents);
    long found = otherParts;
    for (Content content : contents) {
      found += content.parts().size();
    }
    refuseMore("texts and images", found, parts);
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

  /** The same with other most documents of a request, 16,384 by default. */
  public RequestLimits withDocuments(int documents) {
    return new RequestLimits(
        documents, parts, requestTokens, imagePixels, requestPixels, imageFileBytes, memoryBytes);
  }

  /** The same with other most texts and images of a request, 65,536 by default. */
  public RequestLimits withParts(int parts) {
    return new RequestLimits(
        documents, parts, requestTokens, imagePixels, requestPixels, imageFileBytes, memoryBytes);
  }

  /** The same with other most tokens of a request, 4,194,304 by default. */
  public RequestLimits withRequestTokens(int requestTokens) {
    return new RequestLimits(
        documents, parts, requestTokens, imagePixels, requestPixels, imageFileBytes, memoryBytes);
  }

  /** The same with another largest image in pixels, 178,956,970 by default. */
  public RequestLimits withImagePixels(long imagePixels) {
    return new RequestLimits(
        documents, parts, requestTokens, imagePixels, requestPixels, imageFileBytes, memoryBytes);
  }

  /** The same with other most pixels of a request, 2,147,483,648 by default. */
  public RequestLimits withRequestPixels(long requestPixels) {
    return new RequestLimits(
        documents, parts, requestTokens, imagePixels, requestPixels, imageFileBytes, memoryBytes);
  }

  /** The same with another largest file of an image in bytes, 128 MiB by default. */
  public RequestLimits withImageFileBytes(long imageFileBytes) {
    return new RequestLimits(
        documents, parts, requestTokens, imagePixels, requestPixels, imageFileBytes, memoryBytes);
  }

  /**
   * The same with other most memory of all requests in bytes; 0, the default, for half of the heap.
   */
  public RequestLimits withMemoryBytes(long memoryBytes) {
    return new RequestLimits(
        documents, parts, requestTokens, imagePixels, requestPixels, imageFileBytes, memoryBytes);
  }
}
