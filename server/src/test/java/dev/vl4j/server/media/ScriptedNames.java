package dev.vl4j.server.media;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Addresses of hosts as a test says; each look-up may have another answer. */
final class ScriptedNames implements NameLookup.Resolver {
  /** Hosts that were looked up. */
  final List<String> asked = new CopyOnWriteArrayList<>();

  private final Map<String, Deque<InetAddress[]>> answers = new ConcurrentHashMap<>();

  /** The next answer for a host; the last one holds for all later look-ups, too. */
  ScriptedNames with(String host, String... addresses) {
    InetAddress[] answer = new InetAddress[addresses.length];
    for (int i = 0; i < answer.length; i++) {
      answer[i] = InetAddress.ofLiteral(addresses[i]);
    }
    answers.computeIfAbsent(host, _ -> new ArrayDeque<>()).add(answer);
    return this;
  }

  @Override
  public synchronized InetAddress[] resolve(String host) throws UnknownHostException {
    asked.add(host);
    Deque<InetAddress[]> left = answers.get(host);
    if (left == null) {
      throw new UnknownHostException(host);
    }
    return left.size() > 1 ? left.remove() : left.element();
  }
}
