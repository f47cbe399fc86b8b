package dev.vl4j.media.pdf;

import dev.vl4j.engine.media.MediaWork;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.apache.pdfbox.cos.COSArray;
import org.apache.pdfbox.cos.COSBase;
import org.apache.pdfbox.cos.COSDictionary;
import org.apache.pdfbox.cos.COSName;
import org.apache.pdfbox.cos.COSNumber;
import org.apache.pdfbox.cos.COSObject;
import org.apache.pdfbox.cos.COSStream;
import org.apache.pdfbox.filter.FilterFactory;
import org.apache.pdfbox.pdmodel.PDPage;

/**
 * How large the streams of a page become when they are decoded. PDFBox decodes them into memory of
 * any size, and makes tables of sizes that they name; so all that a page reaches is looked at
 * first.
 */
final class StreamSizes {
  private static final int MOST_OBJECTS = 1_000_000;
  private static final long MOST_SAMPLES = 16 << 20;

  /** What leads from a page to others, and is not drawn. */
  private static final Set<COSName> ELSEWHERE =
      Set.of(
          COSName.PARENT,
          COSName.P,
          COSName.A,
          COSName.AA,
          COSName.DEST,
          COSName.METADATA,
          COSName.getPDFName("Popup"),
          COSName.getPDFName("StructParent"),
          COSName.getPDFName("IRT"),
          COSName.getPDFName("B"),
          COSName.getPDFName("PieceInfo"),
          COSName.getPDFName("Thumb"));

  /** Decoded by size, which is checked where a picture is drawn. */
  private static final Set<COSName> PICTURES =
      Set.of(
          COSName.DCT_DECODE,
          COSName.DCT_DECODE_ABBREVIATION,
          COSName.JPX_DECODE,
          COSName.JBIG2_DECODE);

  private final MediaWork work;
  private final Set<COSBase> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Deque<COSBase> open = new ArrayDeque<>();
  private long sum;

  private StreamSizes(MediaWork work) {
    this.work = work;
  }

  /**
   * Reserves memory for all streams that a page reaches.
   *
   * @throws Refusal if one of them is too large
   */
  static void reserve(PDPage page, MediaWork work) throws IOException {
    StreamSizes sizes = new StreamSizes(work);
    sizes.push(page.getCOSObject());
    if (page.getResources() != null) {
      sizes.push(page.getResources().getCOSObject());
    }
    sizes.walk();
    work.reserve(sizes.sum);
  }

  private void push(COSBase base) {
    COSBase value = base instanceof COSObject reference ? reference.getObject() : base;
    if ((value instanceof COSDictionary || value instanceof COSArray) && seen.add(value)) {
      if (seen.size() > MOST_OBJECTS) {
        throw new Refusal("a page has more than %d parts".formatted(MOST_OBJECTS));
      }
      open.push(value);
    }
  }

  private void walk() throws IOException {
    while (!open.isEmpty()) {
      work.check();
      COSBase next = open.pop();
      if (next instanceof COSArray array) {
        for (int i = 0; i < array.size(); i++) {
          push(array.get(i));
        }
      } else if (next instanceof COSDictionary dictionary) {
        for (COSName key : dictionary.keySet()) {
          if (!ELSEWHERE.contains(key)) {
            push(dictionary.getItem(key));
          }
        }
        requireSmallTable(dictionary);
        if (dictionary instanceof COSStream stream) {
          measure(stream);
        }
      }
    }
  }

  /** A function of samples gets a table of the product of its sizes. */
  private static void requireSmallTable(COSDictionary dictionary) {
    if (dictionary.getInt(COSName.FUNCTION_TYPE) != 0) {
      return;
    }
    COSArray sizes = dictionary.getCOSArray(COSName.SIZE);
    double product = 1;
    for (int i = 0; sizes != null && i < sizes.size(); i++) {
      product *= sizes.getObject(i) instanceof COSNumber number ? number.intValue() : 1;
    }
    if (product > MOST_SAMPLES) {
      throw new Refusal("a function has more than %d samples".formatted(MOST_SAMPLES));
    }
  }

  private void measure(COSStream stream) throws IOException {
    List<COSName> filters = filters(stream);
    long size = stream.getLength();
    byte[] intermediate = null;
    for (int i = 0; i < filters.size(); i++) {
      COSName filter = filters.get(i);
      if (PICTURES.contains(filter)) {
        break;
      }
      requireSmallRows(stream, i);
      boolean last = i == filters.size() - 1;
      ByteArrayOutputStream kept = last ? null : new ByteArrayOutputStream();
      Counting decoded = new Counting(kept == null ? OutputStream.nullOutputStream() : kept);
      try (InputStream encoded =
          intermediate == null
              ? stream.createRawInputStream()
              : new ByteArrayInputStream(intermediate)) {
        FilterFactory.INSTANCE.getFilter(filter).decode(encoded, decoded, stream, i);
      } catch (IOException e) {
        // Broken from here on, which whoever needs the stream will find.
      }
      size = decoded.count;
      intermediate = kept == null ? null : kept.toByteArray();
    }
    sum += size;
  }

  private static List<COSName> filters(COSStream stream) {
    COSBase filters = stream.getFilters();
    if (filters instanceof COSName one) {
      return List.of(one);
    }
    return filters instanceof COSArray array
        ? array.toCOSNameStringList().stream().map(COSName::getPDFName).toList()
        : List.of();
  }

  /** Predictors and faxes get rows as long as their parameters say. */
  private void requireSmallRows(COSStream stream, int filter) {
    COSBase parameters = stream.getDictionaryObject(COSName.DECODE_PARMS, COSName.DP);
    if (parameters instanceof COSArray array) {
      parameters = filter < array.size() ? array.getObject(filter) : null;
    }
    if (!(parameters instanceof COSDictionary dictionary)) {
      return;
    }
    double columns = Math.max(dictionary.getInt(COSName.COLUMNS, 1), 1);
    double rows = Math.max(dictionary.getInt(COSName.ROWS, 1), stream.getInt(COSName.HEIGHT, 1));
    double colors = Math.max(dictionary.getInt(COSName.COLORS, 1), 1);
    boolean fax = dictionary.containsKey(COSName.K) || dictionary.containsKey(COSName.ROWS);
    double pixels = columns * (fax ? Math.max(rows, 1) : colors);
    if (pixels > work.maxPixels()) {
      throw new Refusal("a row of a stream is too long");
    }
  }

  /** Counts what is written, up to a limit. */
  private final class Counting extends OutputStream {
    private final OutputStream target;
    private long count;
    private long checked;

    private Counting(OutputStream target) {
      this.target = target;
    }

    private void add(int bytes) {
      count += bytes;
      if (count - checked > 64 << 10) {
        checked = count;
        work.check();
        if (count > Inflation.MOST_BYTES) {
          throw new Refusal(
              "a stream of a page becomes larger than %d MB".formatted(Inflation.MOST_BYTES >> 20));
        }
      }
    }

    @Override
    public void write(int b) throws IOException {
      add(1);
      target.write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      add(length);
      target.write(bytes, offset, length);
    }
  }
}
