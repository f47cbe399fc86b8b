package dev.vl4j.engine.vision.jpeg;

import dev.vl4j.engine.vision.decode.BrokenImageException;

/** Sets up the decoder of a scan, from the tables that are defined as it begins. */
final class ScanDecoders {
  private static final int LARGEST_DC_SYMBOL = 15;
  private static final int LARGEST_LOSSLESS_SYMBOL = 16;
  private static final int LARGEST_AC_SYMBOL = 255;

  private final JpegInput input;
  private final SegmentReader segments;
  private final Frame frame;

  ScanDecoders(JpegInput input, SegmentReader segments, Frame frame) {
    this.input = input;
    this.segments = segments;
    this.frame = frame;
    if (frame.process == Frame.CodingProcess.SEQUENTIAL_HUFFMAN) {
      useStandardTables();
    }
  }

  private void useStandardTables() {
    for (int number = 0; number < 2; number++) {
      if (segments.dcTables[number] == null) {
        segments.dcTables[number] = HuffmanTable.Spec.standard(true, number == 0);
      }
      if (segments.acTables[number] == null) {
        segments.acTables[number] = HuffmanTable.Spec.standard(false, number == 0);
      }
    }
  }

  EntropyDecoder of(Scan scan) throws BrokenImageException {
    if (frame.process.progressive()) {
      scan.enterProgression(segments.scans);
    }
    Restarts restarts = new Restarts(segments.restartInterval);
    return switch (frame.process) {
      case SEQUENTIAL_HUFFMAN ->
          new SequentialHuffman(input, restarts, dcTables(scan, LARGEST_DC_SYMBOL), acTables(scan));
      case PROGRESSIVE_HUFFMAN ->
          new ProgressiveHuffman(input, restarts, scan, progressiveTables(scan));
      case SEQUENTIAL_ARITHMETIC, PROGRESSIVE_ARITHMETIC ->
          new ArithmeticScan(
              input, restarts, scan, frame.process.progressive(), segments.conditioning);
      case LOSSLESS_HUFFMAN -> throw new IllegalArgumentException("lossless scans have no blocks");
    };
  }

  LosslessHuffman lossless(Scan scan) throws BrokenImageException {
    return new LosslessHuffman(
        frame,
        input,
        new Restarts(segments.restartInterval),
        scan,
        dcTables(scan, LARGEST_LOSSLESS_SYMBOL));
  }

  private HuffmanTable[] progressiveTables(Scan scan) throws BrokenImageException {
    if (scan.start() > 0) {
      return acTables(scan);
    }
    return scan.high() == 0 ? dcTables(scan, LARGEST_DC_SYMBOL) : new HuffmanTable[0];
  }

  private HuffmanTable[] dcTables(Scan scan, int largestSymbol) throws BrokenImageException {
    return tables(scan.dcTables(), segments.dcTables, "DC", largestSymbol);
  }

  private HuffmanTable[] acTables(Scan scan) throws BrokenImageException {
    return tables(scan.acTables(), segments.acTables, "AC", LARGEST_AC_SYMBOL);
  }

  private static HuffmanTable[] tables(
      int[] numbers, HuffmanTable.Spec[] specs, String kind, int largestSymbol)
      throws BrokenImageException {
    HuffmanTable[] tables = new HuffmanTable[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      HuffmanTable.Spec spec = numbers[i] < specs.length ? specs[numbers[i]] : null;
      if (spec == null) {
        throw new BrokenImageException("it has no Huffman table %s %d".formatted(kind, numbers[i]));
      }
      tables[i] = new HuffmanTable(spec, largestSymbol);
    }
    return tables;
  }
}
