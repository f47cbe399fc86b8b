package dev.vl4j.ascend.bindings;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A C compiler reads {@code ascend_abi.h} as JavaCPP's parser does. It compiles a library with all
 * functions, which write down what they are given; Java calls each by its generated declaration,
 * and every argument must arrive. Skipped, with a message, where there is no {@code cc}.
 */
@SuppressWarnings("restricted") // calling native code is what it is for
class CompiledHeaderTest {
  private static final Path INCLUDE = Path.of("src/main/native/include").toAbsolutePath();

  /** What functions return, in C and as Java sees it. */
  private static final int STATUS = -7;

  private static final long HANDLE = 0x7fff_0000_1230L;

  @TempDir Path folder;

  @Test
  void everyArgumentArrives() throws Throwable {
    Path source = Files.writeString(folder.resolve("recorder.c"), recorder());
    Path library = folder.resolve("librecorder.so");
    compile("-std=c11", "-shared", "-fPIC", "-o", library.toString(), source.toString());
    int arguments = 0;
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup symbols = SymbolLookup.libraryLookup(library, arena);
      Linker linker = Linker.nativeLinker();
      MethodHandle written =
          linker.downcallHandle(
              symbols.findOrThrow("vl4j_written"), FunctionDescriptor.of(ADDRESS));
      for (Declaration function : AscendFunctions.ALL) {
        Object result =
            linker
                .downcallHandle(symbols.findOrThrow(function.name()), function.descriptor())
                .invokeWithArguments(values(function));
        String found =
            ((MemorySegment) written.invokeExact()).reinterpret(Long.MAX_VALUE).getString(0);
        assertThat(found).isEqualTo(expected(function));
        assertThat(result)
            .as(function.name())
            .isEqualTo(
                function.result() == NativeType.ADDRESS
                    ? MemorySegment.ofAddress(HANDLE)
                    : (Object) STATUS);
        arguments += function.parameters().size();
      }
    }
    System.out.printf(
        "%d arguments of %d functions arrive%n", arguments, AscendFunctions.ALL.size());
  }

  /** Also C++ takes the header, as a double in that language would include it. */
  @Test
  void theHeaderIsCAndCpp() throws IOException, InterruptedException {
    Path source = Files.writeString(folder.resolve("empty.c"), "#include \"ascend_abi.h\"\n");
    compile("-std=c11", "-fsyntax-only", "-x", "c", source.toString());
    compile("-std=c++17", "-fsyntax-only", "-x", "c++", source.toString());
  }

  private static void compile(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("cc", "-Wall", "-Wextra", "-Werror", "-I" + INCLUDE));
    command.addAll(List.of(arguments));
    Process compiler;
    try {
      compiler = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      assumeTrue(false, "no C compiler (cc): the header is not compiled");
      return;
    }
    String messages = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(compiler.waitFor()).as(messages).isZero();
  }

  /** The library in C. The compiler gives each argument the type that the header says. */
  private static String recorder() throws IOException {
    StringBuilder source =
        new StringBuilder(
            """
            #include "ascend_abi.h"
            #include <inttypes.h>
            #include <stdio.h>
            #include <string.h>

            static char written[1 << 14];

            const char *vl4j_written() { return written; }

            #define BEGIN(name) strcpy(written, name)
            #define PUT(format, value) \\
              snprintf(written + strlen(written), sizeof written - strlen(written), format, value)

            """);
    for (Prototype function : Prototype.of(Files.readString(INCLUDE.resolve("ascend_abi.h")))) {
      source
          .append(function.text().replaceFirst(";\\s*$", " {\n"))
          .append("  BEGIN(\"%s\");\n".formatted(function.name()));
      for (Prototype.Argument argument : function.arguments()) {
        source.append("  %s;\n".formatted(put(argument)));
      }
      source.append(
          function.result().contains("*")
              ? "  return (void *)INT64_C(%d);\n}\n".formatted(HANDLE)
              : "  return %d;\n}\n".formatted(STATUS));
    }
    return source.toString();
  }

  private static String put(Prototype.Argument argument) {
    return switch (argument.letter()) {
      case 'a' -> "PUT(\" %%\" PRIdPTR, (intptr_t)%s)".formatted(argument.name());
      case 'd' -> "PUT(\" %%.3f\", %s)".formatted(argument.name());
      case 'z' -> "PUT(\" %%s\", %s ? \"true\" : \"false\")".formatted(argument.name());
      default -> "PUT(\" %%\" PRId64, (int64_t)%s)".formatted(argument.name());
    };
  }

  /** Arguments of which no two are alike, and which fill their types. */
  private static List<Object> values(Declaration function) {
    return IntStream.range(0, function.parameters().size())
        .mapToObj(i -> value(function.parameters().get(i), i))
        .toList();
  }

  private static Object value(Declaration.Parameter parameter, int i) {
    return switch (parameter.type()) {
      case ADDRESS -> MemorySegment.ofAddress(HANDLE + 0x100L * i);
      case LONG -> 0x1122_3344_5566_0000L + i;
      // Of unsigned numbers none is negative.
      case INT -> Integer.MAX_VALUE - i;
      case BYTE -> (byte) (-100 + i);
      case BOOLEAN -> i % 2 == 0;
      case DOUBLE -> 0.125 * (i + 1);
      case FLOAT, VOID -> throw new IllegalStateException(parameter.toString());
    };
  }

  private static String expected(Declaration function) {
    return values(function).stream()
        .map(value ->
            switch (value) {
              case MemorySegment segment -> " " + segment.address();
              case Double number -> " " + String.format(Locale.ROOT, "%.3f", number);
              default -> " " + value;
            })
        .collect(Collectors.joining("", function.name(), ""));
  }
}
