package dev.vl4j.kernels.cpu.vector;

import dev.vl4j.kernels.BackendException;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width of this process, fixed once so that the compiler sees constants. Native by
 * default; the property {@code vl4j.vectorBits} (128, 256, 512) forces it, for tests.
 */
public final class Lanes {
  static final String PROPERTY = "vl4j.vectorBits";

  public static final VectorSpecies<Float> FLOAT = choose();
  static final VectorSpecies<Integer> INT =
      FLOAT.vectorBitSize() == 512
          ? IntVector.SPECIES_512
          : FLOAT.vectorBitSize() == 256 ? IntVector.SPECIES_256 : IntVector.SPECIES_128;

  /** Floats in a vector. */
  public static final int COUNT = FLOAT.length();

  /** Columns of a packed weight panel: two vectors. */
  static final int PANEL = 2 * COUNT;

  /**
   * Rows of the largest matrix tile. 12 x 2 accumulators fill the 32 registers of AVX-512 and of
   * NEON, 6 x 2 the 16 of AVX2.
   */
  static final int TILE_ROWS =
      COUNT == 16 || System.getProperty("os.arch", "").equals("aarch64") ? 12 : 6;

  public static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private Lanes() {}

  /** Columns with those that fill the last panel. */
  static int wholePanels(int columns) {
    return Math.ceilDiv(columns, PANEL) * PANEL;
  }

  private static VectorSpecies<Float> choose() {
    if (!ByteOrder.nativeOrder().equals(ByteOrder.LITTLE_ENDIAN)) {
      throw new BackendException("cpu: a little-endian processor is needed");
    }
    String forced = System.getProperty(PROPERTY);
    if (forced == null) {
      int preferred = FloatVector.SPECIES_PREFERRED.vectorBitSize();
      return preferred >= 512
          ? FloatVector.SPECIES_512
          : preferred == 256 ? FloatVector.SPECIES_256 : FloatVector.SPECIES_128;
    }
    return switch (forced) {
      case "128" -> FloatVector.SPECIES_128;
      case "256" -> FloatVector.SPECIES_256;
      case "512" -> FloatVector.SPECIES_512;
      default ->
          throw new BackendException(
              "cpu: property %s: expected 128, 256 or 512, found %s".formatted(PROPERTY, forced));
    };
  }
}
