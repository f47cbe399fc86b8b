package dev.vl4j.cuda.driver;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.device.Gpu;
import dev.vl4j.cuda.fake.FakeCuda;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Launches reach the stream in their order, as graphs or one by one. */
class LaunchQueueTest {
  private static final int BYTES = 2 * LaunchQueue.SHORTEST;
  private static final int INVALID_VALUE = 1;

  private final FakeCuda machine = FakeCuda.builder().build();
  private final Driver driver = new Driver(machine.libraries().driver());
  private Gpu gpu;
  private LaunchQueue queue;
  private long address;

  /** Fills a byte of the memory. */
  private record Fill(Driver driver, long stream, long address, byte value, boolean isLong)
      implements Launch {
    @Override
    public void enqueue() {
      driver.memory().fill(address, value, 1, stream);
    }
  }

  @BeforeEach
  void open() {
    gpu = Gpu.open(driver, 0);
    queue = new LaunchQueue(driver, gpu.stream());
    address = driver.memory().allocate(BYTES);
    driver.memory().fill(address, (byte) 0, BYTES, gpu.stream());
  }

  @AfterEach
  void close() {
    queue.close();
    driver.memory().free(address);
    gpu.close();
    machine.close();
  }

  private void add(int at, int value, boolean isLong) {
    queue.add(new Fill(driver, gpu.stream(), address + at, (byte) value, isLong));
  }

  /** A run of launches, each of which fills the next byte. */
  private void add(int launches, int value) {
    for (int i = 0; i < launches; i++) {
      add(i, value + i, false);
    }
  }

  private byte[] read() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(BYTES);
      driver.memory().download(host, address, BYTES, gpu.stream());
      gpu.synchronize();
      return host.toArray(JAVA_BYTE);
    }
  }

  private static byte[] filled(int launches, int value) {
    byte[] bytes = new byte[BYTES];
    for (int i = 0; i < launches; i++) {
      bytes[i] = (byte) (value + i);
    }
    return bytes;
  }

  private int graphLaunches() {
    return machine.calls("cuGraphLaunch");
  }

  @Test
  void launchesComeBeforeWhateverFollowsThem() {
    int before = machine.calls("cuMemsetD8Async");
    add(3, 7);
    assertThat(machine.calls("cuMemsetD8Async")).isEqualTo(before);
    assertThat(read()).isEqualTo(filled(3, 7));
    // The last one wins, also where one that is enqueued at once comes between.
    add(0, 1, false);
    add(0, 2, true);
    assertThat(machine.calls("cuMemsetD8Async")).isEqualTo(before + 5);
    add(0, 3, false);
    assertThat(read()[0]).isEqualTo((byte) 3);
  }

  @Test
  void aRunIsRecordedWhenItComesAgainIfItIsLongEnough() {
    for (int launches : new int[] {LaunchQueue.SHORTEST - 1, LaunchQueue.SHORTEST}) {
      for (int times = 0; times < 3; times++) {
        driver.memory().fill(address, (byte) 0, BYTES, gpu.stream());
        add(launches, 5);
        assertThat(read()).as("%d launches", launches).isEqualTo(filled(launches, 5));
        assertThat(graphLaunches()).isEqualTo(launches < LaunchQueue.SHORTEST ? 0 : times);
      }
    }
  }

  @Test
  void graphsThatWereNotNeededForLongestAreGivenBack() {
    int runs = LaunchQueue.MOST_GRAPHS + 3;
    for (int times = 0; times < 2; times++) {
      for (int run = 0; run < runs; run++) {
        add(LaunchQueue.SHORTEST, run);
        assertThat(read()).isEqualTo(filled(LaunchQueue.SHORTEST, run));
      }
    }
    assertThat(queue.graphs()).isEqualTo(LaunchQueue.MOST_GRAPHS);
    assertThat(machine.calls("cuGraphExecDestroy")).isEqualTo(3);
    add(LaunchQueue.SHORTEST, runs - 1);
    assertThat(read()).isEqualTo(filled(LaunchQueue.SHORTEST, runs - 1));
    assertThat(graphLaunches()).isEqualTo(runs + 1);
    // The first was given back, and is known all the same.
    add(LaunchQueue.SHORTEST, 0);
    assertThat(read()).isEqualTo(filled(LaunchQueue.SHORTEST, 0));
    assertThat(machine.calls("cuStreamBeginCapture_v2")).isEqualTo(runs + 1);
  }

  @Test
  void whatComesBehindALaunchThatFailsIsForgotten() {
    add(3, 7);
    machine.fail("cuMemsetD8Async", 2, INVALID_VALUE);
    assertThatExceptionOfType(CudaException.class)
        .isThrownBy(queue::end)
        .withMessageStartingWith("fill of 1 bytes");
    assertThat(read()).isEqualTo(filled(1, 7));
    add(2, 9);
    assertThat(read()).isEqualTo(filled(2, 9));
  }

  @Test
  void aLaunchThatFailsWhileItIsRecordedRunsWithoutAGraph() {
    for (int times = 0; times < 3; times++) {
      if (times == 1) {
        machine.fail("cuMemsetD8Async", 1 + LaunchQueue.SHORTEST / 2, INVALID_VALUE);
      }
      add(LaunchQueue.SHORTEST, 5);
      assertThat(read()).isEqualTo(filled(LaunchQueue.SHORTEST, 5));
    }
    assertThat(graphLaunches()).isZero();
    assertThat(machine.calls("cuStreamEndCapture")).isEqualTo(1);
  }

  @Test
  void memoryIsFreedBehindTheLaunchesThatUseIt() {
    long other = driver.memory().allocate(BYTES);
    queue.add(new Fill(driver, gpu.stream(), other, (byte) 1, false));
    driver.memory().free(other);
    assertThat(machine.violations()).isEmpty();
    assertThat(machine.calls("cuMemsetD8Async")).isEqualTo(2);
  }

  @Test
  void anEventHappensBehindTheLaunchesBeforeIt() {
    long event = driver.streams().createEvent();
    add(4, 1);
    driver.streams().record(event, gpu.stream());
    driver.streams().await(event);
    assertThat(read()).isEqualTo(filled(4, 1));
    assertThat(machine.calls("cuMemsetD8Async")).isEqualTo(5);
    driver.streams().destroyEvent(event);
  }
}
