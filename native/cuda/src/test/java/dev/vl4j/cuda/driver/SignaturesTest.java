package dev.vl4j.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.cuda.fake.HeaderTable;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.StructLayout;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What the binding says of CUDA's functions, numbers and structures is what the headers say. */
class SignaturesTest {
  private static final HeaderTable HEADERS = HeaderTable.get();
  private static final List<Class<?>> CONSTANTS =
      List.of(CudaConstants.class, CublasLtConstants.class, NvrtcConstants.class);

  /** Structures whose size is a number of the binding's. */
  private static final String ALGORITHM = "cublasLtMatmulAlgo_t";

  private static List<Signature> bound() {
    List<Signature> signatures = new ArrayList<>();
    try (FakeCuda fake = FakeCuda.builder().build()) {
      Driver driver = new Driver(fake.libraries().driver());
      assertThat(new Modules(driver)).isNotNull();
      assertThat(new Graphs(driver)).isNotNull();
      signatures.addAll(driver.signatures());
      signatures.addAll(new CublasLt(fake.libraries().cublasLt(), driver).signatures());
      signatures.addAll(new Nvrtc(fake.libraries().nvrtc()).signatures());
    }
    return signatures;
  }

  @Test
  void everyFunctionHasTheHeadersTypes() {
    List<Signature> bound = bound();
    assertThat(bound).hasSizeGreaterThan(60);
    assertThat(bound).allSatisfy(signature -> assertThat(difference(signature)).isEmpty());
    // And the table has no others, which would be left over.
    assertThat(new TreeSet<>(bound.stream().map(Signature::symbol).toList()))
        .isEqualTo(new TreeSet<>(HEADERS.functions().keySet()));
  }

  @Test
  void otherTypesAreNoticed() {
    assertThat(difference(signature("cuMemAlloc_v2", ADDRESS, JAVA_INT)))
        .isEqualTo("cuMemAlloc_v2: parameter 1 is size_t (i8), bound as i4");
    assertThat(difference(signature("cuMemAlloc_v2", JAVA_LONG, JAVA_LONG)))
        .isEqualTo("cuMemAlloc_v2: parameter 0 is CUdeviceptr* (p), bound as j8");
    assertThat(difference(signature("cuMemFree_v2", ADDRESS)))
        .isEqualTo("cuMemFree_v2: parameter 0 is CUdeviceptr (i8), bound as a8");
    assertThat(difference(signature("cuMemFree_v2")))
        .isEqualTo("cuMemFree_v2: 1 parameters, bound with 0");
    assertThat(difference(signature("cuMemAlloc", ADDRESS, JAVA_LONG)))
        .isEqualTo("cuMemAlloc: not in the headers");
    assertThat(difference(new Signature("cublasLtGetVersion", FunctionDescriptor.of(JAVA_INT))))
        .isEqualTo("cublasLtGetVersion: the result is size_t (i8), bound as i4");
  }

  private static Signature signature(String symbol, MemoryLayout... parameters) {
    return new Signature(symbol, FunctionDescriptor.of(JAVA_INT, parameters));
  }

  /** What is wrong with a function; empty if nothing is. */
  private static String difference(Signature signature) {
    String symbol = signature.symbol();
    HeaderTable.Function function = HEADERS.functions().get(symbol);
    if (function == null) {
      return symbol + ": not in the headers";
    }
    List<MemoryLayout> bound = signature.type().argumentLayouts();
    if (bound.size() != function.parameters().size()) {
      return "%s: %d parameters, bound with %d"
          .formatted(symbol, function.parameters().size(), bound.size());
    }
    MemoryLayout result = signature.type().returnLayout().orElseThrow();
    if (!fits(function.result(), result)) {
      return "%s: the result is %s".formatted(symbol, words(function.result(), result));
    }
    for (int i = 0; i < bound.size(); i++) {
      if (!fits(function.parameters().get(i), bound.get(i))) {
        return "%s: parameter %d is %s"
            .formatted(symbol, i, words(function.parameters().get(i), bound.get(i)));
      }
    }
    return "";
  }

  private static String words(HeaderTable.Type type, MemoryLayout bound) {
    return "%s (%s), bound as %s".formatted(type.name(), type.kind(), bound);
  }

  /** Handles, and pointers to anything, may be bound as longs: they may be the device's. */
  private static boolean fits(HeaderTable.Type type, MemoryLayout bound) {
    if (type.kind().equals("p") && !type.isHandle()) {
      return bound.equals(ADDRESS) || (type.isUntyped() && bound.equals(JAVA_LONG));
    }
    return bound.equals(type.layout());
  }

  @Test
  void everyNumberIsTheHeaders() throws IllegalAccessException {
    int compared = 0;
    for (Field field : constants(int.class)) {
      if (field.getName().equals("ALGORITHM_BYTES")) {
        continue;
      }
      assertThat(HEADERS.numbers()).containsEntry(field.getName(), field.getInt(null));
      compared++;
    }
    assertThat(compared).isGreaterThan(80);
  }

  @Test
  void everyStructureIsTheHeaders() throws IllegalAccessException {
    assertThat(HEADERS.structs().get(ALGORITHM).bytes())
        .isEqualTo(CublasLtConstants.ALGORITHM_BYTES);
    int compared = 0;
    for (Field field : constants(StructLayout.class)) {
      StructLayout layout = (StructLayout) field.get(null);
      HeaderTable.Struct struct = HEADERS.structs().get(layout.name().orElseThrow());
      assertThat(layout.byteSize()).as(field.getName()).isEqualTo(struct.bytes());
      List<String> names = new ArrayList<>();
      for (MemoryLayout member : layout.memberLayouts()) {
        if (member instanceof PaddingLayout) {
          continue;
        }
        String name = member.name().orElseThrow();
        names.add(name);
        assertThat(
                new HeaderTable.Field(
                    layout.byteOffset(PathElement.groupElement(name)), member.byteSize()))
            .as("%s.%s", layout.name().orElseThrow(), name)
            .isEqualTo(struct.fields().get(name));
      }
      assertThat(names).containsExactlyElementsOf(struct.fields().keySet());
      compared++;
    }
    assertThat(compared).isEqualTo(1);
  }

  private static List<Field> constants(Class<?> type) {
    List<Field> fields = new ArrayList<>();
    for (Class<?> owner : CONSTANTS) {
      for (Field field : owner.getDeclaredFields()) {
        if (Modifier.isStatic(field.getModifiers()) && field.getType() == type) {
          fields.add(field);
        }
      }
    }
    return fields;
  }
}
