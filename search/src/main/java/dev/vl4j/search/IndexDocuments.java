package dev.vl4j.search;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/**
 * Entries and files as Lucene's documents. A file has one of its own and one for each entry; all
 * have its path, by which they are replaced together.
 */
final class IndexDocuments {
  /** In all documents of a file. */
  static final String PATH = "path";

  /** Only in the file's own. */
  static final String FILE = "file";

  static final String HASH = "hash";
  static final String KIND = "kind";
  static final String VECTOR = "vector";

  /** The kind of files' own documents, which no entry has. */
  private static final String FILES = "FILE";

  private static final String SIZE = "size";
  private static final String MODIFIED = "modified";
  private static final String ENTRIES = "entries";
  private static final String NUMBER = "number";
  private static final String START = "start";
  private static final String END = "end";
  private static final String FIRST_LINE = "first_line";
  private static final String LAST_LINE = "last_line";
  private static final String TEXT = "text";
  private static final String PREVIEW = "preview";

  private IndexDocuments() {}

  static Term path(String path) {
    return new Term(PATH, path);
  }

  static Term file(String path) {
    return new Term(FILE, path);
  }

  /** A file's own document. */
  static Document of(FileRecord file) {
    Document document = new Document();
    document.add(new StringField(PATH, file.path(), Field.Store.NO));
    document.add(new StringField(FILE, file.path(), Field.Store.YES));
    document.add(new StringField(KIND, FILES, Field.Store.NO));
    document.add(new StringField(HASH, file.hash(), Field.Store.YES));
    document.add(new StoredField(SIZE, file.stamp().size()));
    document.add(new StoredField(MODIFIED, file.stamp().modified()));
    document.add(new StoredField(ENTRIES, file.entries()));
    return document;
  }

  /** An entry's document. */
  static Document of(IndexedEntry indexed) {
    Entry entry = indexed.entry();
    Document document = new Document();
    document.add(new StringField(PATH, entry.path(), Field.Store.YES));
    document.add(new StringField(KIND, entry.kind().name(), Field.Store.YES));
    document.add(new StoredField(NUMBER, entry.number()));
    // Vectors have the length 1, so that their dot product is their cosine.
    document.add(
        new KnnFloatVectorField(VECTOR, indexed.vector(), VectorSimilarityFunction.DOT_PRODUCT));
    TextSpan span = entry.span();
    if (span != null) {
      document.add(new StoredField(START, span.start()));
      document.add(new StoredField(END, span.end()));
      document.add(new StoredField(FIRST_LINE, span.firstLine()));
      document.add(new StoredField(LAST_LINE, span.lastLine()));
    }
    if (entry.text() != null) {
      document.add(new StoredField(TEXT, entry.text()));
    }
    if (entry.preview() != null) {
      document.add(new StoredField(PREVIEW, entry.preview()));
    }
    return document;
  }

  private static FileRecord fileOf(Document document) {
    return new FileRecord(
        document.get(FILE),
        new FileStamp(number(document, SIZE), number(document, MODIFIED)),
        document.get(HASH),
        (int) number(document, ENTRIES));
  }

  /** The entry of a document. */
  static Entry entry(IndexSearcher searcher, int document) throws IOException {
    Document stored = searcher.storedFields().document(document);
    BytesRef preview = stored.getBinaryValue(PREVIEW);
    return new Entry(
        stored.get(PATH),
        EntryKind.valueOf(stored.get(KIND)),
        (int) number(stored, NUMBER),
        stored.getField(START) == null ? null : span(stored),
        stored.get(TEXT),
        preview == null
            ? null
            : Arrays.copyOfRange(preview.bytes, preview.offset, preview.offset + preview.length));
  }

  private static TextSpan span(Document stored) {
    return new TextSpan(
        number(stored, START),
        number(stored, END),
        (int) number(stored, FIRST_LINE),
        (int) number(stored, LAST_LINE));
  }

  private static long number(Document document, String field) {
    IndexableField found = Objects.requireNonNull(document.getField(field), field);
    return found.numericValue().longValue();
  }

  /** All files, by their paths. */
  static Map<String, FileRecord> files(IndexSearcher searcher) throws IOException {
    Map<String, FileRecord> files = new HashMap<>();
    for (int document : documents(searcher, new Term(KIND, FILES))) {
      FileRecord file =
          fileOf(
              searcher
                  .storedFields()
                  .document(document, Set.of(FILE, HASH, SIZE, MODIFIED, ENTRIES)));
      files.put(file.path(), file);
    }
    return files;
  }

  /** How many entries there are. */
  static int countOfEntries(IndexSearcher searcher) throws IOException {
    int all = searcher.getIndexReader().numDocs();
    return all - searcher.count(new TermQuery(new Term(KIND, FILES)));
  }

  /** A file of a path, or null if the index has none. */
  static @Nullable FileRecord file(IndexSearcher searcher, String path) throws IOException {
    return first(searcher, new TermQuery(file(path)));
  }

  /** A file of this content, or null if the index has none. */
  static @Nullable FileRecord fileOfHash(IndexSearcher searcher, String hash) throws IOException {
    return first(searcher, new TermQuery(new Term(HASH, hash)));
  }

  private static @Nullable FileRecord first(IndexSearcher searcher, Query query)
      throws IOException {
    ScoreDoc[] found = searcher.search(query, 1).scoreDocs;
    return found.length == 0 ? null : fileOf(searcher.storedFields().document(found[0].doc));
  }

  /** The entries of a file with their vectors, in the order of their numbers. */
  static List<IndexedEntry> entries(IndexSearcher searcher, String path) throws IOException {
    List<IndexedEntry> entries = new ArrayList<>();
    for (int document : documents(searcher, path(path))) {
      float[] vector = vector(searcher.getIndexReader(), document);
      if (vector != null) {
        entries.add(new IndexedEntry(entry(searcher, document), vector));
      }
    }
    entries.sort(Comparator.comparingInt(each -> each.entry().number()));
    return entries;
  }

  /** The vector of a document, or null if it has none. */
  private static float @Nullable [] vector(IndexReader reader, int document) throws IOException {
    List<LeafReaderContext> leaves = reader.leaves();
    LeafReaderContext leaf = leaves.get(ReaderUtil.subIndex(document, leaves));
    FloatVectorValues values = leaf.reader().getFloatVectorValues(VECTOR);
    if (values == null) {
      return null;
    }
    KnnVectorValues.DocIndexIterator places = values.iterator();
    int wanted = document - leaf.docBase;
    return places.advance(wanted) == wanted ? values.vectorValue(places.index()).clone() : null;
  }

  /** The documents with a term, in their order. */
  private static int[] documents(IndexSearcher searcher, Term term) throws IOException {
    IntStream.Builder found = IntStream.builder();
    for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
      PostingsEnum postings = leaf.reader().postings(term, PostingsEnum.NONE);
      if (postings != null) {
        Bits live = leaf.reader().getLiveDocs();
        for (int document = postings.nextDoc();
            document != DocIdSetIterator.NO_MORE_DOCS;
            document = postings.nextDoc()) {
          if (live == null || live.get(document)) {
            found.add(leaf.docBase + document);
          }
        }
      }
    }
    return found.build().toArray();
  }
}
