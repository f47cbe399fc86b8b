package dev.vl4j.kernels.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
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
            a -> a.vdpbf16ps(Vec.zmm(9), Vec.zmm(31), new Each(Mem.at(Gp.R10, Gp.R8, 2, 8)))),
        line(
            "vpdpbusd zmm20, zmm3, zmm8",
            "62c2654850e0",
            a -> a.vpdpbusd(Vec.zmm(20), Vec.zmm(3), Vec.zmm(8))),
        line(
            "vcvtneps2bf16 ymm3, zmm19",
            "62b27e4872db",
            a -> a.vcvtneps2bf16(Vec.ymm(3), Vec.zmm(19))),
        line(
            "vcvtne2ps2bf16 zmm14, zmm13, zmm28",
            "6212174872f4",
            a -> a.vcvtne2ps2bf16(Vec.zmm(14), Vec.zmm(13), Vec.zmm(28))),
        line(
            "vpmovzxwd zmm1, [rsi+0x20]",
            "62f27d48334e01",
            a -> a.vpmovzxwd(z1, Mem.at(Gp.RSI, 0x20))),
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
            a -> a.vpxor(Vec.zmm(31), Vec.zmm(31), Vec.zmm(31))),
        line(
            "vmovups zmm4{k1}{z}, zmm20",
            "62b17cc910e4",
            a -> a.vmovupsZeroing(Vec.zmm(4), new Mask(1), Vec.zmm(20))),
        line(
            "vpcmpgtd k1, zmm20, zmm21",
            "62b15d4066cd",
            a -> a.vpcmpgtd(new Mask(1), Vec.zmm(20), Vec.zmm(21))),
        line(
            "vpmaxsd zmm2, zmm18, [rdi+0x40]",
            "62f26d403d5701",
            a -> a.vpmaxsd(Vec.zmm(2), Vec.zmm(18), Mem.at(Gp.RDI, 64))),
        line("vpandd zmm19, zmm3, zmm1", "62e16548dbd9", a -> a.vpand(Vec.zmm(19), Vec.zmm(3), z1)),
        line(
            "vpunpckldq zmm16, zmm0, zmm1",
            "62e17d4862c1",
            a -> a.vpunpckldq(Vec.zmm(16), Vec.zmm(0), z1)),
        line(
            "vpunpckhdq zmm17, zmm0, zmm31",
            "62817d486acf",
            a -> a.vpunpckhdq(Vec.zmm(17), Vec.zmm(0), Vec.zmm(31))),
        line(
            "vpunpcklqdq zmm0, zmm16, zmm18",
            "62b1fd406cc2",
            a -> a.vpunpcklqdq(Vec.zmm(0), Vec.zmm(16), Vec.zmm(18))),
        line(
            "vpunpckhqdq zmm1, zmm16, [rsi+0x40]",
            "62f1fd406d4e01",
            a -> a.vpunpckhqdq(z1, Vec.zmm(16), Mem.at(Gp.RSI, 64))),
        line(
            "vpand ymm4, ymm4, ymm1", "c5dddbe1", a -> a.vpand(Vec.ymm(4), Vec.ymm(4), Vec.ymm(1))),
        line(
            "vpor ymm3, ymm4, [rsi+0x20]",
            "c5ddeb5e20",
            a -> a.vpor(Vec.ymm(3), Vec.ymm(4), Mem.at(Gp.RSI, 0x20))),
        line(
            "vperm2i128 ymm8, ymm0, ymm4, 0x20",
            "c4637d46c420",
            a -> a.vperm2i128(Vec.ymm(8), Vec.ymm(0), Vec.ymm(4), 0x20)),
        line(
            "vpunpcklqdq ymm0, ymm8, ymm10",
            "c4c13d6cc2",
            a -> a.vpunpcklqdq(Vec.ymm(0), Vec.ymm(8), Vec.ymm(10))),
        line(
            "vpunpckhqdq ymm1, ymm8, [rsi+0x20]",
            "c5bd6d4e20",
            a -> a.vpunpckhqdq(Vec.ymm(1), Vec.ymm(8), Mem.at(Gp.RSI, 0x20))),
        line(
            "vpmovzxwd ymm3, [rax+rsi]",
            "c4e27d331c30",
            a -> a.vpmovzxwd(Vec.ymm(3), Mem.at(Gp.RAX, Gp.RSI, 1, 0))),
        line("vptest ymm9, ymm9", "c4427d17c9", a -> a.vptest(Vec.ymm(9), Vec.ymm(9))),
        line(
            "vpaddb xmm3, xmm12, xmm2",
            "c599fcda",
            a -> a.vpaddb(Vec.xmm(3), Vec.xmm(12), Vec.xmm(2))),
        line(
            "vpackssdw ymm8, ymm8, ymm9",
            "c4413d6bc1",
            a -> a.vpackssdw(Vec.ymm(8), Vec.ymm(8), Vec.ymm(9))),
        line(
            "vpacksswb xmm8, xmm8, xmm9",
            "c4413963c1",
            a -> a.vpacksswb(Vec.xmm(8), Vec.xmm(8), Vec.xmm(9))),
        line(
            "vpermq ymm8, ymm8, 0xd8", "c443fd00c0d8", a -> a.vpermq(Vec.ymm(8), Vec.ymm(8), 0xd8)),
        line("kortestw k1, k1", "c5f898c9", a -> a.kortestw(new Mask(1))),
        line(
            "vfmsub213ps zmm4, zmm24, zmm0",
            "62f23d40aae0",
            a -> a.vfmsub213ps(Vec.zmm(4), Vec.zmm(24), Vec.zmm(0))),
        line(
            "vfmadd213ps zmm6, zmm25, zmm31",
            "62923540a8f7",
            a -> a.vfmadd213ps(Vec.zmm(6), Vec.zmm(25), Vec.zmm(31))),
        line(
            "vrndscaleps zmm5, zmm20, 0",
            "62b37d4808ec00",
            a -> a.vrndscaleps(Vec.zmm(5), Vec.zmm(20))),
        line(
            "vscalefps zmm4, zmm22, zmm5",
            "62f24d402ce5",
            a -> a.vscalefps(Vec.zmm(4), Vec.zmm(22), Vec.zmm(5))),
        line(
            "vshuff32x4 zmm2, zmm16, zmm0, 0x4e",
            "62f37d4023d04e",
            a -> a.vshuff32x4(Vec.zmm(2), Vec.zmm(16), Vec.zmm(0), 0x4e)),
        line(
            "vpermilps zmm2, zmm19, 0xb1",
            "62b37d4804d3b1",
            a -> a.vpermilps(Vec.zmm(2), Vec.zmm(19), 0xb1)),
        line(
            "vbroadcastss zmm24, [rax+4]",
            "62627d48184001",
            a -> a.vbroadcastss(Vec.zmm(24), Mem.at(Gp.RAX, 4))),
        line(
            "vpaddd zmm21, zmm21, zmm23",
            "62a15540feef",
            a -> a.vpaddd(Vec.zmm(21), Vec.zmm(21), Vec.zmm(23))),
        line(
            "vmaxps zmm3, zmm4, zmm18",
            "62b15c485fda",
            a -> a.vmaxps(Vec.zmm(3), Vec.zmm(4), Vec.zmm(18))),
        line(
            "vsubps zmm3, zmm1, [r8]",
            "62d174485c18",
            a -> a.vsubps(Vec.zmm(3), z1, Mem.at(Gp.R8))),
        line(
            "vmulps zmm4, zmm3, [rsi]",
            "62f164485926",
            a -> a.vmulps(Vec.zmm(4), Vec.zmm(3), Mem.at(Gp.RSI))),
        line("add r15, [rbx+0x38]", "4c037b38", a -> a.add(Gp.R15, Mem.at(Gp.RBX, 0x38))),
        line("mov rsi, [rbx+0x10]", "488b7310", a -> a.mov(Gp.RSI, Mem.at(Gp.RBX, 0x10))),
        line("shl rcx, 2", "48c1e102", a -> a.shl(Gp.RCX, 2)),
        line(
            "{vex} vpdpbusd ymm9, ymm3, ymm8",
            "c4426550c8",
            a -> a.vpdpbusd(Vec.ymm(9), Vec.ymm(3), Vec.ymm(8))),
        line(
            "vpsignb ymm11, ymm10, ymm9",
            "c4422d08d9",
            a -> a.vpsignb(Vec.ymm(11), Vec.ymm(10), Vec.ymm(9))),
        line(
            "vpmaddubsw ymm11, ymm13, ymm11",
            "c4421504db",
            a -> a.vpmaddubsw(Vec.ymm(11), Vec.ymm(13), Vec.ymm(11))),
        line(
            "vpmaddwd ymm11, ymm11, ymm12",
            "c44125f5dc",
            a -> a.vpmaddwd(Vec.ymm(11), Vec.ymm(11), Vec.ymm(12))),
        line(
            "vpaddd ymm3, ymm3, ymm11",
            "c4c165fedb",
            a -> a.vpaddd(Vec.ymm(3), Vec.ymm(3), Vec.ymm(11))),
        line(
            "vpaddd ymm3, ymm3, [rdx+0x20]",
            "c5e5fe5a20",
            a -> a.vpaddd(Vec.ymm(3), Vec.ymm(3), Mem.at(Gp.RDX, 32))),
        line("vpabsb ymm14, ymm9", "c4427d1cf1", a -> a.vpabsb(Vec.ymm(14), Vec.ymm(9))),
        line(
            "vpcmpeqd ymm12, ymm12, ymm12",
            "c4411d76e4",
            a -> a.vpcmpeqd(Vec.ymm(12), Vec.ymm(12), Vec.ymm(12))),
        line(
            "vpsrlw ymm12, ymm12, 15", "c4c11d71d40f", a -> a.vpsrlw(Vec.ymm(12), Vec.ymm(12), 15)),
        line(
            "vmovups ymm9, [rsi+0x60]",
            "c57c104e60",
            a -> a.vmovups(Vec.ymm(9), Mem.at(Gp.RSI, 0x60))),
        line(
            "vmovups [rdx+0x40], ymm3",
            "c5fc115a40",
            a -> a.vmovups(Mem.at(Gp.RDX, 0x40), Vec.ymm(3))),
        line(
            "vpbroadcastd ymm10, [r10+r8*2+8]",
            "c4027d58544208",
            a -> a.vpbroadcastd(Vec.ymm(10), Mem.at(Gp.R10, Gp.R8, 2, 8))),
        line(
            "vpxor ymm1, ymm1, ymm1", "c5f5efc9", a -> a.vpxor(Vec.ymm(1), Vec.ymm(1), Vec.ymm(1))),
        line(
            "vpsubd zmm3, zmm4, zmm20",
            "62b15d48fadc",
            a -> a.vpsubd(Vec.zmm(3), Vec.zmm(4), Vec.zmm(20))),
        line(
            "{vex} vpsubd ymm3, ymm4, ymm10",
            "c4c15dfada",
            a -> a.vpsubd(Vec.ymm(3), Vec.ymm(4), Vec.ymm(10))),
        line("vcvtdq2ps zmm3, zmm20", "62b17c485bdc", a -> a.vcvtdq2ps(Vec.zmm(3), Vec.zmm(20))),
        line(
            "{vex} vcvtdq2ps ymm3, ymm10", "c4c17c5bda", a -> a.vcvtdq2ps(Vec.ymm(3), Vec.ymm(10))),
        line("vcvtps2dq zmm3, zmm20", "62b17d485bdc", a -> a.vcvtps2dq(Vec.zmm(3), Vec.zmm(20))),
        line("vpmovdb [rsi], zmm3", "62f27e48311e", a -> a.vpmovdb(Mem.at(Gp.RSI), Vec.zmm(3))),
        line(
            "vpmovdb [rsi+0x20], zmm19",
            "62e27e48315e02",
            a -> a.vpmovdb(Mem.at(Gp.RSI, 0x20), Vec.zmm(19))),
        line(
            "vmulps ymm3, ymm4, [rdx+0x20]",
            "c5dc595a20",
            a -> a.vmulps(Vec.ymm(3), Vec.ymm(4), Mem.at(Gp.RDX, 0x20))),
        line(
            "vbroadcastss ymm3, [rcx]",
            "c4e27d1819",
            a -> a.vbroadcastss(Vec.ymm(3), Mem.at(Gp.RCX))),
        line(
            "vmulps zmm3, zmm4, [rdx+0x40]",
            "62f15c48595a01",
            a -> a.vmulps(Vec.zmm(3), Vec.zmm(4), Mem.at(Gp.RDX, 0x40))),
        line("mov [r8+0x10], rcx", "49894810", a -> a.mov(Mem.at(Gp.R8, 0x10), Gp.RCX)),
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
        line("call [rbx+16]", "ff5310", a -> a.call(Mem.at(Gp.RBX, 16))),
        line("call [r12+256]", "41ff942400010000", a -> a.call(Mem.at(Gp.R12, 256))),
        line("pop rbx", "5b", a -> a.pop(Gp.RBX)),
        line("mov [r8+4], ebx", "41895804", a -> a.movd(Mem.at(Gp.R8, 4), Gp.RBX)),
        line("mov [rsi], eax", "8906", a -> a.movd(Mem.at(Gp.RSI), Gp.RAX)),
        line(
            "vmovups zmm4{k2}, zmm20",
            "62b17c4a10e4",
            a -> a.vmovups(Vec.zmm(4), new Mask(2), Vec.zmm(20))),
        line(
            "vmovups [r12+0x40]{k3}, zmm29",
            "62417c4b116c2401",
            a -> a.vmovups(Mem.at(Gp.R12, 0x40), new Mask(3), Vec.zmm(29))),
        line(
            "vmovups zmm4{k1}{z}, [rsi+0x40]",
            "62f17cc9106601",
            a -> a.vmovupsZeroing(Vec.zmm(4), new Mask(1), Mem.at(Gp.RSI, 0x40))),
        line(
            "vpcompressd zmm9{k1}{z}, zmm21",
            "62c27dc98be9",
            a -> a.vpcompressd(Vec.zmm(9), new Mask(1), Vec.zmm(21))),
        line(
            "vcmpltps k3, zmm8, zmm4",
            "62f13c48c2dc01",
            a -> a.vcmpltps(new Mask(3), Vec.zmm(8), Vec.zmm(4))),
        line(
            "vcmpnltps k3, zmm2, dword ptr [rax+12]{1to16}",
            "62f16c58c2580305",
            a -> a.vcmpnltps(new Mask(3), Vec.zmm(2), new Each(Mem.at(Gp.RAX, 12)))),
        line(
            "vptestmd k1, zmm8, zmm17",
            "62b23d4827c9",
            a -> a.vptestmd(new Mask(1), Vec.zmm(8), Vec.zmm(17))),
        line("kmovw k2, [rbx+0x3a]", "c5f890533a", a -> a.kmovw(new Mask(2), Mem.at(Gp.RBX, 0x3a))),
        line("kmovw k1, [r9]", "c4c1789009", a -> a.kmovw(new Mask(1), Mem.at(Gp.R9))),
        line("kmovw eax, k1", "c5f893c1", a -> a.kmovw(Gp.RAX, new Mask(1))),
        line("kmovw r10d, k3", "c57893d3", a -> a.kmovw(Gp.R10, new Mask(3))),
        line(
            "vdivps zmm1, zmm9, zmm30",
            "629134485ece",
            a -> a.vdivps(Vec.zmm(1), Vec.zmm(9), Vec.zmm(30))),
        line(
            "vminps zmm4, zmm4, dword ptr [rax+16]{1to16}",
            "62f15c585d6004",
            a -> a.vminps(Vec.zmm(4), Vec.zmm(4), new Each(Mem.at(Gp.RAX, 16)))),
        line("vpslld zmm5, zmm5, 23", "62f1554872f517", a -> a.vpslld(Vec.zmm(5), Vec.zmm(5), 23)),
        line(
            "vpslld zmm20, zmm21, 3", "62b15d4072f503", a -> a.vpslld(Vec.zmm(20), Vec.zmm(21), 3)),
        line(
            "vpmulld zmm9, zmm8, zmm4",
            "62723d4840cc",
            a -> a.vpmulld(Vec.zmm(9), Vec.zmm(8), Vec.zmm(4))),
        line("popcnt rax, rax", "f3480fb8c0", a -> a.popcnt(Gp.RAX, Gp.RAX)),
        line("popcnt r9, r12", "f34d0fb8cc", a -> a.popcnt(Gp.R9, Gp.R12)),
        line("prefetchw [rbp+0x40]", "0f0d4d40", a -> a.prefetchw(Mem.at(Gp.RBP, 0x40))),
        line("prefetchw [r12]", "410f0d0c24", a -> a.prefetchw(Mem.at(Gp.R12))),
        line(
            "vfmadd213ps zmm7, zmm4, dword ptr [rax+0x2c]{1to16}",
            "62f25d58a8780b",
            a -> a.vfmadd213ps(Vec.zmm(7), Vec.zmm(4), new Each(Mem.at(Gp.RAX, 0x2c)))),
        line("ldtilecfg [rax]", "c4e2784900", a -> a.ldtilecfg(Mem.at(Gp.RAX))),
        line("ldtilecfg [r12+0x40]", "c4c27849442440", a -> a.ldtilecfg(Mem.at(Gp.R12, 0x40))),
        line("tilerelease", "c4e27849c0", Assembler::tilerelease),
        line("tilezero tmm0", "c4e27b49c0", a -> a.tilezero(new Tile(0))),
        line("tilezero tmm7", "c4e27b49f8", a -> a.tilezero(new Tile(7))),
        line(
            "tileloadd tmm6, [rsi+rax*1+0x40]",
            "c4e27b4b740640",
            a -> a.tileloadd(new Tile(6), Mem.at(Gp.RSI, Gp.RAX, 1, 0x40))),
        line(
            "tileloadd tmm4, [rdi+r8*1]",
            "c4a27b4b2407",
            a -> a.tileloadd(new Tile(4), Mem.at(Gp.RDI, Gp.R8, 1, 0))),
        line(
            "tileloadd tmm1, [r13+r9*4+0x400]",
            "c4827b4b8c8d00040000",
            a -> a.tileloadd(new Tile(1), Mem.at(Gp.R13, Gp.R9, 4, 0x400))),
        line(
            "tilestored [rdx+r9*1], tmm0",
            "c4a27a4b040a",
            a -> a.tilestored(Mem.at(Gp.RDX, Gp.R9, 1, 0), new Tile(0))),
        line(
            "tilestored [r12+r14*8+0x40], tmm3",
            "c4827a4b5cf440",
            a -> a.tilestored(Mem.at(Gp.R12, Gp.R14, 8, 0x40), new Tile(3))),
        line(
            "tdpbf16ps tmm0, tmm4, tmm6",
            "c4e24a5cc4",
            a -> a.tdpbf16ps(new Tile(0), new Tile(4), new Tile(6))),
        line(
            "tdpbf16ps tmm7, tmm1, tmm2",
            "c4e26a5cf9",
            a -> a.tdpbf16ps(new Tile(7), new Tile(1), new Tile(2))),
        line(
            "tdpbusd tmm3, tmm5, tmm7",
            "c4e2415edd",
            a -> a.tdpbusd(new Tile(3), new Tile(5), new Tile(7))),
        line(
            "tdpbusd tmm1, tmm2, tmm3",
            "c4e2615eca",
            a -> a.tdpbusd(new Tile(1), new Tile(2), new Tile(3))),
        line("lea r11, [rip]", "4c8d1d00000000", a -> leaNext(a, Gp.R11)),
        line("mov r11, [rsp+8]", "4c8b5c2408", a -> a.mov(Gp.R11, Mem.at(Gp.RSP, 8))),
        line(
            "vmovsd xmm3, [rdi+0x68]",
            "c5fb105f68",
            a -> a.vmovsd(Vec.xmm(3), Mem.at(Gp.RDI, 0x68))),
        line(
            "vcvtss2sd xmm0, xmm1, xmm2",
            "c5f25ac2",
            a -> a.vcvtss2sd(Vec.xmm(0), Vec.xmm(1), Vec.xmm(2))),
        line(
            "vcvtss2sd xmm9, xmm9, [r8]",
            "c441325a08",
            a -> a.vcvtss2sd(Vec.xmm(9), Vec.xmm(9), Mem.at(Gp.R8))),
        line(
            "vcvtsd2ss xmm10, xmm4, xmm12",
            "c4415b5ad4",
            a -> a.vcvtsd2ss(Vec.xmm(10), Vec.xmm(4), Vec.xmm(12))),
        line(
            "vaddss xmm0, xmm0, [rdx+0x3c]",
            "c5fa58423c",
            a -> a.vaddss(Vec.xmm(0), Vec.xmm(0), Mem.at(Gp.RDX, 0x3c))),
        line(
            "vaddsd xmm0, xmm5, [rdi+0x60]",
            "c5d3584760",
            a -> a.vaddsd(Vec.xmm(0), Vec.xmm(5), Mem.at(Gp.RDI, 0x60))),
        line(
            "vdivsd xmm1, xmm3, xmm11",
            "c4c1635ecb",
            a -> a.vdivsd(Vec.xmm(1), Vec.xmm(3), Vec.xmm(11))),
        line(
            "vdivsd xmm0, xmm0, [rdi+0x58]",
            "c5fb5e4758",
            a -> a.vdivsd(Vec.xmm(0), Vec.xmm(0), Mem.at(Gp.RDI, 0x58))),
        line(
            "vsqrtsd xmm6, xmm7, xmm8",
            "c4c14351f0",
            a -> a.vsqrtsd(Vec.xmm(6), Vec.xmm(7), Vec.xmm(8))),
        line(
            "vandps ymm3, ymm4, ymm10",
            "c4c15c54da",
            a -> a.vandps(Vec.ymm(3), Vec.ymm(4), Vec.ymm(10))),
        line(
            "vandps ymm12, ymm0, [rax+0x20]",
            "c57c546020",
            a -> a.vandps(Vec.ymm(12), Vec.ymm(0), Mem.at(Gp.RAX, 0x20))),
        line("vpslld ymm1, ymm0, 16", "c5f572f010", a -> a.vpslld(Vec.ymm(1), Vec.ymm(0), 16)),
        line(
            "vpslld ymm12, ymm13, 23", "c4c11d72f517", a -> a.vpslld(Vec.ymm(12), Vec.ymm(13), 23)),
        line(
            "vcmpltps ymm3, ymm8, ymm4",
            "c5bcc2dc01",
            a -> a.vcmpltps(Vec.ymm(3), Vec.ymm(8), Vec.ymm(4))),
        line(
            "vcmpnltps ymm2, ymm2, [rax+0x60]",
            "c5ecc2506005",
            a -> a.vcmpnltps(Vec.ymm(2), Vec.ymm(2), Mem.at(Gp.RAX, 0x60))),
        line(
            "vpcmpgtd ymm12, ymm3, ymm2",
            "c56566e2",
            a -> a.vpcmpgtd(Vec.ymm(12), Vec.ymm(3), Vec.ymm(2))),
        line(
            "vblendvps ymm0, ymm13, ymm0, ymm12",
            "c4e3154ac0c0",
            a -> a.vblendvps(Vec.ymm(0), Vec.ymm(13), Vec.ymm(0), Vec.ymm(12))),
        line(
            "vblendvps ymm9, ymm1, [rsi+0x20], ymm4",
            "c463754a4e2040",
            a -> a.vblendvps(Vec.ymm(9), Vec.ymm(1), Mem.at(Gp.RSI, 0x20), Vec.ymm(4))),
        line(
            "vextractf128 xmm4, ymm11, 1",
            "c4637d19dc01",
            a -> a.vextractf128High(Vec.xmm(4), Vec.ymm(11))),
        line(
            "vextractf128 xmm10, ymm0, 1",
            "c4c37d19c201",
            a -> a.vextractf128High(Vec.xmm(10), Vec.ymm(0))),
        line("vmovss [rcx], xmm1", "c5fa1109", a -> a.vmovss(Mem.at(Gp.RCX), Vec.xmm(1))),
        line("vmovss [r8+4], xmm9", "c4417a114804", a -> a.vmovss(Mem.at(Gp.R8, 4), Vec.xmm(9))),
        line("vucomiss xmm1, [rcx]", "c5f82e09", a -> a.vucomiss(Vec.xmm(1), Mem.at(Gp.RCX))),
        line("vucomiss xmm9, xmm4", "c5782ecc", a -> a.vucomiss(Vec.xmm(9), Vec.xmm(4))),
        line(
            "vfmadd231ps ymm11, ymm15, ymm12",
            "c44205b8dc",
            a -> a.vfmadd231ps(Vec.ymm(11), Vec.ymm(15), Vec.ymm(12))),
        line(
            "vbroadcastss ymm14, [r10+r8*2+12]",
            "c4027d1874420c",
            a -> a.vbroadcastss(Vec.ymm(14), Mem.at(Gp.R10, Gp.R8, 2, 12))),
        line("vbroadcastss ymm1, xmm1", "c4e27d18c9", a -> a.vbroadcastss(Vec.ymm(1), Vec.xmm(1))),
        line(
            "vpermilps xmm4, xmm11, 0x4e",
            "c4c37904e34e",
            a -> a.vpermilps(Vec.xmm(4), Vec.xmm(11), 0x4E)),
        line(
            "vmaxps xmm1, xmm4, xmm1",
            "c5d85fc9",
            a -> a.vmaxps(Vec.xmm(1), Vec.xmm(4), Vec.xmm(1))),
        line(
            "vmaskmovps ymm4, ymm10, [rsi+rcx*1]",
            "c4e22d2c240e",
            a -> a.vmaskmovps(Vec.ymm(4), Vec.ymm(10), Mem.at(Gp.RSI, Gp.RCX, 1, 0))),
        line(
            "vmaskmovps [rdx+0x40], ymm10, ymm7",
            "c4e22d2e7a40",
            a -> a.vmaskmovps(Mem.at(Gp.RDX, 0x40), Vec.ymm(10), Vec.ymm(7))),
        line("vzeroupper", "c5f877", Assembler::vzeroupper),
        line("cpuid", "0fa2", Assembler::cpuid),
        line("xgetbv", "0f01d0", Assembler::xgetbv),
        line("ret", "c3", Assembler::ret));
  }

  private static void leaNext(Assembler a, Gp to) {
    Label next = new Label();
    a.lea(to, next);
    a.bind(next);
  }

  /** The processor would take the distance between a tile's rows to be zero. */
  @Test
  void rowsOfATileNeedADistance() {
    assertThatThrownBy(() -> new Assembler().tileloadd(new Tile(1), Mem.at(Gp.RSI, 64)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no distance");
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
