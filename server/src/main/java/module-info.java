/** The command line. */
@org.jspecify.annotations.NullMarked
module dev.vl4j.server {
  requires static org.jspecify;
  requires dev.vl4j.engine;
  requires dev.vl4j.loader;
  requires dev.vl4j.kernels;
  requires info.picocli;
  requires tools.jackson.databind;

  opens dev.vl4j.server.cli to
      info.picocli;
}
