package dev.vl4j.search;

import dev.vl4j.loader.IoReason;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * The files of a folder and its folders that can be indexed. Links to files are read as these;
 * links to folders are not followed, since they may lead back. What begins with a dot is left out.
 */
final class TreeWalk {
  /**
   * A file.
   *
   * @param path from the root on, with {@code /} between names
   */
  record Found(Path file, String path, FileKind kind, FileStamp stamp) {}

  private final Path root;
  private final Path index;
  private final List<Found> found = new ArrayList<>();
  private final List<FileFailure> failures = new ArrayList<>();
  private final List<String> unknown = new ArrayList<>();
  private int others;
  private int linkedFolders;

  private TreeWalk(Path root, Path index) {
    this.root = root;
    this.index = index;
  }

  /**
   * Looks through a folder.
   *
   * @param root its real path
   * @param index the real path of a folder that is left out
   * @throws SearchException if the folder itself cannot be read
   */
  static TreeWalk of(Path root, Path index) {
    TreeWalk walk = new TreeWalk(root, index);
    try {
      Files.walkFileTree(root, walk.new Visitor());
    } catch (IOException e) {
      throw new SearchException("cannot read the folder %s: %s".formatted(root, IoReason.of(e)), e);
    }
    walk.found.sort(Comparator.comparing(Found::path));
    return walk;
  }

  /** In the order of their paths. */
  List<Found> found() {
    return found;
  }

  /** Files and folders that cannot be read. */
  List<FileFailure> failures() {
    return failures;
  }

  int others() {
    return others;
  }

  int linkedFolders() {
    return linkedFolders;
  }

  /** Whether there may still be a file of this path: it, or a folder above it, cannot be read. */
  boolean isUnknown(String path) {
    return unknown.stream()
        .anyMatch(unread -> path.equals(unread) || path.startsWith(unread + "/"));
  }

  /** A path from the root on, the same on all systems. */
  private String pathOf(Path file) {
    StringJoiner path = new StringJoiner("/");
    root.relativize(file).forEach(name -> path.add(name.toString()));
    return path.toString();
  }

  private void fail(Path file, String reason) {
    failures.add(new FileFailure(pathOf(file), reason));
  }

  private void fail(Path file, IOException reason) {
    fail(file, IoReason.of(reason));
    if (!(reason instanceof NoSuchFileException)) {
      unknown.add(pathOf(file));
    }
  }

  private final class Visitor extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      boolean leftOut = !folder.equals(root) && (isHidden(folder) || folder.equals(index));
      return leftOut ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (!isHidden(file)) {
        visit(file, attributes);
      }
      return FileVisitResult.CONTINUE;
    }

    private void visit(Path file, BasicFileAttributes attributes) {
      FileKind kind = FileKind.of(file.getFileName().toString());
      try {
        BasicFileAttributes real =
            attributes.isSymbolicLink()
                ? Files.readAttributes(file, BasicFileAttributes.class)
                : attributes;
        if (real.isDirectory()) {
          linkedFolders++;
        } else if (kind == null) {
          others++;
        } else if (!real.isRegularFile()) {
          fail(file, "it is no regular file");
        } else if (!root.resolve(pathOf(file)).equals(file)) {
          // Bytes that are no characters: nobody could find it again by its name.
          fail(file, "its name is not in this system's encoding of names");
        } else {
          found.add(new Found(file, pathOf(file), kind, FileStamp.of(real)));
        }
      } catch (IOException e) {
        if (kind == null) {
          others++;
        } else {
          fail(file, e);
        }
      }
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
      if (file.equals(root)) {
        throw failure;
      }
      if (!isHidden(file)) {
        fail(file, failure);
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
        throws IOException {
      if (failure != null) {
        return visitFileFailed(folder, failure);
      }
      return FileVisitResult.CONTINUE;
    }

    private static boolean isHidden(Path file) {
      return Objects.requireNonNull(file.getFileName()).toString().startsWith(".");
    }
  }
}
