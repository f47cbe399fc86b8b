package dev.vl4j.engine.vision.jpeg;

import java.util.Arrays;

/** Blocks of Huffman-coded coefficients, each whole in one scan. */
final class SequentialHuffman implements EntropyDecoder {
  /** With so many bytes for each block ahead, none can run into the end of a piece. */
  private static final int FAST_BLOCK_BYTES = 512;

  private static final int SUSPENDED = -1;

  private final JpegInput input;
  private final BitReader reader;
  private final Restarts restarts;

  /** The tables of each component of the scan. */
  private final HuffmanTable[] dcTables;

  private final HuffmanTable[] acTables;
  private final int[] dc;
  private final int[] dcBefore;

  SequentialHuffman(
      JpegInput input, Restarts restarts, HuffmanTable[] dcTables, HuffmanTable[] acTables) {
    this.input = input;
    this.reader = new BitReader(input);
    this.restarts = restarts;
    this.dcTables = dcTables;
    this.acTables = acTables;
    this.dc = new int[dcTables.length];
    this.dcBefore = new int[dcTables.length];
  }

  @Override
  public void decode(Mcu mcu) throws EndOfDataException {
    if (restarts.due()) {
      reader.restart(restarts.take());
      Arrays.fill(dc, 0);
    }
    while (!reader.exhausted && !tryDecode(mcu)) {
      input.grow();
    }
    restarts.count(1);
  }

  @Override
  public int skip(int most) {
    if (!reader.exhausted) {
      return 0;
    }
    int mcus = restarts.ahead(most);
    restarts.count(mcus);
    return mcus;
  }

  @Override
  public boolean exhausted() {
    return reader.exhausted;
  }

  private boolean tryDecode(Mcu mcu) throws EndOfDataException {
    boolean fast =
        restarts.interval == 0
            && input.available() >= FAST_BLOCK_BYTES * mcu.offsets.length
            && input.marker == 0;
    return (fast && tryDecode(mcu, true)) || tryDecode(mcu, false);
  }

  /** If it fails, all is as it was before, except for coefficients that will be written again. */
  private boolean tryDecode(Mcu mcu, boolean fast) {
    reader.mark();
    System.arraycopy(dc, 0, dcBefore, 0, dc.length);
    for (int b = 0; b < mcu.offsets.length; b++) {
      int owner = mcu.owners[b];
      short[] block = mcu.arrays[b];
      int at = mcu.offsets[b];
      int size = symbol(dcTables[owner], fast);
      int last = SUSPENDED;
      if (size >= 0 && (size == 0 || ensure(size, fast))) {
        if (size > 0) {
          reader.count -= size;
          int bits = (int) (reader.buffer >>> reader.count) & ((1 << size) - 1);
          dc[owner] += BitReader.extend(bits, size);
        }
        block[at] = (short) dc[owner];
        last = decodeAc(block, at, acTables[owner], fast);
      }
      if (last == SUSPENDED) {
        return undo();
      }
      mcu.last[b] = last;
    }
    return !reader.sawMarker || undo();
  }

  private boolean undo() {
    reader.rewind();
    System.arraycopy(dcBefore, 0, dc, 0, dc.length);
    return false;
  }

  private boolean ensure(int bits, boolean fast) {
    if (fast) {
      return reader.count >= BitReader.FAST_BITS || reader.fillFast();
    }
    return reader.count >= bits || reader.tryFill(bits);
  }

  private int symbol(HuffmanTable table, boolean fast) {
    if (reader.count < (fast ? BitReader.FAST_BITS : HuffmanTable.LOOKUP_BITS)
        && !(fast ? reader.fillFast() : reader.tryFill(0))) {
      return SUSPENDED;
    }
    if (reader.count < HuffmanTable.LOOKUP_BITS) {
      return longSymbol(table, 1);
    }
    int entry =
        table.lookup[(int) (reader.buffer >>> (reader.count - HuffmanTable.LOOKUP_BITS)) & 0xff];
    int length = entry >>> HuffmanTable.LOOKUP_BITS;
    if (length > HuffmanTable.LOOKUP_BITS) {
      return longSymbol(table, length);
    }
    reader.count -= length;
    return entry & 0xff;
  }

  /** A symbol whose word has at least so many bits. */
  private int longSymbol(HuffmanTable table, int length) {
    if (reader.count < length && !reader.tryFill(length)) {
      return SUSPENDED;
    }
    reader.count -= length;
    int word = (int) (reader.buffer >>> reader.count) & ((1 << length) - 1);
    while (word > table.lastWord[length]) {
      if (reader.count < 1 && !reader.tryFill(1)) {
        return SUSPENDED;
      }
      reader.count--;
      word = word << 1 | ((int) (reader.buffer >>> reader.count) & 1);
      length++;
    }
    return table.symbolOf(word, length);
  }

  /**
   * The inner loop of most decoding: the reader's state is in local variables, and its fields are
   * right only where it is called.
   *
   * @return the last coefficient that is not 0, or {@link #SUSPENDED}
   */
  private int decodeAc(short[] block, int at, HuffmanTable table, boolean fast) {
    int[] lookup = table.lookup;
    int[] order = Mcu.NATURAL_ORDER;
    int symbolBits = fast ? BitReader.FAST_BITS : HuffmanTable.LOOKUP_BITS;
    long buffer = reader.buffer;
    int count = reader.count;
    int last = 0;
    for (int k = 1; k < 64; k++) {
      int entry = -1;
      if (count >= symbolBits) {
        entry = lookup[(int) (buffer >>> (count - HuffmanTable.LOOKUP_BITS)) & 0xff];
      }
      int length = entry >>> HuffmanTable.LOOKUP_BITS;
      int symbol = entry & 0xff;
      if (length <= HuffmanTable.LOOKUP_BITS && entry >= 0) {
        count -= length;
      } else {
        reader.buffer = buffer;
        reader.count = count;
        symbol = symbol(table, fast);
        if (symbol < 0) {
          return SUSPENDED;
        }
        buffer = reader.buffer;
        count = reader.count;
      }
      int size = symbol & 15;
      if (size == 0) {
        if (symbol != 0xf0) {
          break;
        }
        k += 15;
        continue;
      }
      k += symbol >>> 4;
      if (count < (fast ? BitReader.FAST_BITS : size)) {
        reader.buffer = buffer;
        reader.count = count;
        if (!ensure(size, fast)) {
          return SUSPENDED;
        }
        buffer = reader.buffer;
        count = reader.count;
      }
      count -= size;
      int value = (int) (buffer >>> count) & ((1 << size) - 1);
      block[at + order[k]] = (short) BitReader.extend(value, size);
      last = k;
    }
    reader.buffer = buffer;
    reader.count = count;
    return last;
  }
}
