// Runs a CUDA kernel on a processor, block after block. The threads of a block are fibers: one runs
// until it waits for others. Whatever keeps threads of a block together is checked: a warp's lanes
// must meet in the same operation, and a block in which nobody gets on any more is an error.
//
// An error ends the block at once; the fibers are forgotten.

#pragma once

#include <csetjmp>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ucontext.h>

#include <map>
#include <memory>
#include <random>
#include <vector>

namespace emulation {

constexpr int WARP = 32;
constexpr size_t STACK_BYTES = 128 * 1024;
constexpr int SHARED_BYTES = 256 * 1024;

// What a lane hands to the others of its warp.
struct Exchange {
  const char* operation = nullptr;
  uint32_t words[8] = {};
};

// A copy to shared memory that was started but not waited for.
struct Copy {
  uint32_t destination;
  const void* source;
  bool present;
};

// A product of a warpgroup that was started but not waited for.
struct Product {
  float* sums;
  int columns;
  bool transposed;         // whether b is [depth, columns], else [columns, depth]
  uint64_t a;              // where a is in shared memory,
  const uint32_t* aWords;  // or the thread's part of it
  uint64_t b;
  bool accumulate;
};

template <typename T>
struct Groups {
  std::vector<T> open;
  std::vector<std::vector<T>> committed;

  void commit() {
    committed.push_back(open);
    open.clear();
  }
};

struct Thread {
  struct {
    unsigned x, y, z;
  } index = {};
  ucontext_t start;
  jmp_buf state;
  bool started = false;
  bool ended = false;
  uint64_t exchanges = 0;
  Exchange handed[2];
  Groups<Copy> copies;
  Groups<Product> products;
};

// Where a number of threads meet.
struct Meeting {
  int arrived = 0;
  uint64_t round = 0;
};

// A barrier in shared memory (mbarrier).
struct PhaseBarrier {
  int expected;
  int missing;
  unsigned phase;
};

struct Block {
  std::vector<Thread> threads;
  std::unique_ptr<char[]> stacks;
  Meeting meetings[16];  // barriers by their number; 0 is __syncthreads
  Meeting warps[WARP];
  std::map<uint32_t, PhaseBarrier> barriers;
  uint64_t progress = 0;
  int sharedBytes = 0;
};

inline struct {
  unsigned x, y, z;
} blockIndex, blockSize, gridSize;

alignas(1024) inline char shared[SHARED_BYTES];
inline Block* block;
inline Thread* current;
inline jmp_buf scheduler;
inline jmp_buf failed;
inline char message[512];

[[noreturn]] inline void fail(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = std::snprintf(message, sizeof message, "block %u, thread %u: ", blockIndex.x,
                                   current == nullptr ? 0 : current->index.x);
  std::vsnprintf(message + length, sizeof message - length, format, arguments);
  va_end(arguments);
  _longjmp(failed, 1);
}

// Lets other threads run.
[[gnu::noinline]] inline void yield() {
  if (_setjmp(current->state) == 0) _longjmp(scheduler, 1);
}

// Waits until `count` threads have come here.
inline void meet(Meeting& meeting, int count) {
  const uint64_t round = meeting.round;
  if (++meeting.arrived == count) {
    meeting.arrived = 0;
    meeting.round++;
    block->progress++;
    return;
  }
  while (meeting.round == round) yield();
}

inline int warp() { return current->index.x / WARP; }
inline int lane() { return current->index.x % WARP; }
inline Thread& ofWarp(int lane) { return block->threads[warp() * WARP + lane]; }

inline void meetWarp() { meet(block->warps[warp()], WARP); }

// Hands words to the other lanes and waits for theirs, which `handedBy` gives until the next but
// one exchange.
inline void exchange(const char* operation, std::initializer_list<uint32_t> words) {
  Exchange& own = current->handed[current->exchanges++ % 2];
  own.operation = operation;
  std::copy(words.begin(), words.end(), own.words);
  meetWarp();
  for (int i = 0; i < WARP; i++) {
    const Exchange& other = ofWarp(i).handed[(current->exchanges - 1) % 2];
    // Texts of one operation are one text, since all sources are compiled together.
    if (ofWarp(i).exchanges < current->exchanges || other.operation != operation) {
      fail("%s, but lane %d is in %s", operation, i, other.operation);
    }
  }
}

inline const uint32_t* handedBy(int lane) {
  return ofWarp(lane).handed[(current->exchanges - 1) % 2].words;
}

// Memory that a launch asked for, at an address in shared memory.
inline char* sharedAt(uint32_t address, int bytes) {
  if (address % bytes != 0 || address + bytes > static_cast<uint32_t>(block->sharedBytes)) {
    fail("%d bytes at %u of %d bytes of shared memory", bytes, address, block->sharedBytes);
  }
  return shared + address;
}

// Copies arrive when they are waited for, and not before.
inline void awaitCopies(size_t pending) {
  auto& groups = current->copies.committed;
  while (groups.size() > pending) {
    for (const Copy& copy : groups.front()) {
      char* destination = sharedAt(copy.destination, 16);
      if (copy.present) {
        std::memcpy(destination, copy.source, 16);
      } else {
        std::memset(destination, 0, 16);
      }
    }
    groups.erase(groups.begin());
  }
}

typedef void (*Call)(void** arguments);
inline Call call;
inline void** callArguments;

inline void enter() {
  call(callArguments);
  if (!current->copies.open.empty() || !current->copies.committed.empty() ||
      !current->products.open.empty() || !current->products.committed.empty()) {
    fail("ended with copies or products that nobody waited for");
  }
  current->ended = true;
  block->progress++;
  _longjmp(scheduler, 1);
}

inline void resume(Thread& thread) {
  if (thread.ended) return;
  current = &thread;
  if (_setjmp(scheduler) == 0) {
    if (thread.started) _longjmp(thread.state, 1);
    thread.started = true;
    setcontext(&thread.start);
  }
}

// Which warps run when. Now and then one falls asleep for a while, as on a device one may be late:
// what is not waited for is not there then.
class Schedule {
 public:
  Schedule(uint32_t seed, int warps) : random(seed), wakes(warps, 0) {}

  void nextRound() { round++; }

  bool runs(int warp) {
    if (wakes[warp] > round) return false;
    if (random() % 8 == 0) wakes[warp] = round + 1 + random() % 64;
    return true;
  }

  bool risesInWarps() { return random() % 2 == 0; }

  // Wakes all; returns whether some slept.
  bool wakeAll() {
    bool slept = false;
    for (uint64_t& wake : wakes) {
      slept |= wake > round;
      wake = 0;
    }
    return slept;
  }

 private:
  std::minstd_rand random;
  std::vector<uint64_t> wakes;
  uint64_t round = 0;
};

// Runs the threads in turn until all have ended.
inline void runBlock(int threads, int sharedBytes, Schedule& schedule) {
  Block here;
  block = &here;
  here.threads.resize(threads);
  here.stacks.reset(new char[threads * STACK_BYTES]);
  here.sharedBytes = sharedBytes;
  std::memset(shared, 0xff, sharedBytes);  // NaN, whatever the format
  for (int i = 0; i < threads; i++) {
    Thread& thread = here.threads[i];
    thread.index.x = i;
    getcontext(&thread.start);
    thread.start.uc_stack.ss_sp = here.stacks.get() + i * STACK_BYTES;
    thread.start.uc_stack.ss_size = STACK_BYTES;
    makecontext(&thread.start, reinterpret_cast<void (*)()>(enter), 0);
  }
  for (bool alive = true; alive;) {
    const uint64_t before = here.progress;
    alive = false;
    for (int warp = 0; warp < threads / WARP; warp++) {
      const bool runs = schedule.runs(warp);
      const bool rises = schedule.risesInWarps();
      for (int lane = 0; lane < WARP; lane++) {
        Thread& thread = here.threads[warp * WARP + (rises ? lane : WARP - 1 - lane)];
        if (runs) resume(thread);
        alive |= !thread.ended;
      }
    }
    current = nullptr;
    if (alive && here.progress == before && !schedule.wakeAll()) {
      fail("no thread gets on any more");
    }
    schedule.nextRound();
  }
}

// Runs a kernel. What it returns is an error's text, or null.
inline const char* run(Call kernel, int blocks, int threads, int sharedBytes, uint32_t seed,
                       void** arguments) {
  if (threads % WARP != 0 || threads > 1024) return "a block is whole warps, 1024 threads at most";
  if (sharedBytes > SHARED_BYTES) return "too much shared memory";
  call = kernel;
  callArguments = arguments;
  blockSize = {static_cast<unsigned>(threads), 1, 1};
  gridSize = {static_cast<unsigned>(blocks), 1, 1};
  Schedule schedule(seed, threads / WARP);
  if (_setjmp(failed) != 0) return message;
  for (int i = 0; i < blocks; i++) {
    blockIndex = {static_cast<unsigned>(i), 0, 0};
    runBlock(threads, sharedBytes, schedule);
  }
  return nullptr;
}

}  // namespace emulation
