package com.example.pictures;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Reranker;
import dev.vl4j.lucene.DocumentFields;
import dev.vl4j.lucene.RerankRescorer;
import dev.vl4j.lucene.VectorField;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;

/**
 * Searches a folder of texts and pictures: an index of vectors finds candidates, a reranker judges
 * them by what the index stores.
 */
public final class FolderSearch implements AutoCloseable {
  /**
   * A file that was found.
   *
   * @param name of the file
   * @param score from 0 to 1
   */
  public record Hit(String name, float score) {}

  private static final int CANDIDATES = 20;

  private final Reranker reranker;
  private final VectorField vectors;
  private final Directory directory = new ByteBuffersDirectory();
  private final DirectoryReader reader;

  /** Indexes the folder. The models stay the caller's. */
  public FolderSearch(Path folder, Embedder embedder, Reranker reranker) throws IOException {
    this.reranker = reranker;
    // Lucene's own formats take no longer vectors.
    int dimensions = Math.min(embedder.dimensions(), KnnVectorsFormat.DEFAULT_MAX_DIMENSIONS);
    vectors = VectorField.of(embedder, "vector", dimensions);
    index(folder);
    reader = DirectoryReader.open(directory);
  }

  /** A document for each file: {@code .txt} is a text, {@code .png} and {@code .jpg} a picture. */
  private void index(Path folder) throws IOException {
    List<Document> documents = new ArrayList<>();
    List<Content> contents = new ArrayList<>();
    try (Stream<Path> all = Files.list(folder)) {
      for (Path file : all.sorted().toList()) {
        String name = file.getFileName().toString();
        Document document = new Document();
        document.add(new StoredField("name", name));
        if (name.endsWith(".txt")) {
          String text = Files.readString(file);
          document.add(new StoredField("body", text));
          contents.add(Content.text(text));
        } else if (name.endsWith(".png") || name.endsWith(".jpg")) {
          byte[] picture = Files.readAllBytes(file);
          document.add(new StoredField("picture", picture));
          contents.add(Content.image(picture));
        } else {
          continue;
        }
        documents.add(document);
      }
    }
    try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
      var fields = vectors.fields(contents);
      for (int i = 0; i < documents.size(); i++) {
        documents.get(i).add(fields.get(i));
        writer.addDocument(documents.get(i));
      }
    }
  }

  /** What answers a question best, in order. */
  public List<Hit> search(String question, int most) throws IOException {
    Content query = Content.text(question);
    DocumentFields fields = DocumentFields.ofText("body").withImages("picture");
    IndexSearcher searcher = new IndexSearcher(reader);
    TopDocs candidates = searcher.search(vectors.query(query, CANDIDATES), CANDIDATES);
    TopDocs best = RerankRescorer.of(reranker, query, fields).rescore(searcher, candidates, most);
    List<Hit> hits = new ArrayList<>();
    for (ScoreDoc hit : best.scoreDocs) {
      hits.add(new Hit(searcher.storedFields().document(hit.doc).get("name"), hit.score));
    }
    return hits;
  }

  @Override
  public void close() throws IOException {
    reader.close();
    directory.close();
  }

  /**
   * Prints what a folder has on a question, judged by the demonstration models.
   *
   * @param arguments the folder, and the question
   */
  public static void main(String[] arguments) throws IOException {
    try (Embedder embedder = Embedder.openDemo();
        Reranker reranker = Reranker.openDemo();
        FolderSearch search = new FolderSearch(Path.of(arguments[0]), embedder, reranker)) {
      for (Hit hit : search.search(arguments[1], 3)) {
        System.out.printf("%.3f  %s%n", hit.score(), hit.name());
      }
    }
  }
}
