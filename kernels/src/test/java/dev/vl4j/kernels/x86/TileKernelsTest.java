package dev.vl4j.kernels.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vl4j.kernels.BackendException;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The products of every tier that this processor has, against plain loops. */
class TileKernelsTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int[] STEPS = {1, 2, 3, 64};

  static {
    System.out.println("tests.seed=" + SEED);
  }

  private static MachineCode force(String tier) {
    try {
      return MachineCode.choose(tier);
    } catch (BackendException e) {
      assumeTrue(false, "not tested here: " + e.getMessage());
      throw e;
    }
  }

  /** Each size of a tile, and as many tiles as fetch differently. */
  private static int[] rows(Products products) {
    int tile = products.tileRows();
    return IntStream.concat(
            IntStream.rangeClosed(1, tile + 1),
            IntStream.of(2 * tile, 2 * tile + 5, 4 * tile + 1, 8 * tile + 3))
        .toArray();
  }

  private static ProductsCheck check(Products products, int rows, int steps) {
    return new ProductsCheck(rows, steps, products.stepBytes(), products.layout());
  }

  @ParameterizedTest
  @ValueSource(strings = {"avx2", "avx-vnni", "avx512-vnni", "avx512-bf16", "amx-int8"})
  void int8(String tier) {
    MachineCode code = force(tier);
    Products products = code.int8().products();
    Random random = new Random(SEED);
    for (ProductsCheck.Digits digits : ProductsCheck.Digits.values()) {
      for (int rows : rows(products)) {
        for (int steps : STEPS) {
          try (ProductsCheck check = check(products, rows, steps)) {
            check.int8(products, code.int8().offset(), digits, random);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"avx512-bf16", "amx-bf16"})
  void bf16(String tier) {
    Products products = force(tier).bf16().products();
    Random random = new Random(SEED);
    for (int rows : rows(products)) {
      for (int steps : STEPS) {
        try (ProductsCheck check = check(products, rows, steps)) {
          check.bf16(products, random);
        }
      }
    }
  }

  /** What the benchmarks divide by: as many operations as the instructions do. */
  @ParameterizedTest
  @EnumSource(TileKernels.Dot.class)
  void peakOperations(TileKernels.Dot dot) {
    long lanesTimesProducts =
        switch (dot) {
          case BF16_ZMM -> 24 * 32;
          case INT8_ZMM -> 24 * 64;
          case INT8_YMM -> 12 * 32;
          case INT8_AVX2 -> 8 * 32;
        };
    assertThat(TileKernels.peakOperations(dot)).isEqualTo(2 * lanesTimesProducts);
  }
}
