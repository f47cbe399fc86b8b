package dev.vl4j.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder of files that a target writes its inputs to, in memory where the system has that. */
public final class Scratch {
  private static final Path MEMORY = Path.of("/dev/shm");

  private final Path folder;

  public Scratch() {
    try {
      folder =
          Files.isWritable(MEMORY)
              ? Files.createTempDirectory(MEMORY, "vl4j-fuzz")
              : Files.createTempDirectory("vl4j-fuzz");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    folder.toFile().deleteOnExit();
  }

  public Path folder() {
    return folder;
  }

  /** A file of tensors that are zero. */
  public static byte[] safetensors(String header, int bytes) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(Long.BYTES + text.length + bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .array();
  }

  /** Writes a file, in the place of an older one. */
  public Path file(String name, byte[] bytes) throws IOException {
    Path file = folder.resolve(name);
    if (!Files.exists(file)) {
      file.toFile().deleteOnExit();
    }
    // A new file each time: an older one may still be mapped, and must not shrink.
    Files.deleteIfExists(file);
    return Files.write(file, bytes);
  }
}
