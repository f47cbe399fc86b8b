package dev.vl4j.kernels.aarch64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each encoder against the word that GNU as makes of the same line, and the decoder of {@link
 * NeonMachine} against the line. {@link #gnuAsMakesTheSameWords} asks GNU as again where it is
 * installed (Debian: binutils-aarch64-linux-gnu).
 */
class AssemblerTest {
  /**
   * @param word as it lies in memory
   */
  record Line(String text, String word, Consumer<Assembler> emit) {
    @Override
    public String toString() {
      return text;
    }
  }

  private static Line line(String text, String word, Consumer<Assembler> emit) {
    return new Line(text, word, emit);
  }

  private static Vec v(int number) {
    return new Vec(number);
  }

  private static Gp x(int number) {
    return new Gp(number);
  }

  static List<Line> lines() {
    return List.of(
        line("bfmmla v16.4s, v0.8h, v4.8h", "10ec446e", a -> a.bfmmla(v(16), v(0), v(4))),
        line("bfmmla v31.4s, v30.8h, v29.8h", "dfef5d6e", a -> a.bfmmla(v(31), v(30), v(29))),
        line("smmla v31.4s, v3.16b, v7.16b", "7fa4874e", a -> a.smmla(v(31), v(3), v(7))),
        line("sdot v16.4s, v1.16b, v0.16b", "3094804e", a -> a.sdot(v(16), v(1), v(0))),
        line("sdot v16.4s, v8.16b, v1.4b[0]", "10e1814f", a -> a.sdot(v(16), v(8), v(1), 0)),
        line("sdot v17.4s, v9.16b, v16.4b[1]", "31e1b04f", a -> a.sdot(v(17), v(9), v(16), 1)),
        line("sdot v18.4s, v8.16b, v31.4b[2]", "12e99f4f", a -> a.sdot(v(18), v(8), v(31), 2)),
        line("sdot v31.4s, v9.16b, v7.4b[3]", "3fe9a74f", a -> a.sdot(v(31), v(9), v(7), 3)),
        line("bfcvtn v0.4h, v1.4s", "2068a10e", a -> a.bfcvtn(v(0), v(1))),
        line("bfcvtn2 v30.8h, v2.4s", "5e68a14e", a -> a.bfcvtn2(v(30), v(2))),
        line("fadd v0.4s, v1.4s, v2.4s", "20d4224e", a -> a.fadd4s(v(0), v(1), v(2))),
        line("add v0.4s, v1.4s, v2.4s", "2084a24e", a -> a.add4s(v(0), v(1), v(2))),
        line("addp v3.4s, v16.4s, v17.4s", "03beb14e", a -> a.addp4s(v(3), v(16), v(17))),
        line("zip1 v0.2d, v16.2d, v17.2d", "003ad14e", a -> a.zip1x2d(v(0), v(16), v(17))),
        line("zip2 v2.2d, v30.2d, v31.2d", "c27bdf4e", a -> a.zip2x2d(v(2), v(30), v(31))),
        line("movi v16.2d, #0", "10e4006f", a -> a.zero(v(16))),
        line("dup v0.2d, x5", "a00c084e", a -> a.dup2d(v(0), x(5))),
        line("ldr q0, [x0], #16", "0004c13c", a -> a.ldrPost(v(0), x(0), 16)),
        line("ldr q31, [x17], #-256", "3f06d03c", a -> a.ldrPost(v(31), x(17), -256)),
        line("str q2, [x2], #64", "4204843c", a -> a.strPost(v(2), x(2), 64)),
        line("ldp q4, q5, [x1, #32]", "241441ad", a -> a.ldp(v(4), v(5), x(1), 32)),
        line("ldp q8, q9, [x7, #1008]", "e8a45fad", a -> a.ldp(v(8), v(9), x(7), 1008)),
        line("stp q0, q1, [x2, #0]", "400400ad", a -> a.stp(v(0), v(1), x(2), 0)),
        line("stp q30, q31, [x5, #-1024]", "be7c20ad", a -> a.stp(v(30), v(31), x(5), -1024)),
        line("ldp x4, x5, [x0], #16", "0414c1a8", a -> a.ldpPost(x(4), x(5), x(0), 16)),
        line("stp d8, d9, [sp, #-16]!", "e827bf6d", a -> a.pushLowHalves(v(8), v(9))),
        line("ldp d8, d9, [sp], #16", "e827c16c", a -> a.popLowHalves(v(8), v(9))),
        line("prfm pldl1keep, [x1, #2048]", "200084f9", a -> a.prfm(x(1), 2048)),
        line("prfm pldl1keep, [x30, #32760]", "c0ffbff9", a -> a.prfm(x(30), 32760)),
        line("mov x7, x0", "e70300aa", a -> a.mov(x(7), x(0))),
        line("mov x5, #1024", "058080d2", a -> a.mov(x(5), 1024)),
        line("mov x17, #65535", "f1ff9fd2", a -> a.mov(x(17), 65535)),
        line("add x4, x5, x6", "a400068b", a -> a.add(x(4), x(5), x(6))),
        line("add x0, x1, #4095", "20fc3f91", a -> a.add(x(0), x(1), 4095)),
        line("subs x3, x3, #1", "630400f1", a -> a.subs(x(3), x(3), 1)),
        line("b.ne .-64", "01feff54", a -> a.bne(a.position() - 16)),
        line("b.ne .+8", "41000054", a -> a.bne(a.position() + 2)),
        line("ret", "c0035fd6", Assembler::ret));
  }

  private static String assembled(Line line) {
    Assembler assembler = new Assembler();
    line.emit().accept(assembler);
    return HexFormat.of().formatHex(assembler.toBytes());
  }

  @ParameterizedTest
  @MethodSource("lines")
  void encodes(Line line) {
    assertThat(assembled(line)).as(line.text()).isEqualTo(line.word());
  }

  @ParameterizedTest
  @MethodSource("lines")
  void decodes(Line line) {
    byte[] bytes = HexFormat.of().parseHex(line.word());
    int word = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt();
    assertThat(NeonInstruction.decode(word)).hasToString(line.text());
  }

  @Test
  void gnuAsMakesTheSameWords(@TempDir Path directory) throws Exception {
    Path source = directory.resolve("lines.s");
    Path object = directory.resolve("lines.o");
    Path binary = directory.resolve("lines.bin");
    Files.write(source, lines().stream().map(Line::text).toList());
    run("aarch64-linux-gnu-as", "-march=armv8.6-a", "-o", object.toString(), source.toString());
    run(
        "aarch64-linux-gnu-objcopy",
        "-O",
        "binary",
        "-j",
        ".text",
        object.toString(),
        binary.toString());
    assertThat(HexFormat.of().formatHex(Files.readAllBytes(binary)))
        .isEqualTo(lines().stream().map(Line::word).collect(Collectors.joining()));
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      assumeTrue(false, "not tested here: " + e.getMessage());
      throw e;
    }
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }

  static Stream<Consumer<Assembler>> whatHasNoEncoding() {
    return Stream.of(
        a -> a.sdot(v(0), v(1), v(2), 4),
        a -> a.ldp(v(0), v(1), x(2), 1024),
        a -> a.ldp(v(0), v(1), x(2), 8),
        a -> a.ldrPost(v(0), x(1), 256),
        a -> a.prfm(x(1), 32768),
        a -> a.prfm(x(1), 4),
        a -> a.mov(x(1), 65536),
        a -> a.add(x(1), x(1), 4096),
        a -> a.add(x(1), x(1), -1),
        a -> a.subs(x(1), x(1), 4096),
        a -> a.bne(1 << 18));
  }

  @ParameterizedTest
  @MethodSource("whatHasNoEncoding")
  void refusesWhatHasNoEncoding(Consumer<Assembler> emit) {
    assertThatThrownBy(() -> emit.accept(new Assembler()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no encoding for the");
  }

  @Test
  void refusesRegistersThatAreNone() {
    assertThatThrownBy(() -> v(32)).hasMessageContaining("no vector register 32");
    assertThatThrownBy(() -> x(-1)).hasMessageContaining("no general register -1");
  }

  /** More code than an assembler has room for at first. */
  @Test
  void grows() {
    Assembler assembler = new Assembler();
    for (int i = 0; i < 1000; i++) {
      assembler.ret();
    }
    assertThat(assembler.toBytes()).hasSize(4000);
    assertThat(HexFormat.of().formatHex(assembler.toBytes())).isEqualTo("c0035fd6".repeat(1000));
  }
}
