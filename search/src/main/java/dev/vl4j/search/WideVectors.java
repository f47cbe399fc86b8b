package dev.vl4j.search;

import java.io.IOException;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.codecs.FilterCodec;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.KnnVectorsWriter;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.codecs.perfield.PerFieldKnnVectorsFormat;
import org.apache.lucene.index.SegmentReadState;
import org.apache.lucene.index.SegmentWriteState;

/**
 * Lucene's own format of vectors without its limit of 1024 dimensions, which is no matter of the
 * format: files are those of Lucene's, under its name, and Lucene reads them.
 */
final class WideVectors extends KnnVectorsFormat {
  /** More than any model of the family has, which is 4096. */
  private static final int MOST_DIMENSIONS = 1 << 16;

  private final KnnVectorsFormat format;

  private WideVectors(KnnVectorsFormat format) {
    super(format.getName());
    this.format = format;
  }

  /** What an index is written by. */
  static Codec codec() {
    Codec standard = Codec.getDefault();
    KnnVectorsFormat wide = new WideVectors(new Lucene99HnswVectorsFormat());
    KnnVectorsFormat fields =
        new PerFieldKnnVectorsFormat() {
          @Override
          public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
            return wide;
          }
        };
    return new FilterCodec(standard.getName(), standard) {
      @Override
      public KnnVectorsFormat knnVectorsFormat() {
        return fields;
      }
    };
  }

  @Override
  public KnnVectorsWriter fieldsWriter(SegmentWriteState state) throws IOException {
    return format.fieldsWriter(state);
  }

  @Override
  public KnnVectorsReader fieldsReader(SegmentReadState state) throws IOException {
    return format.fieldsReader(state);
  }

  @Override
  public int getMaxDimensions(String field) {
    return MOST_DIMENSIONS;
  }
}
