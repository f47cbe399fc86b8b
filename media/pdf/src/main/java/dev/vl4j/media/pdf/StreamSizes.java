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
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

  /** Whose values are named by the file, so a name says nothing of its value. */
  private static final Set<COSName> NAMED =
      Set.of(COSName.CHAR_PROCS, COSName.getPDFName("Colorants"));

  /** Whose values are dictionaries of that kind. */
  private static final Set<COSName> OF_NAMED = Set.of(COSName.RESOURCES, COSName.AP);

  /** What the keys of a dictionary are. */
  private enum Keys {
    /** Those of PDF. */
    KNOWN,
    /** Those of PDF, for dictionaries of names. */
    OF_NAMED,
    /** Names that the file chose. */
    NAMED
  }

  private record Part(COSBase value, Keys keys) {}

  private final MediaWork work;
  private final Map<Keys, Set<COSBase>> seen = new EnumMap<>(Keys.class);
  private final Set<COSStream> measured = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Deque<Part> open = new ArrayDeque<>();
  private int parts;
  private long sum;

  private StreamSizes(MediaWork work) {
    this.work = work;
    for (Keys keys : Keys.values()) {
      seen.put(keys, Collections.newSetFromMap(new IdentityHashMap<>()));
    }
  }

  /**
   * Reserves memory for all streams that a page reaches.
   *
   * @throws Refusal if one of them is too large
   */
  static void reserve(PDPage page, MediaWork work) throws IOException {
    StreamSizes sizes = new StreamSizes(work);
    sizes.push(page.getCOSObject(), Keys.KNOWN);
    if (page.getResources() != null) {
      sizes.push(page.getResources().getCOSObject(), Keys.OF_NAMED);
    }
    sizes.walk();
    work.reserve(sizes.sum);
  }

  private void push(COSBase base, Keys keys) {
    COSBase value = base instanceof COSObject reference ? reference.getObject() : base;
    if ((value instanceof COSDictionary || value instanceof COSArray)
        && Objects.requireNonNull(seen.get(keys)).add(value)) {
      if (++parts > MOST_OBJECTS) {
        throw new Refusal("a page has more than %d parts".formatted(MOST_OBJECTS));
      }
      open.push(new Part(value, keys));
    }
  }

  private void walk() throws IOException {
    while (!open.isEmpty()) {
      work.check();
      Part next = open.pop();
      if (next.value instanceof COSArray array) {
        for (int i = 0; i < array.size(); i++) {
          push(array.get(i), Keys.KNOWN);
        }
      } else if (next.value instanceof COSDictionary dictionary) {
        pushValues(dictionary, next.keys);
        requireSmallTable(dictionary);
        if (dictionary instanceof COSStream stream && measured.add(stream)) {
          measure(stream);
        }
      }
    }
  }

  private void pushValues(COSDictionary dictionary, Keys keys) {
    for (COSName key : dictionary.keySet()) {
      COSBase value = dictionary.getItem(key);
      if (keys == Keys.OF_NAMED || NAMED.contains(key)) {
        push(value, Keys.NAMED);
      } else if (OF_NAMED.contains(key)) {
        push(value, Keys.OF_NAMED);
      } else if (keys == Keys.NAMED || !ELSEWHERE.contains(key)) {
        push(value, Keys.KNOWN);
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
