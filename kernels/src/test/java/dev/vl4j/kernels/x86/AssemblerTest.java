package dev.vl4j.kernels.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each encoder against the bytes that GNU as 2.40 makes of the same line. */
class AssemblerTest {
  private static Arguments line(String text, String bytes, Consumer<Assembler> emit) {
    return Arguments.of(text, bytes, emit);
  }

  static Stream<Arguments> lines() {
    Vec z1 = Vec.zmm(1);
    return Stream.of(
        line(
            "vdpbf16ps zmm5, zmm17, zmm30",
            "6292764052ee",
            a -> a.vdpbf16ps(Vec.zmm(5), Vec.zmm(17), Vec.zmm(30))),
        line(
            "vdpbf16ps zmm23, zmm1, [rsi+r9*4+0x80]",
            "62a27648527c8e02",
            a -> a.vdpbf16ps(Vec.zmm(23), z1, Mem.at(Gp.RSI, Gp.R9, 4, 0x80))),
        line(
            "vdpbf16ps zmm9, zmm31, dword ptr [r10+r8*2+8]{1to16}",
            "62120650524c4202",
            a -> a.vdpbf16psBroadcast(Vec.zmm(9), Vec.zmm(31), Mem.at(Gp.R10, Gp.R8, 2, 8))),
        line(
            "vpdpbusd zmm20, zmm3, zmm8",
            "62c2654850e0",
            a -> a.vpdpbusd(Vec.zmm(20), Vec.zmm(3), Vec.zmm(8))),
        line(
            "vcvtneps2bf16 ymm3, zmm19",
            "62b27e4872db",
            a -> a.vcvtneps2bf16(Vec.ymm(3), Vec.zmm(19))),
        line(
            "vpbroadcastd zmm31, [r13+4]",
            "62427d48587d01",
            a -> a.vpbroadcastd(Vec.zmm(31), Mem.at(Gp.R13, 4))),
        line(
            "vpbroadcastd zmm2, [rsp+0x404]",
            "62f27d4858942404040000",
            a -> a.vpbroadcastd(Vec.zmm(2), Mem.at(Gp.RSP, 0x404))),
        line("vmovups zmm1, [rbp]", "62f17c48104d00", a -> a.vmovups(z1, Mem.at(Gp.RBP))),
        line(
            "vmovups [r12+0x40], zmm29",
            "62417c48116c2401",
            a -> a.vmovups(Mem.at(Gp.R12, 0x40), Vec.zmm(29))),
        line(
            "vaddps zmm3, zmm3, [rdx+65]",
            "62f16448589a41000000",
            a -> a.vaddps(Vec.zmm(3), Vec.zmm(3), Mem.at(Gp.RDX, 65))),
        line(
            "vpxord zmm31, zmm31, zmm31",
            "62010540efff",
            a -> a.vpxord(Vec.zmm(31), Vec.zmm(31), Vec.zmm(31))),
        line("mov rax, rdi", "4889f8", a -> a.mov(Gp.RAX, Gp.RDI)),
        line("mov r9, 77", "49c7c14d000000", a -> a.mov(Gp.R9, 77)),
        line(
            "lea r11, [rdi+r8*8+1000]",
            "4e8d9cc7e8030000",
            a -> a.lea(Gp.R11, Mem.at(Gp.RDI, Gp.R8, 8, 1000))),
        line("add r10, r8", "4d01c2", a -> a.add(Gp.R10, Gp.R8)),
        line("add rsi, 512", "4881c600020000", a -> a.add(Gp.RSI, 512)),
        line("sub rcx, 1", "4883e901", a -> a.sub(Gp.RCX, 1)),
        line("push r12", "4154", a -> a.push(Gp.R12)),
        line("pop rbx", "5b", a -> a.pop(Gp.RBX)),
        line("mov [r8+4], ebx", "41895804", a -> a.movd(Mem.at(Gp.R8, 4), Gp.RBX)),
        line("mov [rsi], eax", "8906", a -> a.movd(Mem.at(Gp.RSI), Gp.RAX)),
        line("vzeroupper", "c5f877", Assembler::vzeroupper),
        line("cpuid", "0fa2", Assembler::cpuid),
        line("xgetbv", "0f01d0", Assembler::xgetbv),
        line("ret", "c3", Assembler::ret));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void encodes(String text, String bytes, Consumer<Assembler> emit) {
    Assembler assembler = new Assembler();
    emit.accept(assembler);
    assertThat(HexFormat.of().formatHex(assembler.toBytes())).as(text).isEqualTo(bytes);
  }

  @ParameterizedTest
  @MethodSource("lines")
  void countsItsBytes(String text, String bytes, Consumer<Assembler> emit) {
    Assembler assembler = new Assembler();
    emit.accept(assembler);
    assertThat(assembler.position()).as(text).isEqualTo(bytes.length() / 2);
  }
}
