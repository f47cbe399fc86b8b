package dev.vl4j.testkit;

import static org.junit.jupiter.api.Assumptions.abort;

import java.util.OptionalInt;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Of the vectors that tests are to run with: {@code -Dvl4j.vectorBits}. */
final class ForcedWidth implements BeforeAllCallback {
  /** In bits, or nothing if the processor's own are taken. */
  static OptionalInt bits() {
    String bits = System.getProperty("vl4j.vectorBits");
    return bits == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(bits));
  }

  /**
   * The JDK computes with wider vectors than the processor's, too, but so slowly that nobody does.
   */
  @Override
  public void beforeAll(ExtensionContext tests) {
    int widest = FloatVector.SPECIES_PREFERRED.vectorBitSize();
    int asked = bits().orElse(widest);
    if (asked > widest) {
      String reason = "no vectors of %d bits here, but of %d at most".formatted(asked, widest);
      // Of tests that are left out with their class, nothing else is seen.
      System.out.println("skipped: " + reason);
      abort(reason);
    }
  }
}
