/** The HTTP API and the command line. */
@org.jspecify.annotations.NullMarked
module dev.vl4j.server {
  requires static org.jspecify;
  requires dev.vl4j.engine;
  requires dev.vl4j.search;
  requires dev.vl4j.loader;
  requires dev.vl4j.kernels;
  requires java.desktop;
  requires java.logging;
  requires jdk.management; // for the metrics of the process
  requires info.picocli;
  requires tools.jackson.databind;
  requires org.eclipse.jetty.server;
  requires io.prometheus.metrics.core;
  requires io.prometheus.metrics.model;
  requires io.prometheus.metrics.config;
  requires io.prometheus.writer.text;
  requires io.prometheus.metrics.instrumentation.jvm;
  requires org.snakeyaml.engine;
  requires org.apache.httpcomponents.core5.httpcore5;
  requires parquet.format.structures;

  opens dev.vl4j.server.api to
      tools.jackson.databind;
  opens dev.vl4j.server.cli to
      info.picocli;
}
