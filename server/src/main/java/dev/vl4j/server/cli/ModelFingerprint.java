package dev.vl4j.server.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Tells checkpoints apart by what is in their files, wherever these lie. Small files are read
 * whole, of large ones a sample from beginning to end: training changes weights all over.
 */
final class ModelFingerprint {
  private static final int WHOLE = 16 << 20;
  private static final int SAMPLES = 256;
  private static final int SAMPLE = 4096;

  private static final List<String> FILES = List.of(".json", ".safetensors");

  private ModelFingerprint() {}

  /**
   * The fingerprint of a model directory, or the name itself if it is none.
   *
   * @throws CliException if a file cannot be read
   */
  static String of(String located) {
    if (ModelOpener.isBuiltIn(located)) {
      return located;
    }
    Path directory;
    try {
      directory = Path.of(located);
    } catch (InvalidPathException _) {
      return located; // opening it will say so
    }
    if (!Files.isDirectory(directory)) {
      return located;
    }
    try (Stream<Path> found = Files.walk(directory, 2, FileVisitOption.FOLLOW_LINKS)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Path file : found.filter(ModelFingerprint::counts).sorted().toList()) {
        String name = directory.relativize(file).toString();
        digest.update((name + ' ' + Files.size(file) + '\n').getBytes(StandardCharsets.UTF_8));
        read(file, digest);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException | UncheckedIOException e) {
      throw new CliException("--model: cannot read " + located + ": " + Errors.message(e), e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean counts(Path file) {
    String name = file.getFileName().toString();
    return FILES.stream().anyMatch(name::endsWith) && Files.isRegularFile(file);
  }

  private static void read(Path file, MessageDigest digest) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      int samples = size <= WHOLE ? 1 : SAMPLES;
      int length = size <= WHOLE ? (int) size : SAMPLE;
      ByteBuffer buffer = ByteBuffer.allocate(length);
      for (int i = 0; i < samples; i++) {
        long position = samples == 1 ? 0 : (size - length) / (samples - 1) * i;
        buffer.clear();
        while (buffer.hasRemaining() && channel.read(buffer, position + buffer.position()) >= 0) {
          // until the sample is whole, or the file is shorter than it was
        }
        digest.update(buffer.flip());
      }
    }
  }
}
