package dev.vl4j.engine.vision.jpeg;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.List;

/** The frame header (SOFn) and what follows from it. */
final class Frame {
  /** How a frame's scans are coded. */
  enum CodingProcess {
    SEQUENTIAL_HUFFMAN,
    PROGRESSIVE_HUFFMAN,
    LOSSLESS_HUFFMAN,
    SEQUENTIAL_ARITHMETIC,
    PROGRESSIVE_ARITHMETIC;

    boolean progressive() {
      return this == PROGRESSIVE_HUFFMAN || this == PROGRESSIVE_ARITHMETIC;
    }
  }

  private static final int MAX_SAMPLING = 4;

  final CodingProcess process;
  final int width;
  final int height;

  /** Width and height of a block in samples: 8, or 1 where it is lossless. */
  final int unit;

  final int maxHorizontal;
  final int maxVertical;

  /** MCUs of all components, in a row and in all. */
  final int mcusPerRow;

  final int mcuRows;
  final Component[] components;

  Frame(CodingProcess process, int width, int height, List<Component.Spec> specs)
      throws BrokenImageException {
    this.process = process;
    this.width = width;
    this.height = height;
    this.unit = process == CodingProcess.LOSSLESS_HUFFMAN ? 1 : 8;
    int across = 1;
    int down = 1;
    for (Component.Spec spec : specs) {
      if (!isSampling(spec.horizontal()) || !isSampling(spec.vertical())) {
        throw new BrokenImageException(
            "a component's sampling factors are %d x %d, not 1 to 4"
                .formatted(spec.horizontal(), spec.vertical()));
      }
      across = Math.max(across, spec.horizontal());
      down = Math.max(down, spec.vertical());
    }
    this.maxHorizontal = across;
    this.maxVertical = down;
    this.mcusPerRow = Component.ceilDiv(width, across * unit);
    this.mcuRows = Component.ceilDiv(height, down * unit);
    this.components = new Component[specs.size()];
    for (int i = 0; i < components.length; i++) {
      components[i] = new Component(i, specs.get(i), this);
    }
  }

  private static boolean isSampling(int factor) {
    return factor >= 1 && factor <= MAX_SAMPLING;
  }

  boolean lossless() {
    return process == CodingProcess.LOSSLESS_HUFFMAN;
  }

  long blocks() {
    long blocks = 0;
    for (Component component : components) {
      blocks += (long) component.paddedBlocksWide * component.paddedBlocksHigh;
    }
    return blocks;
  }
}
