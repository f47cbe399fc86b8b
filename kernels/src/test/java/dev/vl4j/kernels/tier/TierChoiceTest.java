package dev.vl4j.kernels.tier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.memory.SystemMemory;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TierChoiceTest {
  /** A machine of an architecture, whose features are asked for when they are needed. */
  private record Machine(
      Architecture architecture, String refusal, Supplier<Set<Feature>> found, String tiles)
      implements TierChoice.Machine {
    static Machine with(Architecture architecture, Feature... features) {
      Set<Feature> found = EnumSet.noneOf(Feature.class);
      found.addAll(Set.of(features));
      return new Machine(architecture, "", () -> found, "");
    }

    @Override
    public Set<Feature> features() {
      return found.get();
    }

    @Override
    public String refusal(Tier tier) {
      return tier.usesTiles() ? tiles : "";
    }
  }

  private static final Machine N2 =
      Machine.with(Architecture.AARCH64, Feature.ASIMDDP, Feature.I8MM, Feature.BF16);
  private static final Machine N1 = Machine.with(Architecture.AARCH64, Feature.ASIMDDP);
  private static final Machine A72 = Machine.with(Architecture.AARCH64);
  private static final Machine ZEN5 =
      new Machine(Architecture.X86_64, "", () -> EnumSet.allOf(Feature.class), "no tiles");

  private static String why(TierChoice choice, Tier tier) {
    return choice.reports().stream()
        .filter(report -> report.tier() == tier)
        .findFirst()
        .orElseThrow()
        .refusal();
  }

  @ParameterizedTest
  @CsvSource({
    "auto, neon-bf16, neon-dotprod, vector-api, avx512-bf16",
    "max:neon-bf16, neon-bf16, neon-dotprod, vector-api, avx512-bf16",
    "max:neon-i8mm, neon-i8mm, neon-dotprod, vector-api, avx512-bf16",
    "max:neon-dotprod, neon-dotprod, neon-dotprod, vector-api, avx512-bf16",
    "max:avx-vnni, neon-bf16, neon-dotprod, vector-api, avx-vnni",
    "max:vector-api, vector-api, vector-api, vector-api, vector-api",
    "vector-api, vector-api, vector-api, vector-api, vector-api",
  })
  void theHighestThatIsAllowed(String wish, String n2, String n1, String a72, String zen5) {
    assertThat(Stream.of(N2, N1, A72, ZEN5).map(machine -> TierChoice.of(wish, machine).tier()))
        .extracting(Tier::toString)
        .containsExactly(n2, n1, a72, zen5);
  }

  @ParameterizedTest
  @EnumSource(names = {"NEON_DOTPROD", "NEON_I8MM", "NEON_BF16"})
  void aForcedTierIsUsed(Tier tier) {
    assertThat(TierChoice.of(tier.toString(), N2).tier()).isEqualTo(tier);
  }

  @Test
  void everyTierHasItsReason() {
    TierChoice n1 = TierChoice.of("auto", N1);
    assertThat(n1.reports())
        .extracting(TierReport::tier)
        .containsExactlyElementsOf(Stream.of(Tier.values()).toList().reversed());
    assertThat(why(n1, Tier.NEON_BF16)).isEqualTo("the processor lacks [i8mm, bf16]");
    assertThat(why(n1, Tier.NEON_I8MM)).isEqualTo("the processor lacks [i8mm]");
    assertThat(why(n1, Tier.NEON_DOTPROD)).isEmpty();
    assertThat(why(n1, Tier.AVX2)).isEqualTo("for x86-64");
    assertThat(why(n1, Tier.VECTOR_API)).isEmpty();
    TierChoice zen5 = TierChoice.of("max:avx2", ZEN5);
    assertThat(why(zen5, Tier.AVX_VNNI)).isEqualTo("the property vl4j.cpu.tier is max:avx2");
    assertThat(why(zen5, Tier.NEON_BF16)).isEqualTo("for aarch64");
    assertThat(why(TierChoice.of("auto", ZEN5), Tier.AMX_BF16)).isEqualTo("no tiles");
  }

  @Test
  void refusesWhatCannotBeForced() {
    assertThatThrownBy(() -> TierChoice.of("neon-bf16", N1))
        .isInstanceOf(BackendException.class)
        .hasMessage(
            "cpu: property vl4j.cpu.tier forces neon-bf16: the processor lacks [i8mm, bf16]");
    assertThatThrownBy(() -> TierChoice.of("avx2", N2))
        .isInstanceOf(BackendException.class)
        .hasMessage("cpu: property vl4j.cpu.tier forces avx2: for x86-64");
    assertThatThrownBy(() -> TierChoice.of("max:neon", N2))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("expected auto, or one of [vector-api, avx2,")
        .hasMessageContaining("found max:neon");
  }

  /** What refuses machine code is every tier's reason, and a warning but no error. */
  @Test
  void whatRefusesMachineCodeIsTheReason() {
    Machine denied =
        new Machine(
            Architecture.AARCH64,
            "",
            () -> {
              throw new SystemMemory.RefusedException("mprotect failed");
            },
            "");
    TierChoice choice = TierChoice.of("auto", denied);
    assertThat(choice.tier()).isEqualTo(Tier.VECTOR_API);
    assertThat(why(choice, Tier.NEON_I8MM)).isEqualTo("no executable memory: mprotect failed");
    Machine elsewhere =
        new Machine(
            Architecture.AARCH64,
            "the system is another",
            () -> {
              throw new AssertionError("not asked for");
            },
            "");
    assertThat(why(TierChoice.of("auto", elsewhere), Tier.NEON_I8MM))
        .isEqualTo("the system is another");
  }

  /** Who wants no machine code has none tried. */
  @Test
  void asksForNothingThatIsNotWanted() {
    Machine never =
        new Machine(
            Architecture.AARCH64,
            "",
            () -> {
              throw new AssertionError("not asked for");
            },
            "");
    assertThat(TierChoice.of("vector-api", never).tier()).isEqualTo(Tier.VECTOR_API);
    assertThat(TierChoice.of("max:vector-api", never).tier()).isEqualTo(Tier.VECTOR_API);
  }
}
