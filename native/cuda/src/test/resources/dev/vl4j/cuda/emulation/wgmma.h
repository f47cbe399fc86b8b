// What hopper.cu finds in wgmma.cu, for a processor. Products are computed when they are waited
// for, from what shared memory and registers hold then.

#pragma once

#include "instructions.h"

// Where an element stands that is `bytes` behind an operand's beginning before the swizzle.
inline float operandElement(u64 description, u32 bytes) {
  if (description >> 62 != 1) emulation::fail("an operand without the 128-byte swizzle");
  const u32 address = static_cast<u32>(description & 0x3fff) * 16 + bytes;
  const u32 swizzled = address ^ (address >> 7 & 7) << 4;
  bf16 element;
  std::memcpy(&element, emulation::sharedAt(swizzled, 2), 2);
  return low(element);
}

// Row r and depth k of an operand [rows, 16] whose rows lie along the depth.
inline float alongDepth(u64 description, int row, int k) {
  const u32 groupBytes = static_cast<u32>(description >> 32 & 0x3fff) * 16;
  return operandElement(description, row / 8 * groupBytes + row % 8 * 128 + k * 2);
}

// Depth k and column n of an operand [16, columns].
inline float acrossDepth(u64 description, int k, int column) {
  const u32 panelBytes = static_cast<u32>(description >> 16 & 0x3fff) * 16;
  const u32 groupBytes = static_cast<u32>(description >> 32 & 0x3fff) * 16;
  return operandElement(description, column / 64 * panelBytes + k / 8 * groupBytes + k % 8 * 128 +
                                         column % 64 * 2);
}

inline void compute(const emulation::Product& product, size_t group, size_t place) {
  const int lane = emulation::lane();
  for (int i = 0; i < product.columns / 2; i++) {
    const int rowOfWarp = lane / 4 + i / 2 % 2 * 8;
    const int column = i / 4 * 8 + lane % 4 * 2 + i % 2;
    float sum = product.accumulate ? product.sums[i] : 0;
    for (int k = 0; k < 16; k++) {
      float a;
      if (product.aWords == nullptr) {
        a = alongDepth(product.a, emulation::warp() % 4 * 16 + rowOfWarp, k);
      } else {
        const emulation::Thread& owner = emulation::ofWarp(lane / 4 * 4 + k % 8 / 2);
        const u32* words = owner.products.committed[group][place].aWords;
        a = half(words[i / 2 % 2 + k / 8 * 2], k % 2);
      }
      const float b =
          product.transposed ? acrossDepth(product.b, k, column) : alongDepth(product.b, column, k);
      sum = fmaf(a, b, sum);
    }
    product.sums[i] = sum;
  }
}

inline void multiply(float (&x)[64], u64 a, u64 b, bool accumulate) {
  emulation::current->products.open.push_back({x, 128, false, a, nullptr, b, accumulate});
}

template <int N>
inline void multiplyAdd(float (&x)[N], const u32* a, u64 b) {
  emulation::current->products.open.push_back({x, 2 * N, true, 0, a, b, true});
}

inline u64 describe(u32 address, u32 panelBytes) {
  return static_cast<u64>((address & 0x3ffff) >> 4) | static_cast<u64>(panelBytes >> 4) << 16 |
         static_cast<u64>(1024 >> 4) << 32 | 1ull << 62;
}

inline void beginProducts() { emulation::exchange("wgmma.fence", {}); }

inline void commitProducts() {
  emulation::exchange("wgmma.commit_group", {});
  emulation::current->products.commit();
}

template <int PENDING>
inline void awaitProducts() {
  emulation::exchange("wgmma.wait_group", {});
  auto& groups = emulation::current->products.committed;
  const size_t due = groups.size() > PENDING ? groups.size() - PENDING : 0;
  for (size_t group = 0; group < due; group++) {
    for (size_t i = 0; i < groups[group].size(); i++) compute(groups[group][i], group, i);
  }
  emulation::meetWarp();  // the others have read this thread's words
  groups.erase(groups.begin(), groups.begin() + due);
  emulation::meetWarp();
}

template <int N>
inline void pin(float (&)[N]) {}

inline void initBarrier(u32 barrier, int arrivals) {
  emulation::sharedAt(barrier, 8);
  emulation::block->barriers[barrier] = {arrivals, arrivals, 0};
}

inline emulation::PhaseBarrier& barrierAt(u32 barrier) {
  auto found = emulation::block->barriers.find(barrier);
  if (found == emulation::block->barriers.end()) emulation::fail("no barrier at %u", barrier);
  return found->second;
}

inline void arrive(u32 barrier) {
  emulation::PhaseBarrier& b = barrierAt(barrier);
  emulation::block->progress++;
  if (--b.missing == 0) {
    b.missing = b.expected;
    b.phase ^= 1;
  }
  emulation::yield();  // whoever waits may go on before this thread does
}

inline bool hasPassed(u32 barrier, u32 phase) {
  if (barrierAt(barrier).phase != phase) return true;
  emulation::yield();
  return barrierAt(barrier).phase != phase;
}

inline void await(u32 barrier, u32 phase) {
  while (!hasPassed(barrier, phase)) {
  }
}

inline void publish() {}

template <int PENDING>
inline void awaitCopyGroups() {
  emulation::awaitCopies(PENDING);
}

inline void warpgroupBarrier(int warpgroup) {
  emulation::meet(emulation::block->meetings[warpgroup + 1], 128);
}

template <int COUNT>
inline void giveUpRegisters() {}

template <int COUNT>
inline void takeRegisters() {}
