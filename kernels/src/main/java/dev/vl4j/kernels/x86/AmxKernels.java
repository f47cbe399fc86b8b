package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.Gp.R10;
import static dev.vl4j.kernels.x86.Gp.R11;
import static dev.vl4j.kernels.x86.Gp.R8;
import static dev.vl4j.kernels.x86.Gp.R9;
import static dev.vl4j.kernels.x86.Gp.RAX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;
import static dev.vl4j.kernels.x86.Gp.RSP;

import java.util.List;

/**
 * Generator of the tiles of matrix products for AMX: what {@link TileKernels} computes, by
 * instructions on whole matrices (Intel 64 and IA-32 Architectures Software Developer's Manual,
 * volume 1, chapter 18). B lies as it does there, A in the blocks of {@link #LAYOUT}, so that a
 * register's 16 rows are one KiB without gaps.
 *
 * <p>Of a tile's 32 x 32 sums a register holds 16 x 16. In one turn, two registers of A, each 16
 * rows of 16 words, meet two of B, each 16 words of 16 columns: four products of 16 cycles for four
 * loads of 16 lines. All four come from the second-level cache, whose latency the processor does
 * not hide by itself, since a register cannot be loaded while a product reads it; so a turn also
 * fetches the lines of the turn after next.
 *
 * <p>A kernel shapes the registers when it is called and releases them before it returns. So it
 * needs nothing of what ran on its thread before, and leaves nothing that the system would have to
 * save. Shaping has a long latency beside the 1000 cycles that a tile of 1 KiB of depth takes, 64
 * products of 16 cycles each; therefore one call computes a whole column of tiles, and shapes the
 * registers once for all of them.
 */
final class AmxKernels {
  /** Rows of the largest tile. */
  static final int ROWS = 32;

  /** Bytes of a row of A in one turn; rows are padded with zeros to a multiple. */
  static final int STEP_BYTES = 64;

  /** Lines of B that one turn reads. */
  static final int STEP_LINES = STEP_BYTES * TileKernels.PANEL / 64;

  /** Rows of a register. */
  static final int REGISTER_ROWS = 16;

  /** Blocks of A: a register is filled from one KiB. */
  static final OperandLayout LAYOUT = new OperandLayout(REGISTER_ROWS, STEP_BYTES, 0);

  private static final int REGISTER_BYTES = 64;

  /** Bytes of a cache line. */
  static final int LINE_BYTES = 64;

  private static final int PANEL_BYTES = TileKernels.PANEL * Integer.BYTES;

  /** Bytes of a block of A, and of a panel of B, that one turn reads. */
  private static final int TURN_OF_A = REGISTER_ROWS * STEP_BYTES;

  private static final int TURN_OF_B = STEP_LINES * LINE_BYTES;

  /** How many turns ahead operands are fetched. */
  private static final int TURNS_AHEAD = 2;

  /** Sums of [half of the rows][half of the columns]. */
  private static final Tile[][] SUMS = {
    {new Tile(0), new Tile(1)},
    {new Tile(2), new Tile(3)},
  };

  private static final Tile[] ROWS_OF_A = {new Tile(4), new Tile(5)};
  private static final Tile[] COLUMNS_OF_B = {new Tile(6), new Tile(7)};

  /** Offset of the seventh argument: on the stack, after the return address. */
  private static final int SEVENTH_ARGUMENT = 8;

  /** Where lines are fetched from. */
  private static final Gp FETCH = Gp.R12;

  private AmxKernels() {}

  /** What is multiplied. */
  enum Dot {
    /** Pairs of bfloat16; float32 sums. */
    BF16(2),
    /** Four unsigned with four signed bytes; int32 sums. */
    INT8(4);

    private final int productsOfWord;

    Dot(int productsOfWord) {
      this.productsOfWord = productsOfWord;
    }
  }

  /**
   * Tiles below each other as a function, {@code C = [C +] A B}. Arguments in registers are those
   * of {@link TileKernels}, with turns of {@link #STEP_BYTES} and strides between blocks of A here.
   * On the stack: tiles, at least 1, of which each one's first row of A and of C follows the last
   * of the one before; and what to fetch into the cache meanwhile, some lines each turn.
   *
   * @param rows of each tile, 1 to {@link #ROWS}
   * @param accumulate whether C is added to; otherwise it is overwritten
   * @param lines to fetch in each turn, 0 to {@link #STEP_LINES}; with all, which then are this
   *     panel's own further on, B is not fetched otherwise
   */
  static byte[] tiles(Dot dot, int rows, boolean accumulate, int lines) {
    Assembler a = new Assembler();
    int arguments = SEVENTH_ARGUMENT;
    if (lines > 0) {
      a.push(FETCH);
      arguments += Long.BYTES;
      a.mov(FETCH, Mem.at(RSP, arguments + Long.BYTES));
    }
    Label shapes = new Label();
    shape(a, shapes);
    a.mov(RAX, LINE_BYTES);
    a.mov(R11, Mem.at(RSP, arguments));
    Label next = new Label();
    a.bind(next);
    tile(a, dot, rows, accumulate, Fetching.of(lines));
    a.sub(R11, 1);
    a.jump(Assembler.Condition.NOT_ZERO, next);
    a.tilerelease();
    if (lines > 0) {
      a.pop(FETCH);
    }
    a.ret();
    a.bind(shapes);
    a.bytes(shapes(rows));
    return a.toBytes();
  }

  /**
   * What a turn fetches.
   *
   * @param rows whether it fetches the turn after next of A
   * @param columns likewise of B
   * @param lines of what comes after all turns
   */
  record Fetching(boolean rows, boolean columns, int lines) {
    static final Fetching NOTHING = new Fetching(false, false, 0);

    static Fetching of(int lines) {
      return new Fetching(true, lines < STEP_LINES, lines);
    }
  }

  /**
   * A tile as part of a larger kernel, whose registers have their shapes. RDI, RSI, RDX, RCX, R8
   * and R9 as for {@link #tiles}; RAX: {@link #LINE_BYTES}. Leaves RDI at the block of A, and RDX
   * at the row of C, after the tile; changes R10.
   */
  static void tile(Assembler a, Dot dot, int rows, boolean accumulate, Fetching fetching) {
    if (accumulate) {
      load(a, rows);
    } else {
      registers(rows).forEach(a::tilezero);
    }
    block(a, dot, rows, fetching);
    store(a, rows);
  }

  /** Shapes the registers by what {@link #shapes} gives, which is to be bound to the label. */
  static void shape(Assembler a, Label shapes) {
    a.lea(RAX, shapes);
    a.ldtilecfg(Mem.at(RAX));
  }

  /** Whether there are rows for the second register of A. */
  private static boolean tall(int rows) {
    return rows > REGISTER_ROWS;
  }

  private static List<Tile> registers(int rows) {
    return tall(rows)
        ? List.of(SUMS[0][0], SUMS[0][1], SUMS[1][0], SUMS[1][1])
        : List.of(SUMS[0][0], SUMS[0][1]);
  }

  /** The sums so far. */
  private static void load(Assembler a, int rows) {
    half(a, SUMS[0], RDX);
    if (tall(rows)) {
      advance(a, R10, RDX, R9, REGISTER_ROWS);
      half(a, SUMS[1], R10);
    }
  }

  private static void half(Assembler a, Tile[] sums, Gp rows) {
    for (int half = 0; half < 2; half++) {
      a.tileloadd(sums[half], Mem.at(rows, R9, 1, half * REGISTER_BYTES));
    }
  }

  /** All turns of a tile; leaves RDI at the block after it, and RSI and RCX as they are. */
  private static void block(Assembler a, Dot dot, int rows, Fetching fetching) {
    List<Gp> saved = List.of(RDI, RSI, RCX);
    saved.forEach(a::push);
    if (tall(rows)) {
      a.lea(R10, Mem.at(RDI, R8, 1, 0));
    }
    int lines = fetching.lines;
    Label loop = new Label();
    a.bind(loop);
    // A product starts as soon as its operands are there, so loads are in the order of need.
    column(a, 0);
    a.tileloadd(ROWS_OF_A[0], Mem.at(RDI, RAX, 1, 0));
    multiply(a, dot, 0, 0);
    if (fetching.rows) {
      ahead(a, RDI, TURN_OF_A, 0, REGISTER_ROWS);
    }
    column(a, 1);
    multiply(a, dot, 0, 1);
    if (fetching.columns) {
      ahead(a, RSI, TURN_OF_B, 0, STEP_LINES / 2);
    }
    fetch(a, 0, lines / 2, lines);
    if (tall(rows)) {
      a.tileloadd(ROWS_OF_A[1], Mem.at(R10, RAX, 1, 0));
      multiply(a, dot, 1, 0);
      if (fetching.rows) {
        ahead(a, R10, TURN_OF_A, 0, REGISTER_ROWS);
      }
      multiply(a, dot, 1, 1);
      a.add(R10, TURN_OF_A);
    }
    if (fetching.columns) {
      ahead(a, RSI, TURN_OF_B, STEP_LINES / 2, STEP_LINES);
    }
    fetch(a, lines / 2, lines, lines);
    a.add(RDI, TURN_OF_A);
    a.add(RSI, TURN_OF_B);
    if (lines > 0) {
      a.add(FETCH, lines * LINE_BYTES);
    }
    a.sub(RCX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    saved.reversed().forEach(a::pop);
    advance(a, RDI, RDI, R8, tall(rows) ? 2 : 1);
  }

  /** Fetches some lines of an operand's turn after next; past its end they may be nobody's. */
  private static void ahead(Assembler a, Gp operand, int turnBytes, int from, int to) {
    for (int line = from; line < to; line++) {
      a.prefetcht0(Mem.at(operand, TURNS_AHEAD * turnBytes + line * LINE_BYTES));
    }
  }

  /** Lines that are read as soon as they are there belong near, others in the second level. */
  private static void fetch(Assembler a, int from, int to, int lines) {
    for (int line = from; line < to; line++) {
      Mem place = Mem.at(FETCH, line * LINE_BYTES);
      if (lines == STEP_LINES) {
        a.prefetcht0(place);
      } else {
        a.prefetcht1(place);
      }
    }
  }

  private static void column(Assembler a, int half) {
    a.tileloadd(
        COLUMNS_OF_B[half], Mem.at(RSI, RAX, PANEL_BYTES / LINE_BYTES, half * REGISTER_BYTES));
  }

  private static void multiply(Assembler a, Dot dot, int row, int column) {
    Tile sums = SUMS[row][column];
    switch (dot) {
      case BF16 -> a.tdpbf16ps(sums, ROWS_OF_A[row], COLUMNS_OF_B[column]);
      case INT8 -> a.tdpbusd(sums, ROWS_OF_A[row], COLUMNS_OF_B[column]);
    }
  }

  /** Leaves RDX at the next tile's first row. */
  private static void store(Assembler a, int rows) {
    int left = rows;
    for (Tile[] sums : SUMS) {
      int count = Math.min(left, REGISTER_ROWS);
      for (int half = 0; half < 2 && count > 0; half++) {
        a.tilestored(Mem.at(RDX, R9, 1, half * REGISTER_BYTES), sums[half]);
      }
      advance(a, RDX, RDX, R9, count);
      left -= count;
    }
  }

  /** {@code to = from + times * stride}. */
  private static void advance(Assembler a, Gp to, Gp from, Gp stride, int times) {
    Gp base = from;
    for (int left = times; left > 0; ) {
      int scale = Integer.highestOneBit(Math.min(left, 8));
      a.lea(to, Mem.at(base, stride, scale, 0));
      base = to;
      left -= scale;
    }
  }

  /**
   * What shapes the registers for tiles of some rows: 16 bytes of the palette's number and zeros,
   * then bytes of a row of each of 16 registers, 16 bits each, then their rows, 8 bits each.
   * Registers that are not in use have none.
   */
  static int[] shapes(int rows) {
    int[] bytes = new int[64];
    bytes[0] = 1;
    for (int half = 0; half < 2; half++) {
      int count = Math.clamp(rows - half * REGISTER_ROWS, 0, REGISTER_ROWS);
      if (count > 0) {
        shape(bytes, SUMS[half][0], count);
        shape(bytes, SUMS[half][1], count);
        shape(bytes, ROWS_OF_A[half], count);
      }
      shape(bytes, COLUMNS_OF_B[half], STEP_BYTES / Integer.BYTES);
    }
    return bytes;
  }

  private static void shape(int[] bytes, Tile tile, int rows) {
    bytes[16 + 2 * tile.number()] = REGISTER_BYTES;
    bytes[48 + tile.number()] = rows;
  }

  /** Operations of one turn of {@link #peak}, a product and a sum counted as two. */
  static long peakOperations(Dot dot) {
    return 2L * ROWS * TileKernels.PANEL * (STEP_BYTES / Integer.BYTES) * dot.productsOfWord;
  }

  /**
   * The most products a core can do: every operand in a register.
   *
   * <p>RDI: turns, each of {@link #peakOperations}.
   */
  static byte[] peak(Dot dot) {
    Assembler a = new Assembler();
    Label shapes = new Label();
    shape(a, shapes);
    Label loop = new Label();
    a.bind(loop);
    for (int row = 0; row < 2; row++) {
      for (int column = 0; column < 2; column++) {
        multiply(a, dot, row, column);
      }
    }
    a.sub(RDI, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.tilerelease();
    a.ret();
    a.bind(shapes);
    a.bytes(shapes(ROWS));
    return a.toBytes();
  }
}
