package dev.vl4j.engine.vision.jpeg;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads segments up to the data of the next scan, and keeps what they define. Segments that make no
 * pixels are passed over, whatever is in them.
 */
final class SegmentReader {
  private static final int TABLES = 4;
  private static final int MAX_DIMENSION = 65500;
  private static final int JFIF_BYTES = 14;
  private static final int ADOBE_BYTES = 12;

  private static final int SOI = 0xd8;
  private static final int EOI = 0xd9;
  private static final int SOS = 0xda;
  private static final int TEM = 0x01;
  private static final int APP0 = 0xe0;

  /** Tables that DHT segments defined, by number; null where there is none yet. */
  final HuffmanTable.@Nullable Spec[] dcTables = new HuffmanTable.@Nullable Spec[TABLES];

  final HuffmanTable.@Nullable Spec[] acTables = new HuffmanTable.@Nullable Spec[TABLES];
  ArithmeticScan.Conditioning conditioning = ArithmeticScan.Conditioning.initial();
  int restartInterval;
  boolean jfif;

  /** -1 without an Adobe segment. */
  int adobeTransform = -1;

  /** Scans so far. */
  int scans;

  private final JpegInput input;
  private final HeaderMetadata metadata = new HeaderMetadata();
  private final int[] @Nullable [] quantization = new int[TABLES] @Nullable [];
  private @Nullable Frame frame;

  SegmentReader(JpegInput input) {
    this.input = input;
  }

  /** The orientation that the segments before the first scan give, 1 to 8. */
  int orientation() {
    return metadata.orientation();
  }

  /** The frame header before the first scan. */
  Frame frame() throws BrokenImageException {
    if (frame == null) {
      throw new BrokenImageException("it has a scan without a frame header");
    }
    return frame;
  }

  /** Reads up to the first scan. Streams of tables alone may precede the image. */
  Scan firstScan() throws BrokenImageException, EndOfDataException {
    while (true) {
      startOfImage();
      Scan scan = nextScan();
      if (scan != null) {
        return scan;
      }
      if (frame != null) {
        throw new BrokenImageException("it ends behind its frame header, without a scan");
      }
    }
  }

  private void startOfImage() throws BrokenImageException, EndOfDataException {
    if (input.readShort() != (0xff00 | SOI)) {
      throw new BrokenImageException("it has no image: no start marker where one must be");
    }
    conditioning = ArithmeticScan.Conditioning.initial();
    restartInterval = 0;
    jfif = false;
    adobeTransform = -1;
  }

  /** Reads up to the data of the next scan; returns null at the end of the image. */
  @Nullable Scan nextScan() throws BrokenImageException, EndOfDataException {
    while (true) {
      if (input.marker == 0) {
        input.nextMarker();
      }
      int marker = input.marker;
      if (marker == SOS) {
        Scan scan = scan();
        input.marker = 0;
        return scan;
      }
      if (marker != EOI) {
        segment(marker);
      }
      input.marker = 0;
      if (marker == EOI) {
        return null;
      }
    }
  }

  private void segment(int marker) throws BrokenImageException, EndOfDataException {
    switch (marker) {
      case 0xc0, 0xc1 -> frame(Frame.CodingProcess.SEQUENTIAL_HUFFMAN);
      case 0xc2 -> frame(Frame.CodingProcess.PROGRESSIVE_HUFFMAN);
      case 0xc3 -> frame(Frame.CodingProcess.LOSSLESS_HUFFMAN);
      case 0xc9 -> frame(Frame.CodingProcess.SEQUENTIAL_ARITHMETIC);
      case 0xca -> frame(Frame.CodingProcess.PROGRESSIVE_ARITHMETIC);
      case 0xcb -> throw unsupported("lossless, arithmetic-coded", marker);
      case 0xc5, 0xc6, 0xc7, 0xcd, 0xce, 0xcf -> throw unsupported("hierarchical", marker);
      case 0xc4 -> huffmanTables();
      case 0xcc -> conditioning();
      case 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7 -> {
        // Restart markers have no content, and no meaning here.
      }
      case SOI -> throw new BrokenImageException("it has a second start marker");
      case 0xdb -> quantizationTables();
      case 0xdd -> restartInterval();
      case 0xdc, 0xfe -> input.skip(input.readShort() - 2);
      default -> {
        if (marker >= APP0 && marker <= APP0 + 15) {
          application(marker - APP0);
        } else if (marker != TEM || scans == 0) {
          throw new BrokenImageException(
              "it has the marker FF%02X, which none knows".formatted(marker));
        }
      }
    }
  }

  private static BrokenImageException unsupported(String process, int marker) {
    return new BrokenImageException(
        "it is a %s JPEG (SOF%d), which is not supported".formatted(process, marker - 0xc0));
  }

  private void frame(Frame.CodingProcess process) throws BrokenImageException, EndOfDataException {
    if (frame != null) {
      throw new BrokenImageException("it has a second frame header");
    }
    int length = input.readShort();
    int precision = input.readByte();
    int height = input.readShort();
    int width = input.readShort();
    int components = input.readByte();
    if (precision != 8) {
      throw new BrokenImageException(
          "it has samples of %d bits; only 8 are supported".formatted(precision));
    }
    if (components != 1 && components != 3 && components != 4) {
      throw new BrokenImageException(
          "it has %d colour components; only 1, 3 and 4 are supported".formatted(components));
    }
    if (width == 0 || height == 0 || width > MAX_DIMENSION || height > MAX_DIMENSION) {
      throw new BrokenImageException(
          "it is %d x %d; 1 to %d are supported".formatted(width, height, MAX_DIMENSION));
    }
    if (length != 8 + 3 * components) {
      throw wrongLength("frame header", length);
    }
    List<Component.Spec> specs = new ArrayList<>();
    for (int i = 0; i < components; i++) {
      int id = input.readByte();
      int sampling = input.readByte();
      specs.add(new Component.Spec(id, sampling >> 4, sampling & 15, input.readByte()));
    }
    metadata.frame();
    frame = new Frame(process, width, height, specs);
  }

  private static BrokenImageException wrongLength(String segment, int length) {
    return new BrokenImageException(
        "its %s has %d bytes, which do not fit its content".formatted(segment, length));
  }

  private Scan scan() throws BrokenImageException, EndOfDataException {
    Frame of = frame();
    int length = input.readShort();
    int count = input.readByte();
    if (length != 6 + 2 * count || count < 1 || count > TABLES) {
      throw wrongLength("scan header", length);
    }
    Component[] components = new Component[count];
    int[] dc = new int[count];
    int[] ac = new int[count];
    for (int i = 0; i < count; i++) {
      components[i] = component(of, input.readByte(), components, i);
      int tables = input.readByte();
      dc[i] = tables >> 4;
      ac[i] = tables & 15;
    }
    int start = input.readByte();
    int end = input.readByte();
    int bits = input.readByte();
    if (scans == 0) {
      metadata.firstScan();
    }
    scans++;
    return new Scan(components, dc, ac, start, end, bits >> 4, bits & 15);
  }

  /**
   * The component of an id, as libjpeg finds it: from the scan's own count on, so that a scan must
   * have its components in the frame's order, and may have several with the same id.
   */
  private static Component component(Frame frame, int id, Component[] taken, int count)
      throws BrokenImageException {
    for (int i = count; i < frame.components.length; i++) {
      Component component = frame.components[i];
      if (component.id == id && !Arrays.asList(taken).contains(component)) {
        return component;
      }
      if (component.id == id) {
        break;
      }
    }
    throw new BrokenImageException(
        "a scan's component %d has the id %d, which is not in its place".formatted(count, id));
  }

  /** Keeps the quantization tables that a scan's components have as it begins. */
  void latchQuantization(Scan scan) throws BrokenImageException {
    for (Component component : scan.components()) {
      if (component.quantization != null) {
        continue;
      }
      int number = component.quantizationTable;
      int[] table = number < TABLES ? quantization[number] : null;
      if (table == null) {
        throw new BrokenImageException("it has no quantization table " + number);
      }
      component.quantization = table.clone();
    }
  }

  private void quantizationTables() throws BrokenImageException, EndOfDataException {
    int left = input.readShort() - 2;
    while (left > 0) {
      int head = input.readByte();
      boolean wide = head >> 4 != 0;
      int number = head & 15;
      if (number >= TABLES) {
        throw new BrokenImageException("it has a quantization table " + number);
      }
      int[] table = new int[64];
      for (int k = 0; k < 64; k++) {
        table[Mcu.NATURAL_ORDER[k]] = wide ? input.readShort() : input.readByte();
      }
      quantization[number] = table;
      left -= wide ? 129 : 65;
    }
    if (left != 0) {
      throw wrongLength("segment of quantization tables", left);
    }
  }

  private void huffmanTables() throws BrokenImageException, EndOfDataException {
    int length = input.readShort();
    int left = length - 2;
    while (left > 16) {
      int head = input.readByte();
      int[] counts = new int[17];
      int symbols = 0;
      for (int i = 1; i <= 16; i++) {
        counts[i] = input.readByte();
        symbols += counts[i];
      }
      left -= 17;
      if (symbols > 256 || symbols > left) {
        throw new BrokenImageException("a Huffman table has %d symbols".formatted(symbols));
      }
      byte[] values = new byte[256];
      for (int i = 0; i < symbols; i++) {
        values[i] = (byte) input.readByte();
      }
      left -= symbols;
      int number = head & ~0x10;
      if (number >= TABLES) {
        throw new BrokenImageException("it has a Huffman table " + number);
      }
      ((head & 0x10) != 0 ? acTables : dcTables)[number] = new HuffmanTable.Spec(counts, values);
    }
    if (left != 0) {
      throw wrongLength("segment of Huffman tables", length);
    }
  }

  private void conditioning() throws BrokenImageException, EndOfDataException {
    int length = input.readShort();
    int left = length - 2;
    for (; left > 0; left -= 2) {
      int number = input.readByte();
      int value = input.readByte();
      if (number >= 2 * ArithmeticScan.Conditioning.TABLES) {
        throw new BrokenImageException("it has a conditioning table " + number);
      }
      if (number >= ArithmeticScan.Conditioning.TABLES) {
        conditioning.acThreshold()[number - ArithmeticScan.Conditioning.TABLES] = value;
      } else if ((value & 15) > value >> 4) {
        throw new BrokenImageException(
            "a conditioning table's bounds are %d to %d".formatted(value & 15, value >> 4));
      } else {
        conditioning.dcLower()[number] = value & 15;
        conditioning.dcUpper()[number] = value >> 4;
      }
    }
    if (left != 0) {
      throw wrongLength("segment of conditioning tables", length);
    }
  }

  private void restartInterval() throws BrokenImageException, EndOfDataException {
    int length = input.readShort();
    if (length != 4) {
      throw wrongLength("restart interval", length);
    }
    restartInterval = input.readShort();
  }

  private void application(int number) throws BrokenImageException, EndOfDataException {
    int length = Math.max(input.readShort() - 2, 0);
    int from = input.position;
    input.skip(length);
    if (scans > 0) {
      return;
    }
    byte[] content = Arrays.copyOfRange(input.file, from, from + length);
    metadata.application(number, content);
    if (number == 0 && length >= JFIF_BYTES && HeaderMetadata.startsWith(content, "JFIF\0")) {
      jfif = true;
    } else if (number == 14
        && length >= ADOBE_BYTES
        && HeaderMetadata.startsWith(content, "Adobe")) {
      adobeTransform = content[11] & 0xff;
    }
  }
}
