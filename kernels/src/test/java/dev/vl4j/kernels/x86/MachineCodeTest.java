package dev.vl4j.kernels.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.tier.Feature;
import dev.vl4j.kernels.tier.Tier;
import dev.vl4j.kernels.tier.TierReport;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MachineCodeTest {
  private static Set<Feature> answers(int[] basic, int saved, int[] seven, int[] sevenOne) {
    return Processor.features(
        new Processor.Source() {
          @Override
          public int[] cpuid(int leaf, int subleaf) {
            return switch (leaf) {
              case 0 -> new int[] {7, 0, 0, 0};
              case 1 -> basic;
              default -> subleaf == 0 ? seven : sevenOne;
            };
          }

          @Override
          public int savedState() {
            return saved;
          }
        });
  }

  private static final int[] BASIC = {0, 0, 1 << 27 | 1 << 12, 0};
  private static final int[] ALL = {1, -1, -1, -1};
  private static final int[] ALL_OF_ONE = {-1, -1, -1, -1};

  /** A register that the system does not save must not be used, whatever the processor offers. */
  @Test
  void featuresNeedTheirRegistersSaved() {
    assertThat(answers(BASIC, 0xE7 | (3 << 17), ALL, ALL_OF_ONE))
        .containsExactlyElementsOf(EnumSet.range(Feature.FMA, Feature.AMX_BF16));
    assertThat(answers(BASIC, 0xE7, ALL, ALL_OF_ONE))
        .contains(Feature.AVX512_BF16)
        .doesNotContain(Feature.AMX_TILE, Feature.AMX_BF16);
    assertThat(answers(BASIC, 7, ALL, ALL_OF_ONE))
        .containsExactly(Feature.FMA, Feature.AVX2, Feature.AVX_VNNI);
    assertThat(answers(new int[4], 0xE7, ALL, ALL_OF_ONE)).isEmpty();
  }

  /**
   * @param leaf where a maker describes caches
   * @param caches EAX, EBX, ECX of each
   */
  private static int cache(int leaf, int[]... caches) {
    return Processor.secondLevelCache(
        new Processor.Source() {
          @Override
          public int[] cpuid(int asked, int subleaf) {
            if (asked == 0) {
              return new int[] {0x1F, 0, 0, 0};
            }
            if (asked == 0x80000000) {
              return new int[] {leaf < 0 ? leaf : 0x80000008, 0, 0, 0};
            }
            return asked == leaf && subleaf < caches.length ? caches[subleaf] : new int[4];
          }

          @Override
          public int savedState() {
            throw new AssertionError("not asked for");
          }
        });
  }

  /** What a Xeon of model 207 and an EPYC of family 26 answer; and one that answers nothing. */
  @Test
  void secondLevelCache() {
    int[] data = {0x121, 11 << 22 | 63, 63, 0};
    int[] instructions = {0x122, 7 << 22 | 63, 63, 0};
    assertThat(cache(4, data, instructions, new int[] {0x143, 15 << 22 | 63, 2047, 0}))
        .isEqualTo(2 << 20);
    assertThat(cache(0x8000001D, data, instructions, new int[] {0x143, 15 << 22 | 63, 1023, 0}))
        .isEqualTo(1 << 20);
    assertThat(cache(4)).isZero();
  }

  @Test
  void tilesNeedTheirOwnFeatures() {
    EnumSet<Feature> features = EnumSet.allOf(Feature.class);
    assertThat(Tier.AMX_BF16.refusal(features)).isEmpty();
    features.remove(Feature.AMX_BF16);
    assertThat(Tier.AMX_BF16.refusal(features)).contains("lacks [amx_bf16]");
    assertThat(Tier.AMX_INT8.refusal(features)).isEmpty();
    features.remove(Feature.AMX_TILE);
    assertThat(Tier.AMX_INT8.refusal(features)).contains("lacks [amx_tile]");
    assertThat(Tier.AVX512_BF16.refusal(features)).isEmpty();
  }

  /** All else of a tile tier are the kernels of the tier below it. */
  @Test
  void tilesAreAboveWhatTheyNeedBesideThem() {
    assertThat(Tier.AMX_BF16).isGreaterThan(Tier.AMX_INT8);
    assertThat(Tier.AMX_INT8).isGreaterThan(Tier.AVX512_BF16);
    assertThat(Tier.values()).filteredOn(Tier::usesTiles).hasSize(2);
  }

  @Test
  void refusesAnUnknownTier() {
    assertThatThrownBy(() -> MachineCode.choose("avx1024"))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("vl4j.cpu.tier")
        .hasMessageContaining("found avx1024");
  }

  @Test
  void refusesToForceWhatCannotRun() {
    assertThatThrownBy(() -> MachineCode.choose("neon-i8mm"))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("forces neon-i8mm: for aarch64");
  }

  @Test
  void theCapIsTheReason() {
    MachineCode code = MachineCode.choose("max:vector-api");
    assertThat(code.tier()).isEqualTo(Tier.VECTOR_API);
    assertThat(code.hasBf16()).isFalse();
    List<TierReport> refused =
        code.choice().reports().stream().filter(report -> !report.refusal().isEmpty()).toList();
    assertThat(refused).hasSize(Tier.values().length - 1);
  }

  /** CI must not quietly test the portable path on a processor that has the instructions. */
  @Test
  void choosesWhatTheProcessorHas() {
    MachineCode code = MachineCode.choose("auto");
    for (TierReport report : code.choice().reports()) {
      if (report.refusal().isEmpty()) {
        assertThat(code.tier()).isEqualTo(report.tier());
        break;
      }
    }
  }
}
