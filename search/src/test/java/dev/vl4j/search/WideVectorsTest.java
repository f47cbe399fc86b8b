package dev.vl4j.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Vectors as long as models make them, written, merged and read by Lucene itself. */
class WideVectorsTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  @TempDir Path folder;

  private static float[] unit(Random random, int dimensions) {
    float[] vector = new float[dimensions];
    double sum = 0;
    for (int i = 0; i < dimensions; i++) {
      vector[i] = (float) random.nextGaussian();
      sum += (double) vector[i] * vector[i];
    }
    for (int i = 0; i < dimensions; i++) {
      vector[i] /= (float) Math.sqrt(sum);
    }
    return vector;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1024, 2048, 4096})
  void areReadAsTheyWere(int dimensions) throws IOException {
    System.out.println("tests.seed=" + SEED);
    Random random = new Random(SEED);
    List<float[]> vectors = new ArrayList<>();
    try (Directory directory = FSDirectory.open(folder)) {
      IndexWriterConfig config = new IndexWriterConfig().setCodec(WideVectors.codec());
      try (IndexWriter writer = new IndexWriter(directory, config)) {
        for (int i = 0; i < 30; i++) {
          vectors.add(unit(random, dimensions));
          Entry entry = new Entry(i + ".png", EntryKind.IMAGE, 1, null, null, null);
          writer.addDocument(IndexDocuments.of(new IndexedEntry(entry, vectors.getLast())));
          if (i % 10 == 9) {
            writer.commit();
          }
        }
        writer.forceMerge(1);
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = new IndexSearcher(reader);
        for (int i = 0; i < vectors.size(); i++) {
          assertThat(IndexDocuments.entries(searcher, i + ".png").getFirst().vector())
              .isEqualTo(vectors.get(i));
          int best =
              searcher.search(new KnnFloatVectorQuery(IndexDocuments.VECTOR, vectors.get(i), 1), 1)
                  .scoreDocs[0]
                  .doc;
          if (dimensions > 1) {
            assertThat(IndexDocuments.entry(searcher, best).path()).isEqualTo(i + ".png");
          }
        }
      }
    }
  }
}
