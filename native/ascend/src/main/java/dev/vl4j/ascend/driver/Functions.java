package dev.vl4j.ascend.driver;

import dev.vl4j.ascend.bindings.AscendFunctions;
import dev.vl4j.ascend.bindings.Declaration;
import dev.vl4j.device.library.Symbols;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The functions of CANN's libraries, bound when they are first asked for. */
public final class Functions {
  private static final Map<String, Declaration> DECLARED =
      AscendFunctions.ALL.stream()
          .collect(Collectors.toUnmodifiableMap(Declaration::name, function -> function));

  private final Symbols symbols;
  private final Map<String, Function> bound = new HashMap<>();

  /**
   * @param symbols of all libraries
   */
  public Functions(Symbols symbols) {
    this.symbols = symbols;
  }

  /**
   * A function by its name.
   *
   * @throws AscendException if no library has it
   */
  public Function get(String name) {
    return find(name)
        .orElseThrow(() ->
            new AscendException(
                "%s has no function %s: CANN 8.1 or later is needed, with its operators"
                    .formatted(symbols.name(), name),
                0));
  }

  /** A function that not all versions have. */
  public Optional<Function> find(String name) {
    Declaration declaration = DECLARED.get(name);
    if (declaration == null) {
      throw new IllegalArgumentException("ascend_abi.h does not declare " + name);
    }
    Function function = bound.get(name);
    if (function == null) {
      function = symbols.find(name).map(address -> new Function(declaration, address)).orElse(null);
      if (function != null) {
        bound.put(name, function);
      }
    }
    return Optional.ofNullable(function);
  }
}
