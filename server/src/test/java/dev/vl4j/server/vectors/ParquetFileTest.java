package dev.vl4j.server.vectors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Read by a library that knows nothing of who wrote them. */
class ParquetFileTest {
  private static final long SEED = 20261127;

  @TempDir Path folder;

  /** Something for each row of a file. */
  private interface Reading<T> {
    T read(RowReader row);
  }

  private static <T> List<T> read(Path file, Reading<T> reading) throws IOException {
    List<T> all = new ArrayList<>();
    try (ParquetFileReader parquet = ParquetFileReader.open(InputFile.of(file));
        RowReader rows = parquet.rowReader()) {
      while (rows.hasNext()) {
        rows.next();
        all.add(reading.read(rows));
      }
    }
    return all;
  }

  private static String orNull(RowReader row, String column) {
    return row.isNull(column) ? "null" : row.getString(column);
  }

  @Test
  void columnsAndWhatIsMissing() throws IOException {
    Path file =
        new RowFiles(folder)
            .add("\"custom_id\":\"bücher 📚.png\",", RowFiles.bytes(1, -0f, Float.MIN_VALUE))
            .failed("\"custom_id\":7,", "line 2: no such file")
            .add("\"custom_id\":null,\"scale\":2.5,", RowFiles.bytes(4, 5, 6))
            .write(FileFormat.PARQUET, NumberType.FLOAT32, 3);
    assertThat(read(file, row -> row.getLong("row"))).containsExactly(0L, 1L, 2L);
    assertThat(read(file, row -> orNull(row, "custom_id")))
        .containsExactly("bücher 📚.png", "7", "null");
    assertThat(read(file, row -> orNull(row, "error")))
        .containsExactly("null", "line 2: no such file", "null");
    assertThat(read(file, row -> row.getInt("tokens"))).containsExactly(3, 0, 5);
    assertThat(read(file, row -> row.isNull("scale") ? 0 : row.getFloat("scale")))
        .containsExactly(0f, 0f, 2.5f);
    assertThat(
            read(
                file,
                row -> row.isNull("embedding") ? List.of() : row.getList("embedding").floats()))
        .containsExactly(List.of(1f, -0f, Float.MIN_VALUE), List.of(), List.of(4f, 5f, 6f));
    try (ParquetFileReader parquet = ParquetFileReader.open(InputFile.of(file))) {
      assertThat(parquet.getFileMetaData().createdBy()).startsWith("vl4j version ");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = NumberType.class,
      names = {"INT8", "UINT8"})
  void smallIntegers(NumberType type) throws IOException {
    Random random = new Random(SEED);
    RowFiles rows = new RowFiles(folder);
    List<List<Integer>> expected = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      byte[] vector = new byte[1000];
      random.nextBytes(vector);
      rows.add("", vector);
      expected.add(
          IntStream.range(0, vector.length)
              .map(at -> type == NumberType.INT8 ? vector[at] : vector[at] & 0xFF)
              .boxed()
              .toList());
    }
    Path file = rows.write(FileFormat.PARQUET, type, 1000);
    List<List<Integer>> found =
        read(
            file,
            row -> row.getList("embedding").values().stream().map(ParquetFileTest::whole).toList());
    assertThat(found).as("seed " + SEED).isEqualTo(expected);
    // They take four bytes each before they are compressed.
    assertThat(Files.size(file)).isLessThan(2 * 500 * 1000);
  }

  private static int whole(Object number) {
    return ((Number) number).intValue();
  }

  /** More than a page and more than a row group, with rows that failed among them. */
  @Test
  void manyRows() throws IOException {
    int width = 4096;
    int count = 2600;
    Random random = new Random(SEED);
    RowFiles rows = new RowFiles(folder);
    List<float[]> vectors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      float[] vector = new float[width];
      for (int k = 0; k < width; k++) {
        vector[k] = Float.intBitsToFloat(random.nextInt() & 0x7F7F_FFFF);
      }
      if (i % 100 == 99) {
        rows.failed("", "broken");
        vectors.add(new float[0]);
      } else {
        rows.add(vector);
        vectors.add(vector);
      }
    }
    Path file = rows.write(FileFormat.PARQUET, NumberType.FLOAT32, width);
    try (ParquetFileReader parquet = ParquetFileReader.open(InputFile.of(file))) {
      assertThat(parquet.getFileMetaData().rowGroups()).hasSizeBetween(2, 3);
      assertThat(parquet.getFileMetaData().numRows()).isEqualTo(count);
    }
    int[] next = new int[1];
    List<Boolean> equal =
        read(
            file,
            row -> {
              float[] expected = vectors.get(next[0]++);
              if (row.isNull("embedding")) {
                return expected.length == 0;
              }
              List<Float> found = row.getList("embedding").floats();
              return found.size() == width
                  && IntStream.range(0, width).allMatch(k -> found.get(k) == expected[k]);
            });
    assertThat(equal).as("seed " + SEED).hasSize(count).doesNotContain(false);
  }

  @Test
  void noRows() throws IOException {
    Path file = new RowFiles(folder).write(FileFormat.PARQUET, NumberType.FLOAT32, 5);
    assertThat(read(file, row -> row.getLong("row"))).isEmpty();
  }
}
