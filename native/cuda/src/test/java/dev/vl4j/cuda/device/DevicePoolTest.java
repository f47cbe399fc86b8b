package dev.vl4j.cuda.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.driver.CudaConstants;
import dev.vl4j.cuda.driver.Driver;
import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.cuda.fake.FakeDevice;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.device.memory.DevicePool;
import dev.vl4j.kernels.DeviceMemory;
import dev.vl4j.kernels.OutOfDeviceMemoryException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevicePoolTest {
  private static final long MIB = 1 << 20;
  private static final long CHUNK = 4 * MIB;

  private final FakeCuda fake =
      FakeCuda.builder().device(FakeDevice.HOPPER.withBytes(64 * MIB)).build();
  private final Driver driver = new Driver(fake.libraries().driver());
  private final Gpu gpu = Gpu.open(driver, 0);

  @AfterEach
  void nothingIsLeft() {
    gpu.close();
    fake.close();
  }

  private DevicePool pool(long budget) {
    return new DevicePool(gpu, budget, CHUNK);
  }

  @Test
  void blocksShareAChunk() {
    try (DevicePool pool = pool(0)) {
      DeviceBlock one = pool.allocate(100);
      DeviceBlock two = pool.allocate(300);
      DeviceBlock empty = pool.allocate(0);
      assertThat(two.address()).isEqualTo(one.address() + 256);
      assertThat(empty.address()).isEqualTo(two.address() + 512);
      assertThat(one.bytes()).isEqualTo(100);
      assertThat(pool.held()).isEqualTo(256 + 512 + 256);
      assertThat(pool.reserved()).isEqualTo(CHUNK);
      assertThat(fake.calls("cuMemAlloc_v2")).isEqualTo(1);
    }
  }

  @Test
  void aClosedBlockIsGivenOutAgain() {
    try (DevicePool pool = pool(0)) {
      DeviceBlock one = pool.allocate(1000);
      long address = one.address();
      one.close();
      one.close();
      assertThat(one.isOpen()).isFalse();
      assertThat(pool.held()).isZero();
      assertThat(pool.allocate(900).address()).isEqualTo(address);
    }
  }

  @Test
  void theSmallestRangeThatSufficesIsTaken() {
    try (DevicePool pool = pool(0)) {
      DeviceBlock large = pool.allocate(4096);
      DeviceBlock _ = pool.allocate(256);
      DeviceBlock small = pool.allocate(1024);
      DeviceBlock _ = pool.allocate(256);
      long largeAddress = large.address();
      long smallAddress = small.address();
      large.close();
      small.close();
      assertThat(pool.allocate(1000).address()).isEqualTo(smallAddress);
      assertThat(pool.allocate(1000).address()).isEqualTo(largeAddress);
    }
  }

  @Test
  void neighborsBecomeOne() {
    try (DevicePool pool = pool(0)) {
      List<DeviceBlock> blocks = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        blocks.add(pool.allocate(CHUNK / 16));
      }
      long first = blocks.getFirst().address();
      for (int i : new int[] {3, 1, 2, 0, 15, 14, 4, 6, 5, 13, 7, 8, 12, 9, 11, 10}) {
        blocks.get(i).close();
      }
      assertThat(pool.allocate(CHUNK).address()).isEqualTo(first);
      assertThat(pool.reserved()).isEqualTo(CHUNK);
    }
  }

  @Test
  void aLargeBlockHasAChunkOfItsOwn() {
    try (DevicePool pool = pool(0)) {
      DeviceBlock _ = pool.allocate(100);
      DeviceBlock large = pool.allocate(9 * MIB);
      assertThat(pool.reserved()).isEqualTo(CHUNK + 10 * MIB);
      large.close();
      assertThat(pool.trim()).isTrue();
      assertThat(pool.reserved()).isEqualTo(CHUNK);
      assertThat(pool.trim()).isFalse();
    }
  }

  @Test
  void emptyChunksGoBackBeforeMemoryIsOut() {
    try (DevicePool pool = pool(0)) {
      List<DeviceBlock> blocks = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        blocks.add(pool.allocate(CHUNK));
      }
      assertThat(fake.allocatedBytes()).isEqualTo(64 * MIB);
      blocks.subList(3, 16).forEach(DeviceBlock::close);
      DeviceBlock large = pool.allocate(50 * MIB);
      assertThat(large.bytes()).isEqualTo(50 * MIB);
      assertThat(fake.allocatedBytes()).isEqualTo(62 * MIB);
    }
  }

  @Test
  void theLastBytesComeInSmallChunks() {
    try (DevicePool pool = pool(0)) {
      DeviceBlock _ = pool.allocate(62 * MIB);
      DeviceBlock last = pool.allocate(MIB);
      assertThat(last.bytes()).isEqualTo(MIB);
      assertThat(pool.reserved()).isEqualTo(63 * MIB);
    }
  }

  @Test
  void outOfMemoryTellsWhatIsNeededAndFree() {
    try (DevicePool pool = pool(0)) {
      DeviceBlock _ = pool.allocate(60 * MIB);
      assertThatExceptionOfType(OutOfDeviceMemoryException.class)
          .isThrownBy(() -> pool.allocate(5 * MIB))
          .withMessage("cuda:0 (Fake H100): out of memory: 5242880 bytes needed, 4194304 free")
          .satisfies(e -> assertThat(e.free()).isEqualTo(4 * MIB));
      assertThat(pool.allocate(4 * MIB).bytes()).isEqualTo(4 * MIB);
      assertThat(fake.violations()).isEmpty();
    }
  }

  @Test
  void theBudgetIsKept() {
    try (DevicePool pool = pool(6 * MIB)) {
      DeviceBlock first = pool.allocate(100);
      DeviceBlock _ = pool.allocate(5 * MIB / 4);
      assertThat(pool.reserved()).isLessThanOrEqualTo(6 * MIB);
      assertThat(pool.memory().free()).isEqualTo(6 * MIB - pool.held());
      assertThatExceptionOfType(OutOfDeviceMemoryException.class)
          .isThrownBy(() -> pool.allocate(5 * MIB))
          .satisfies(e -> assertThat(e.needed()).isEqualTo(5 * MIB))
          .satisfies(e -> assertThat(e.free()).isEqualTo(6 * MIB - pool.held()));
      DeviceBlock rest = pool.allocate(2 * MIB);
      assertThat(rest.isOpen()).isTrue();
      assertThat(pool.reserved()).isLessThanOrEqualTo(6 * MIB);
      first.close();
    }
  }

  @Test
  void memoryIsWhatIsFreeHereAndThere() {
    try (DevicePool pool = pool(0)) {
      assertThat(pool.memory()).isEqualTo(new DeviceMemory(64 * MIB, 64 * MIB, 0, true));
      DeviceBlock block = pool.allocate(MIB);
      assertThat(pool.memory()).isEqualTo(new DeviceMemory(64 * MIB, 63 * MIB, MIB, true));
      long other = driver.memory().allocate(10 * MIB);
      pool.refresh();
      assertThat(pool.memory()).isEqualTo(new DeviceMemory(64 * MIB, 53 * MIB, MIB, true));
      block.close();
      assertThat(pool.memory()).isEqualTo(new DeviceMemory(64 * MIB, 54 * MIB, 0, true));
      driver.memory().free(other);
    }
  }

  @Test
  void otherErrorsArePassedOn() {
    try (DevicePool pool = pool(0)) {
      fake.fail("cuMemAlloc_v2", 1, CudaConstants.CUDA_ERROR_NOT_INITIALIZED);
      assertThatExceptionOfType(dev.vl4j.cuda.driver.CudaException.class)
          .isThrownBy(() -> pool.allocate(100))
          .withMessageContaining("CUDA_ERROR_NOT_INITIALIZED");
    }
  }

  @Test
  void closingTakesOpenBlocksAlong() {
    DevicePool pool = pool(0);
    DeviceBlock block = pool.allocate(100);
    pool.close();
    block.close();
    assertThat(fake.allocatedBytes()).isZero();
    assertThat(pool.held()).isZero();
  }

  @Test
  void withoutChunksEachBlockIsAnAllocation() {
    try (DevicePool pool = new DevicePool(gpu, 0, DevicePool.NO_CHUNKS)) {
      DeviceBlock odd = pool.allocate(101);
      assertThat(fake.allocatedBytes()).isEqualTo(101);
      odd.close();
      assertThat(fake.allocatedBytes()).isZero();
    }
  }

  /** Random sequences, beside a model that knows which bytes are in use. */
  @ParameterizedTest
  @ValueSource(longs = {0, 3 * MIB, 17 * MIB})
  void blocksNeverOverlap(long budget) {
    long seed = Long.getLong("tests.seed", System.nanoTime());
    Random random = new Random(seed);
    TreeMap<Long, Long> used = new TreeMap<>();
    List<DeviceBlock> open = new ArrayList<>();
    int refused = 0;
    try (DevicePool pool = new DevicePool(gpu, budget, MIB)) {
      for (int step = 0; step < 4000; step++) {
        String at = "seed %d, step %d".formatted(seed, step);
        if (open.isEmpty() || random.nextInt(100) < 60) {
          long bytes = (long) Math.pow(2, 21.5 * random.nextDouble());
          try {
            DeviceBlock block = pool.allocate(bytes);
            long end = block.address() + bytes;
            assertThat(block.address() % DevicePool.ALIGNMENT).as(at).isZero();
            var below = used.lowerEntry(end);
            assertThat(below == null || below.getValue() <= block.address()).as(at).isTrue();
            used.put(block.address(), end);
            open.add(block);
            // The device itself knows whether it is within an allocation.
            driver.memory().fill(block.address(), (byte) 1, bytes, gpu.stream());
          } catch (OutOfDeviceMemoryException e) {
            refused++;
            // What the message says is true: there is less than that in one piece.
            assertThat(e.needed()).as(at).isBetween(bytes, bytes + DevicePool.ALIGNMENT);
          }
        } else {
          DeviceBlock block = open.remove(random.nextInt(open.size()));
          used.remove(block.address());
          block.close();
        }
        long held =
            open.stream().mapToLong(b -> Math.ceilDiv(Math.max(b.bytes(), 1), 256L) * 256).sum();
        assertThat(pool.held()).as(at).isEqualTo(held);
        assertThat(pool.reserved()).as(at).isLessThanOrEqualTo(budget == 0 ? 64 * MIB : budget);
        assertThat(pool.reserved()).as(at).isEqualTo(fake.allocatedBytes());
      }
      assertThat(refused).as("seed %d", seed).isPositive();
      open.forEach(DeviceBlock::close);
      // With nothing in use, every chunk is whole again.
      pool.trim();
      assertThat(pool.reserved()).as("seed %d", seed).isZero();
    }
  }
}
