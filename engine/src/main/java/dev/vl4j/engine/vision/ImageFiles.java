package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.limits.WorkGuard;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads the encoded files of images and pages, as large as they may be. */
final class ImageFiles {
  private static final int PIECE_BYTES = 1 << 16;

  private ImageFiles() {}

  /**
   * Reads the file of an image or of a page, without decoding it. Its bytes stay reserved in the
   * guard.
   *
   * @param most bytes that the file may have
   * @throws InvalidRequestException if it is missing, cannot be read or is too large
   * @throws OverloadedException if there is no memory for it now
   */
  static ImageSource.Encoded read(ImageSource source, long most, WorkGuard guard) {
    try {
      return switch (source) {
        case ImageSource.File file ->
            new ImageSource.Encoded(bytes(file, most, guard), file.name());
        case ImageSource.Encoded encoded -> {
          refuseLarger(encoded, encoded.bytes().length, most);
          guard.reserve(encoded.bytes().length);
          yield encoded;
        }
        case ImageSource.Page page -> read(page.document(), most, guard);
      };
    } catch (NoSuchFileException e) {
      throw new InvalidRequestException(source.name() + ": no such image file", e);
    } catch (AccessDeniedException e) {
      throw unreadable(source, "this process may not read it", e);
    } catch (IOException e) {
      guard.check(); // reading is what an interrupt ends first
      throw unreadable(source, "reading the file failed", e);
    } catch (OutOfMemoryError e) {
      throw new OverloadedException(source.name() + ": not enough memory to read the image now");
    }
  }

  private static byte[] bytes(ImageSource.File file, long most, WorkGuard guard)
      throws IOException {
    Path path = file.path();
    long size = Files.size(path);
    if (Files.isDirectory(path)) {
      throw new InvalidRequestException(file.name() + ": cannot read the image: it is a directory");
    }
    if (!Files.isRegularFile(path)) { // a pipe or a device may have no end
      throw new InvalidRequestException(
          file.name() + ": cannot read the image: it is no regular file");
    }
    refuseLarger(file, size, most);
    guard.reserve(size);
    byte[] bytes = new byte[(int) size];
    try (InputStream in = Files.newInputStream(path)) {
      int read = 0;
      for (int more = 1; more > 0 && read < bytes.length; read += Math.max(more, 0)) {
        guard.check();
        more = in.read(bytes, read, Math.min(PIECE_BYTES, bytes.length - read));
      }
      if (read < bytes.length || in.read() >= 0) {
        throw new InvalidRequestException(file.name() + ": changed while it was being read");
      }
    }
    return bytes;
  }

  private static void refuseLarger(ImageSource source, long size, long most) {
    if (size > most) {
      throw new InvalidRequestException(
          "%s: the image file has %d bytes, more than the %d that one may have"
              .formatted(source.name(), size, most));
    }
  }

  private static InvalidRequestException unreadable(
      ImageSource source, String reason, IOException cause) {
    return new InvalidRequestException(source.name() + ": cannot read the image: " + reason, cause);
  }
}
