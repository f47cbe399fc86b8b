package dev.vl4j.loader;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LargeFileTest {
  private static final long FIRST_BYTES = 3L << 30;

  @TempDir private Path directory;

  @Test
  void aTensorBeyondTwoGibibytesReadsItsOwnBytes() throws IOException {
    String header =
        """
        {"big":{"dtype":"BF16","shape":[1572864,1024],"data_offsets":[0,%1$d]},\
        "far":{"dtype":"F32","shape":[2],"data_offsets":[%1$d,%2$d]}}\
        """
            .formatted(FIRST_BYTES, FIRST_BYTES + 8);
    Path path = directory.resolve("large.safetensors");
    try {
      writeSparse(path, RawSafetensors.bytes(header));
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        StoredTensor big = file.tensors().get("big");
        assertThat(big.elements()).isEqualTo(1572864L * 1024);
        assertThat(big.data().byteSize()).isEqualTo(FIRST_BYTES);
        assertThat(big.data().get(ValueLayout.JAVA_BYTE, FIRST_BYTES - 1)).isEqualTo((byte) 77);
        assertThat(file.tensors().get("far").toFloats()).containsExactly(1.5f, -2f);
      }
    } finally {
      Files.deleteIfExists(path);
    }
  }

  private static void writeSparse(Path path, byte[] start) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.write(start);
      file.setLength(start.length + FIRST_BYTES + 8);
      file.seek(start.length + FIRST_BYTES - 1);
      file.write(77);
      file.writeInt(Integer.reverseBytes(Float.floatToIntBits(1.5f)));
      file.writeInt(Integer.reverseBytes(Float.floatToIntBits(-2f)));
    }
  }
}
