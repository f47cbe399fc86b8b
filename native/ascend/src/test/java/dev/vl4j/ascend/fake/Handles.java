package dev.vl4j.ascend.fake;

import dev.vl4j.device.fake.FakeFault;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What programs hold, by addresses that nothing else has. */
final class Handles {
  private static final long FIRST = 0x0BAD_0000_0000_0010L;

  private final Map<Long, Object> open = new TreeMap<>();

  /** The same; each operator asks for each of its tensors. */
  private final Set<Object> objects = Collections.newSetFromMap(new IdentityHashMap<>());

  private long next = FIRST;

  synchronized long add(Object object) {
    long handle = next;
    next += 0x1_0010;
    open.put(handle, object);
    objects.add(object);
    return handle;
  }

  /** What a handle stands for. */
  synchronized <T> T get(long handle, Class<T> type) {
    Object object = open.get(handle);
    if (!type.isInstance(object)) {
      throw new FakeFault(
          "0x%x: expected an open %s, found %s"
              .formatted(
                  handle,
                  type.getSimpleName(),
                  object == null ? "none" : object.getClass().getSimpleName()));
    }
    return type.cast(object);
  }

  synchronized <T> T remove(long handle, Class<T> type) {
    T object = get(handle, type);
    open.remove(handle);
    objects.remove(object);
    return object;
  }

  synchronized boolean isOpen(Object object) {
    return objects.contains(object);
  }

  synchronized List<Object> all() {
    return List.copyOf(open.values());
  }
}
