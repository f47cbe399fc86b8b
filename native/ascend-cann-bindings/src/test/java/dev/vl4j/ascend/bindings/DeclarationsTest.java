package dev.vl4j.ascend.bindings;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.reflect.Field;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What is generated from {@code ascend_abi.h} is what a second table says. */
class DeclarationsTest {
  private static final DeclarationTable TABLE = DeclarationTable.read();

  private static Map<String, String> generated() {
    Map<String, String> functions = new TreeMap<>();
    AscendFunctions.ALL.forEach(function -> functions.put(function.name(), function.toString()));
    return functions;
  }

  @Test
  void everythingIsWhatTheTableSays() {
    assertThat(TABLE.functions()).hasSizeGreaterThan(150);
    assertThat(TABLE.constants()).hasSizeGreaterThan(140);
    assertThat(TABLE.differences(generated(), AscendConstants.ALL)).isEmpty();
    System.out.printf(
        "%d functions and %d constants are those of the table%n",
        TABLE.functions().size(), TABLE.constants().size());
  }

  @Test
  void whatIsMissingOrOtherwiseIsNamed() {
    Map<String, String> functions = generated();
    functions.remove("aclInit");
    functions.put("aclrtFree", "aclrtFree i j:memory");
    functions.put("aclrtFly", "aclrtFly i");
    Map<String, Integer> constants = new TreeMap<>(AscendConstants.ALL);
    constants.put("ACL_BF16", 28);
    assertThat(TABLE.differences(functions, constants))
        .containsExactly(
            "aclInit: expected aclInit i a:configPath, found null",
            "aclrtFree: expected aclrtFree i a:memory, found aclrtFree i j:memory",
            "aclrtFly: not in the table, found aclrtFly i",
            "ACL_BF16: expected 27, found 28");
  }

  /** The letters as Java's linker understands them. */
  @Test
  void descriptorsHaveTheLettersLayouts() {
    for (Declaration function : AscendFunctions.ALL) {
      String[] words = TABLE.functions().get(function.name()).split(" ", -1);
      MemoryLayout[] layouts = new MemoryLayout[words.length - 2];
      for (int i = 2; i < words.length; i++) {
        layouts[i - 2] = layout(words[i].charAt(0));
      }
      assertThat(function.descriptor())
          .as(function.name())
          .isEqualTo(FunctionDescriptor.of(layout(words[1].charAt(0)), layouts));
    }
  }

  private static MemoryLayout layout(char letter) {
    return switch (letter) {
      case 'a' -> ADDRESS;
      case 'j' -> JAVA_LONG;
      case 'i' -> JAVA_INT;
      case 'b' -> JAVA_BYTE;
      case 'z' -> JAVA_BOOLEAN;
      case 'd' -> JAVA_DOUBLE;
      case 'f' -> JAVA_FLOAT;
      default -> throw new IllegalStateException("letter " + letter);
    };
  }

  /** Each is a field of its own name, too. */
  @Test
  void fieldsAreWhatTheirNamesSay() throws ReflectiveOperationException {
    for (Declaration function : AscendFunctions.ALL) {
      Field field = AscendFunctions.class.getField(function.name());
      assertThat(field.get(null)).isSameAs(function);
    }
    for (Map.Entry<String, Integer> constant : AscendConstants.ALL.entrySet()) {
      Field field = AscendConstants.class.getField(constant.getKey());
      assertThat(field.getInt(null)).isEqualTo(constant.getValue());
    }
  }

  @Test
  void functionsWithoutAResult() {
    assertThat(Declaration.parse("free v a:memory").descriptor())
        .isEqualTo(FunctionDescriptor.ofVoid(ADDRESS));
    assertThatThrownBy(NativeType.VOID::layout).hasMessage("void has no layout");
    assertThatThrownBy(() -> Declaration.parse("free x"))
        .hasMessage("expected the letter of a type, found x");
  }
}
