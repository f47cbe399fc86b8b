package dev.vl4j.kernels.tier;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.memory.SystemMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which tier is used, and why no other: the highest that the processor and the operating system
 * allow, or less if the property {@value #PROPERTY} says so.
 *
 * @param reports every tier, the highest first, and why it cannot run
 */
public record TierChoice(Tier tier, List<TierReport> reports) {
  /**
   * {@code auto}; a tier's name, which is then forced, and an error if it cannot run; or {@code
   * max:} and a name, for nothing higher than that. A bound that is for another architecture is
   * none.
   */
  public static final String PROPERTY = "vl4j.cpu.tier";

  private static final System.Logger LOG = System.getLogger("dev.vl4j.kernels");

  public TierChoice {
    reports = List.copyOf(reports);
  }

  /** A processor and its system, as far as machine code is concerned. */
  public interface Machine {
    /** What the code is for. */
    Architecture architecture();

    /** Why no machine code can run; empty if nothing is known against it. */
    String refusal();

    /**
     * Features that programs may use. It executes machine code to find them, so what forbids that
     * is found out, too.
     *
     * @throws SystemMemory.RefusedException if the system does not give executable memory
     * @throws IllegalCallerException if Java was told to deny native access
     */
    Set<Feature> features();

    /** Why a tier whose features are there cannot run all the same; empty if it can. */
    default String refusal(Tier tier) {
      return "";
    }
  }

  /** What the property says. */
  public static String wish() {
    return System.getProperty(PROPERTY, "auto");
  }

  /**
   * Chooses.
   *
   * @param wish a value of the property
   * @throws BackendException if it forces a tier that cannot run
   */
  public static TierChoice of(String wish, Machine machine) {
    boolean capped = wish.startsWith("max:");
    Tier named = wish.equals("auto") ? null : named(wish, capped);
    Offer offer = named == Tier.VECTOR_API ? new Offer("", none()) : offer(machine);
    List<TierReport> reports = new ArrayList<>();
    Tier chosen = Tier.VECTOR_API;
    for (Tier tier : Tier.values()) {
      String why = tier == Tier.VECTOR_API ? "" : refusal(tier, wish, named, machine, offer);
      reports.addFirst(new TierReport(tier, why));
      if (why.isEmpty()) {
        chosen = tier;
      }
      if (tier == named && !capped && !why.isEmpty()) {
        throw new BackendException("cpu: property %s forces %s: %s".formatted(PROPERTY, tier, why));
      }
    }
    return new TierChoice(chosen, reports);
  }

  private static Tier named(String wish, boolean capped) {
    String name = capped ? wish.substring("max:".length()) : wish;
    return Arrays.stream(Tier.values())
        .filter(tier -> tier.toString().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new BackendException(
                "cpu: property %s: expected auto, or one of %s, or max: and one of them; found %s"
                    .formatted(PROPERTY, Arrays.toString(Tier.values()), wish)));
  }

  /** What a machine offers, or why it offers nothing. */
  private record Offer(String refusal, Set<Feature> features) {}

  private static Set<Feature> none() {
    return EnumSet.noneOf(Feature.class);
  }

  private static Offer offer(Machine machine) {
    String refusal = machine.refusal();
    if (!refusal.isEmpty()) {
      return new Offer(refusal, none());
    }
    try {
      return new Offer("", machine.features());
    } catch (SystemMemory.RefusedException | IllegalCallerException e) {
      String why = "no executable memory: " + e.getMessage();
      LOG.log(System.Logger.Level.WARNING, "machine code is not used, {0}", why);
      return new Offer(why, none());
    }
  }

  private static String refusal(
      Tier tier, String wish, @Nullable Tier named, Machine machine, Offer offer) {
    if (tier.architecture() != machine.architecture()) {
      return "for " + tier.architecture();
    }
    String why = offer.refusal().isEmpty() ? tier.refusal(offer.features()) : offer.refusal();
    if (why.isEmpty() && named != null && tier.isBeyond(named)) {
      why = "the property %s is %s".formatted(PROPERTY, wish);
    }
    return why.isEmpty() ? machine.refusal(tier) : why;
  }
}
