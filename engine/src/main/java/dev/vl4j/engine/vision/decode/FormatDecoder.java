package dev.vl4j.engine.vision.decode;

import dev.vl4j.engine.limits.WorkGuard;

/** Decodes one file format to the samples that Pillow gives. */
@FunctionalInterface
public interface FormatDecoder {
  /**
   * Decodes a file. An implementation reserves what it will allocate for pixels as soon as it knows
   * the size, calls {@link WorkGuard#check} for each row, and needs time and memory in proportion
   * to the file and the pixels that it keeps, whatever the bytes say. It releases what it reserved
   * for itself; the result's samples stay reserved for the caller, who also releases what a failed
   * decoder has left.
   *
   * @param file the whole file
   * @throws BrokenImageException if Pillow would refuse it too, or if it uses a feature that is
   *     named in the message
   */
  ImagePixels decode(byte[] file, WorkGuard guard) throws BrokenImageException;
}
