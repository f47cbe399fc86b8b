package dev.vl4j.cuda.backend;

import static dev.vl4j.cuda.driver.CudaConstants.CU_MEMHOSTREGISTER_READ_ONLY;

import dev.vl4j.cuda.driver.CudaException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Memory of the host that weights are copied from. A mapped file is page-locked where it lies, if
 * the system lets the driver do that: copies then run at the bus's full speed. Anything else goes
 * through page-locked buffers. Nothing reads the memory any more once this is closed.
 */
final class HostSource implements AutoCloseable {
  /** What is smaller is copied faster than page-locked. */
  private static final long LEAST_REGISTERED = 1L << 20;

  /** Whether it is worth trying, as long as the driver has not refused. */
  static final class Registration {
    private boolean refused;

    private @Nullable MemorySegment register(Session session, MemorySegment data) {
      if (refused || !data.isMapped() || data.byteSize() < LEAST_REGISTERED) {
        return null;
      }
      MemorySegment pages = pages(data);
      try {
        session.driver().memory().register(pages, CU_MEMHOSTREGISTER_READ_ONLY);
        return pages;
      } catch (CudaException e) {
        refused = true;
        return null;
      }
    }

    /** All pages that a part of a mapping touches. */
    @SuppressWarnings("restricted") // a mapping consists of whole pages
    private static MemorySegment pages(MemorySegment data) {
      long first = data.address() / PAGE * PAGE;
      long end = Math.ceilDiv(data.address() + data.byteSize(), PAGE) * PAGE;
      return MemorySegment.ofAddress(first).reinterpret(end - first);
    }
  }

  /** The smallest page of the systems that CUDA runs on; a larger one is a multiple of it. */
  private static final long PAGE = 4096;

  private final Session session;
  private final MemorySegment data;
  private final @Nullable MemorySegment registered;

  HostSource(Session session, Registration registration, MemorySegment data) {
    this.session = session;
    this.data = data;
    registered = registration.register(session, data);
  }

  /** Enqueues a copy of a part to an address on the device. */
  void upload(long from, long bytes, long to) {
    MemorySegment part = data.asSlice(from, bytes);
    if (registered == null) {
      session.staging().upload(part, to);
    } else {
      session.driver().memory().upload(to, part, bytes, session.stream());
    }
  }

  @Override
  public void close() {
    if (registered == null) {
      return;
    }
    try {
      if (!session.driver().lost()) {
        session.gpu().synchronize();
      }
    } finally {
      session.driver().memory().unregister(registered);
    }
  }
}
