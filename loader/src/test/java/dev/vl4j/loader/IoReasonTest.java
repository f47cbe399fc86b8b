package dev.vl4j.loader;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IoReasonTest {
  @Test
  void everyFailureHasAReasonInWords() {
    Map<IOException, String> reasons = new LinkedHashMap<>();
    reasons.put(new NoSuchFileException("/a/b"), "no such file or directory");
    reasons.put(new AccessDeniedException("/a/b"), "permission denied");
    reasons.put(new MalformedInputException(1), "it is not UTF-8");
    reasons.put(new EOFException(), "it ends too early");
    reasons.put(
        new FileSystemException("/a/b", null, "No space left on device"),
        "No space left on device");
    reasons.put(new FileSystemException("/a/b"), "the system refuses it");
    reasons.put(new IOException("Stale file\nhandle"), "Stale file handle");
    reasons.put(new IOException(), "the system gives no reason");
    reasons.forEach((failure, reason) -> assertThat(IoReason.of(failure)).isEqualTo(reason));
  }
}
