package dev.vl4j.server.api;

import java.util.UUID;

/** Identifiers of requests and answers. */
public final class Ids {
  private Ids() {}

  /** 32 random hexadecimal digits. */
  public static String random() {
    return UUID.randomUUID().toString().replace("-", "");
  }
}
