package dev.vl4j.cuda.fake;

import static dev.vl4j.cuda.driver.NvrtcConstants.*;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** NVRTC's functions: a program is its kernels' declarations. */
@SuppressWarnings("restricted") // it is given pointers
final class FakeNvrtc {
  private static final String ARCHITECTURE = "--gpu-architecture=";
  private static final int[] ARCHITECTURES = {75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121};

  /** A program between its creation and its end. */
  static final class Program {
    final String source;
    String log = "";
    byte[] cubin = {};

    Program(String source) {
      this.source = source;
    }
  }

  private final Handles handles;
  private final Map<Integer, MemorySegment> texts = new ConcurrentHashMap<>();

  FakeNvrtc(Handles handles) {
    this.handles = handles;
  }

  private static String text(MemorySegment address) {
    return address.reinterpret(Long.MAX_VALUE).getString(0);
  }

  private Program program(long handle) {
    try {
      return handles.get(handle, Program.class);
    } catch (Status invalid) {
      throw new Status(NVRTC_ERROR_INVALID_PROGRAM);
    }
  }

  @Symbol("nvrtcVersion")
  int version(MemorySegment major, MemorySegment minor) {
    Out.putInt(major, 13);
    Out.putInt(minor, 0);
    return NVRTC_SUCCESS;
  }

  @Symbol("nvrtcGetErrorString")
  MemorySegment errorString(int status) {
    return texts.computeIfAbsent(status, s -> Arena.ofAuto().allocateFrom("fake NVRTC error " + s));
  }

  @Symbol("nvrtcGetNumSupportedArchs")
  int architectureCount(MemorySegment out) {
    Out.putInt(out, ARCHITECTURES.length);
    return NVRTC_SUCCESS;
  }

  @Symbol("nvrtcGetSupportedArchs")
  int architectures(MemorySegment out) {
    out.reinterpret(4L * ARCHITECTURES.length).copyFrom(MemorySegment.ofArray(ARCHITECTURES));
    return NVRTC_SUCCESS;
  }

  @Symbol("nvrtcCreateProgram")
  int create(
      MemorySegment out,
      MemorySegment source,
      MemorySegment name,
      int headers,
      MemorySegment headerTexts,
      MemorySegment headerNames) {
    if (headers != 0) {
      return NVRTC_ERROR_INVALID_INPUT;
    }
    Out.put(out, handles.add(new Program(text(source))));
    return NVRTC_SUCCESS;
  }

  @Symbol("nvrtcCompileProgram")
  int compile(long handle, int count, MemorySegment pointers) {
    Program program = program(handle);
    String architecture = "";
    for (int i = 0; i < count; i++) {
      String option = text(pointers.reinterpret(8L * count).getAtIndex(ADDRESS, i));
      if (option.startsWith(ARCHITECTURE)) {
        architecture = option.substring(ARCHITECTURE.length());
      } else if (!option.startsWith("-")) {
        return NVRTC_ERROR_INVALID_OPTION;
      }
    }
    if (!isKnown(architecture)) {
      program.log = "fake NVRTC: architecture '%s'".formatted(architecture);
      return NVRTC_ERROR_INVALID_OPTION;
    }
    try {
      String cubin = new FakeProgram(architecture, FakeCompiler.compile(program.source)).write();
      // As long as its text, with the zero that ends it.
      program.cubin = (cubin + "\0").getBytes(StandardCharsets.UTF_8);
      return NVRTC_SUCCESS;
    } catch (FakeCompiler.CompileError e) {
      program.log = "fake NVRTC: " + e.getMessage();
      return NVRTC_ERROR_COMPILATION;
    }
  }

  private static boolean isKnown(String architecture) {
    for (int number : ARCHITECTURES) {
      if (architecture.equals("sm_" + number)
          || (number >= 90 && architecture.equals("sm_%da".formatted(number)))) {
        return true;
      }
    }
    return false;
  }

  @Symbol("nvrtcGetProgramLogSize")
  int logSize(long handle, MemorySegment out) {
    Out.put(out, bytes(program(handle).log).length);
    return NVRTC_SUCCESS;
  }

  @Symbol("nvrtcGetProgramLog")
  int log(long handle, MemorySegment out) {
    put(bytes(program(handle).log), out);
    return NVRTC_SUCCESS;
  }

  private static byte[] bytes(String text) {
    return (text + "\0").getBytes(StandardCharsets.UTF_8);
  }

  private static void put(byte[] bytes, MemorySegment out) {
    MemorySegment.copy(bytes, 0, out.reinterpret(bytes.length), JAVA_BYTE, 0, bytes.length);
  }

  @Symbol("nvrtcGetCUBINSize")
  int cubinSize(long handle, MemorySegment out) {
    Out.put(out, program(handle).cubin.length);
    return NVRTC_SUCCESS;
  }

  @Symbol("nvrtcGetCUBIN")
  int cubin(long handle, MemorySegment out) {
    put(program(handle).cubin, out);
    return NVRTC_SUCCESS;
  }

  @Symbol("nvrtcDestroyProgram")
  int destroy(MemorySegment handle) {
    MemorySegment at = handle.reinterpret(8);
    program(at.get(JAVA_LONG, 0));
    Program _ = handles.remove(at.get(JAVA_LONG, 0), Program.class);
    at.set(JAVA_LONG, 0, 0);
    return NVRTC_SUCCESS;
  }
}
