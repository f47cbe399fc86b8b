package dev.vl4j.ascend.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.ascend.bindings.Mutations.Kind;
import dev.vl4j.ascend.bindings.Mutations.Mutant;
import dev.vl4j.ascend.bindings.generator.ParsedFunction;
import dev.vl4j.ascend.bindings.generator.ParsedHeader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A mistake in {@code ascend_abi.h} does not go unnoticed: each declaration is made wrong in every
 * way that {@link Mutations} knows, and must differ from the table.
 *
 * <p>JavaCPP's parser reads one in sixteen of those that stand for others, and must read what
 * {@link Prototype} reads, which then stands for the parser with the rest. The property {@code
 * tests.thorough=true} has the parser read all of them, which takes minutes.
 */
class MutationTest {
  private static final Path HEADER = Path.of("src/main/native/include/ascend_abi.h");
  private static final boolean ALL = Boolean.getBoolean("tests.thorough");
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  /** How many declarations are parsed together: a class of Java has room for so many names. */
  private static final int BATCH = 1000;

  private static final DeclarationTable TABLE = DeclarationTable.read();

  @TempDir Path folder;

  @Test
  void everyMistakeInADeclarationIsNoticed() throws IOException {
    String header = Files.readString(HEADER);
    List<Prototype> originals = Prototype.of(header);
    assertThat(originals)
        .extracting(Prototype::name)
        .containsExactlyInAnyOrderElementsOf(TABLE.functions().keySet());
    // Nothing is wrong with the declarations as they are.
    assertThat(originals).allMatch(original -> isRight(original.name(), original.line()));

    System.out.println("tests.seed=" + SEED);
    Random random = new Random(SEED);
    Map<Kind, Integer> tried = new EnumMap<>(Kind.class);
    List<Prototype> survivors = new ArrayList<>();
    List<Prototype> parsed = new ArrayList<>();
    for (Prototype original : originals) {
      for (Mutant mutant : Mutations.of(original)) {
        tried.merge(mutant.kind(), 1, Integer::sum);
        if (isRight(original.name(), mutant.prototype().line())) {
          survivors.add(mutant.prototype());
        }
        if (ALL || (mutant.isCentral() && random.nextInt(16) == 0)) {
          parsed.add(mutant.prototype());
        }
      }
    }
    int mutants = tried.values().stream().mapToInt(Integer::intValue).sum();
    System.out.printf(
        "%d declarations, %d mutants %s, %d caught; %d through the parser%n",
        originals.size(), mutants, tried, mutants - survivors.size(), parsed.size());
    assertThat(survivors).isEmpty();
    assertThat(tried).containsOnlyKeys(Kind.values());
    assertThat(mutants).isGreaterThan(7000);
    for (int from = 0; from < parsed.size(); from += BATCH) {
      parse(header, parsed.subList(from, Math.min(from + BATCH, parsed.size())));
    }
  }

  private static boolean isRight(String name, String line) {
    return line.equals(TABLE.functions().get(name));
  }

  /** Checks that the parser reads mutants as they are, so that the table does not match them. */
  private void parse(String header, List<Prototype> mutants) throws IOException {
    Path batch = Files.createTempDirectory(folder, "batch");
    StringBuilder text = new StringBuilder(Prototype.preamble(header));
    for (int i = 0; i < mutants.size(); i++) {
      // Many of one function, each under a name of its own.
      text.append(mutants.get(i).withName(mutants.get(i).name() + "_" + i).text());
    }
    text.append("#ifdef __cplusplus\n}\n#endif\n#endif\n");
    Files.writeString(batch.resolve("ascend_abi.h"), text);
    Map<String, ParsedFunction> parsed =
        ParsedHeader.parse(batch, batch.resolve("work")).functions();
    assertThat(parsed).hasSameSizeAs(mutants);
    for (int i = 0; i < mutants.size(); i++) {
      Prototype mutant = mutants.get(i);
      String line = parsed.get(mutant.name() + "_" + i).toString().replaceFirst("_\\d+ ", " ");
      assertThat(line).isEqualTo(mutant.line());
      assertThat(isRight(mutant.name(), line)).as(line).isFalse();
    }
  }

  /** Each number is a difference of its own, so all of them are changed at once. */
  @Test
  void everyWrongNumberIsNoticed() throws IOException {
    String wrong =
        Prototype.preamble(Files.readString(HEADER))
            .replaceAll("(\\b[A-Z]\\w+ =) (-?)(\\d+)", "$1 $21$3");
    Path numbers = Files.createDirectory(folder.resolve("numbers"));
    Files.writeString(
        numbers.resolve("ascend_abi.h"), wrong + "#ifdef __cplusplus\n}\n#endif\n#endif\n");
    Map<String, Integer> parsed = ParsedHeader.parse(numbers, numbers.resolve("work")).constants();
    List<String> differences = TABLE.differences(TABLE.functions(), parsed);
    System.out.printf("%d numbers changed, %d caught%n", parsed.size(), differences.size());
    assertThat(parsed).containsOnlyKeys(TABLE.constants().keySet());
    assertThat(differences).hasSameSizeAs(TABLE.constants().keySet());
  }
}
