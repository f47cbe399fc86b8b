package dev.vl4j.kernels.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.kernels.OutOfDeviceMemoryException;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class HostMemoryTest {
  private static final long PAGE = 4096;

  @Test
  void countsWhatIsOpen() {
    try (HostMemory memory = new HostMemory("test", 0, 10 * PAGE, null)) {
      HostBlock first = memory.temporary(1);
      HostBlock second = memory.lasting(PAGE + 1);
      HostBlock third = memory.zeroed(PAGE);
      memory.reserve(100);
      assertThat(memory.now().held()).isEqualTo(4 * PAGE + 100);
      first.close();
      first.close();
      second.close();
      third.close();
      memory.release(100);
      assertThat(memory.now().held()).isZero();
      assertThat(memory.now().total()).isPositive();
      assertThat(memory.now().free()).isPositive().isLessThanOrEqualTo(memory.now().total());
    }
  }

  @Test
  void givesAgainWhatWasGivenBack() {
    try (HostMemory memory = new HostMemory("test", 0, 10 * PAGE, null)) {
      HostBlock first = memory.temporary(3 * PAGE);
      long address = first.segment().address();
      first.close();
      assertThat(first.isOpen()).isFalse();
      // What lasts is no larger than asked for; what does not may be twice as large.
      HostBlock lasting = memory.lasting(2 * PAGE);
      assertThat(lasting.bytes()).isEqualTo(2 * PAGE);
      HostBlock temporary = memory.temporary(2 * PAGE);
      assertThat(temporary.segment().address()).isEqualTo(address);
      assertThat(temporary.bytes()).isEqualTo(3 * PAGE);
      assertThat(first.isOpen()).isFalse();
      temporary.close();
      HostBlock small = memory.temporary(PAGE);
      assertThat(small.bytes()).isEqualTo(PAGE);
    }
  }

  @Test
  void zeroesWhatIsToBeZero() {
    try (HostMemory memory = new HostMemory("test", 0, 10 * PAGE, null)) {
      try (HostBlock dirty = memory.temporary(PAGE)) {
        dirty.segment().fill((byte) 1);
      }
      try (HostBlock clean = memory.zeroed(PAGE)) {
        assertThat(clean.segment().toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
      }
    }
  }

  @Test
  void refusesMoreThanTheLimit() {
    try (HostMemory memory = new HostMemory("test", 4 * PAGE, 10 * PAGE, null)) {
      HostBlock first = memory.temporary(3 * PAGE);
      assertThatThrownBy(() -> memory.temporary(2 * PAGE))
          .isInstanceOfSatisfying(
              OutOfDeviceMemoryException.class,
              e -> {
                assertThat(e.needed()).isEqualTo(2 * PAGE);
                assertThat(e.free()).isEqualTo(PAGE);
                assertThat(e).hasMessageContaining("test: out of memory");
              });
      assertThatThrownBy(() -> memory.zeroed(2 * PAGE))
          .isInstanceOf(OutOfDeviceMemoryException.class);
      assertThatThrownBy(() -> memory.reserve(PAGE + 1))
          .isInstanceOf(OutOfDeviceMemoryException.class);
      assertThat(memory.now().held()).isEqualTo(3 * PAGE);
      assertThat(memory.now().total()).isEqualTo(4 * PAGE);
      assertThat(memory.now().free()).isEqualTo(PAGE);
      first.close();
      // What is kept gives way.
      try (HostBlock all = memory.lasting(4 * PAGE)) {
        assertThat(all.bytes()).isEqualTo(4 * PAGE);
      }
    }
  }

  /** A block that is larger than needed must not be refused where one that fits would not be. */
  @Test
  void countsRecycledMemoryAgainstTheLimit() {
    try (HostMemory memory = new HostMemory("test", 5 * PAGE, 10 * PAGE, null)) {
      memory.temporary(4 * PAGE).close();
      memory.reserve(3 * PAGE);
      HostBlock block = memory.temporary(2 * PAGE);
      assertThat(block.bytes()).isEqualTo(2 * PAGE);
    }
  }

  @Test
  void refusesWhatTheSystemRefuses() {
    for (SystemMemory system : new SystemMemory[] {null, new SystemMemory()}) {
      try (HostMemory memory = new HostMemory("test", 0, 10 * PAGE, system)) {
        memory.temporary(PAGE).close();
        assertThatThrownBy(() -> memory.temporary(1L << 50))
            .isInstanceOfSatisfying(
                OutOfDeviceMemoryException.class, e -> assertThat(e.needed()).isEqualTo(1L << 50));
        assertThat(memory.now().held()).isZero();
      }
    }
  }
}
