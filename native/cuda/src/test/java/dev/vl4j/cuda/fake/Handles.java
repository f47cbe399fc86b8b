package dev.vl4j.cuda.fake;

import static dev.vl4j.cuda.driver.CudaConstants.CUDA_ERROR_INVALID_HANDLE;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What programs hold, by numbers that nothing else has. */
final class Handles {
  private static final long FIRST = 0x0BAD_0000_0000_0001L;

  private final Map<Long, Object> open = new TreeMap<>();
  private long next = FIRST;

  synchronized long add(Object object) {
    long handle = next;
    next += 0x1_0001;
    open.put(handle, object);
    return handle;
  }

  /** What a handle stands for; anything else is an invalid handle. */
  synchronized <T> T get(long handle, Class<T> type) {
    Object object = open.get(handle);
    if (!type.isInstance(object)) {
      throw new Status(CUDA_ERROR_INVALID_HANDLE);
    }
    return type.cast(object);
  }

  synchronized <T> T remove(long handle, Class<T> type) {
    T object = get(handle, type);
    open.remove(handle);
    return object;
  }

  synchronized List<Object> all() {
    return List.copyOf(open.values());
  }
}
