package dev.vl4j.bench;

import dev.vl4j.kernels.x86.MachineCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** What the machine can do at most, measured on all threads at once. */
public final class Peaks implements AutoCloseable {
  private static final int FMA_STEPS = 100_000;
  private static final long EMITTED_TURNS = 500_000;

  /** Read for the bandwidth: more than any cache holds. */
  private static final long BUFFER_BYTES = 1L << 30;

  /** Read in one call, of which there must be many for the compiler to take notice. */
  private static final long CHUNK_BYTES = 1L << 16;

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** A limit. */
  public enum Limit {
    /** Vector API multiply-adds on registers, GFLOP/s. */
    F32,
    /** Emitted bfloat16 dot products on registers, GFLOP/s. */
    BF16,
    /** Emitted 8-bit dot products on registers, giga-operations a second. */
    INT8,
    /** Reading memory, GB/s. */
    MEMORY
  }

  /** A part of a limit's work: gives how much was done, in billions. */
  private interface Work {
    double run(int thread);
  }

  private final Arena arena = Arena.ofShared();
  private final MemorySegment buffer = arena.allocate(BUFFER_BYTES, 64).fill((byte) 1);
  private final ExecutorService pool;
  private final int threads;

  Peaks(int threads) {
    this.threads = threads;
    pool = Executors.newFixedThreadPool(threads);
  }

  /** Billions of operations, or gigabytes, a second; 0 where this processor has no such kernels. */
  double measure(Limit limit, double seconds) {
    if (limit == Limit.MEMORY) {
      return rate(seconds, this::read);
    }
    return available(limit) ? rate(seconds, thread -> compute(limit)) : 0;
  }

  /** Whether this processor has the instructions. */
  static boolean available(Limit limit) {
    return switch (limit) {
      case F32, MEMORY -> true;
      case BF16 -> MachineCode.get().hasBf16();
      case INT8 -> MachineCode.get().hasInt8();
    };
  }

  /** A millisecond or a few of arithmetic on registers; gives billions of operations. */
  static double compute(Limit limit) {
    return switch (limit) {
      case F32 -> multiplyAdds();
      case BF16 -> MachineCode.get().bf16().peak(EMITTED_TURNS) / 1e9;
      case INT8 -> MachineCode.get().int8().peak(EMITTED_TURNS) / 1e9;
      case MEMORY -> throw new IllegalArgumentException("memory is not arithmetic");
    };
  }

  private static double multiplyAdds() {
    float sum = FusedMultiplyAdd.run(FMA_STEPS);
    if (Float.isNaN(sum)) {
      throw new IllegalStateException("not a number");
    }
    return FusedMultiplyAdd.operations(FMA_STEPS) / 1e9;
  }

  private double read(int thread) {
    long chunks = BUFFER_BYTES / CHUNK_BYTES / threads;
    float sum = 0;
    for (long chunk = thread * chunks; chunk < (thread + 1) * chunks; chunk++) {
      sum += sum(buffer.asSlice(chunk * CHUNK_BYTES, CHUNK_BYTES));
    }
    if (Float.isNaN(sum)) {
      throw new IllegalStateException("not a number");
    }
    return chunks * CHUNK_BYTES / 1e9;
  }

  private static float sum(MemorySegment part) {
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector b = FloatVector.zero(SPECIES);
    long vector = SPECIES.vectorByteSize();
    for (long at = 0; at + 2 * vector <= part.byteSize(); at += 2 * vector) {
      a = a.add(FloatVector.fromMemorySegment(SPECIES, part, at, ByteOrder.LITTLE_ENDIAN));
      b = b.add(FloatVector.fromMemorySegment(SPECIES, part, at + vector, ByteOrder.LITTLE_ENDIAN));
    }
    return a.add(b).lane(0);
  }

  private double rate(double seconds, Work work) {
    long start = System.nanoTime();
    long end = start + (long) (seconds * 1e9);
    List<Future<Double>> parts = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int thread = i;
      parts.add(pool.submit(() -> repeat(work, thread, end)));
    }
    double done = 0;
    try {
      for (Future<Double> part : parts) {
        done += part.get();
      }
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
    return done / ((System.nanoTime() - start) / 1e9);
  }

  private static double repeat(Work work, int thread, long end) {
    double done = 0;
    do {
      done += work.run(thread);
    } while (System.nanoTime() < end);
    return done;
  }

  @Override
  public void close() {
    pool.shutdown();
    pool.close();
    arena.close();
  }
}
