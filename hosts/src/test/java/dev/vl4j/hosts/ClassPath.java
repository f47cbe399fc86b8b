package dev.vl4j.hosts;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.Deflater;

/** What this module's tests run with, for other class loaders. */
final class ClassPath {
  private ClassPath() {}

  private static List<Path> entries() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(Path::of)
        .toList();
  }

  /** A class loader that shares nothing with this one but the JDK. */
  static URLClassLoader isolated() throws IOException {
    List<URL> urls = new ArrayList<>();
    for (Path entry : entries()) {
      urls.add(entry.toUri().toURL());
    }
    return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
  }

  /** The demonstration's ranking with another class loader's classes. */
  @SuppressWarnings("unchecked")
  static Callable<String> demoRanking(ClassLoader loader) throws ReflectiveOperationException {
    Class<?> type = Class.forName(DemoRanking.class.getName(), true, loader);
    return (Callable<String>) type.getConstructor().newInstance();
  }

  /** A WAR of this module's classes and the libraries that the server does not have. */
  static Path war(Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream war = new JarOutputStream(out)) {
      war.setLevel(Deflater.NO_COMPRESSION);
      for (Path entry : entries()) {
        if (Files.isDirectory(entry)) {
          try (Stream<Path> files = Files.walk(entry)) {
            for (Path each : files.filter(Files::isRegularFile).toList()) {
              put(war, "WEB-INF/classes/" + entry.relativize(each), each);
            }
          }
        } else if (!entry
            .getFileName()
            .toString()
            .matches("(spring|tomcat|jakarta|junit|logback).*")) {
          put(war, "WEB-INF/lib/" + entry.getFileName(), entry);
        }
      }
    }
    return file;
  }

  private static void put(JarOutputStream war, String name, Path file) throws IOException {
    war.putNextEntry(new JarEntry(name));
    Files.copy(file, war);
    war.closeEntry();
  }
}
