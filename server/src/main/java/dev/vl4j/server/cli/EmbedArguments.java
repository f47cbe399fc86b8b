package dev.vl4j.server.cli;

import dev.vl4j.engine.Part;
import dev.vl4j.server.api.Json;
import dev.vl4j.server.cli.DocumentArguments.Argument;
import dev.vl4j.server.cli.DocumentArguments.Images;
import dev.vl4j.server.cli.DocumentArguments.Pages;
import dev.vl4j.server.cli.DocumentArguments.Text;
import dev.vl4j.server.cli.DocumentArguments.VideoFile;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What a command line names, as lines of a file would have it. */
final class EmbedArguments {
  private EmbedArguments() {}

  /**
   * A line for each text and each image; an image's file is its {@code custom_id}.
   *
   * @throws CliException if there are none, or an image is not there
   */
  static LinesInput lines(List<Argument> given) {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    for (Argument argument : given) {
      switch (argument) {
        case Text(String text) -> add(lines, item().put("text", text));
        case Images(String pattern) -> {
          for (String file : ImagePattern.files(pattern)) {
            Part _ = DocumentFiles.image(file);
            add(lines, item().put("custom_id", file).put("image", path(file)));
          }
        }
        case VideoFile(String file) -> {
          Part _ = DocumentFiles.video(file);
          add(lines, video(file));
        }
        case Pages(String file) -> {
          int pages = DocumentFiles.pages(file).size();
          for (int number = 1; number <= pages; number++) {
            String page = DocumentFiles.pageName(file, number);
            add(lines, item().put("custom_id", page).put("image", path(page)));
          }
        }
      }
    }
    if (lines.size() == 0) {
      throw new CliException("nothing to embed: give --input, --document or --image");
    }
    return new LinesInput.Made("the command line", lines.toByteArray());
  }

  private static ObjectNode item() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static void add(ByteArrayOutputStream lines, ObjectNode item) {
    lines.writeBytes(Json.write(item));
    lines.write('\n');
  }

  private static ObjectNode video(String file) {
    ObjectNode part = item().put("type", "video_url").put("video_url", path(file));
    ObjectNode line = item().put("custom_id", file);
    line.set("content", JsonNodeFactory.instance.arrayNode().add(part));
    return line;
  }

  /** A path that is no URL, whatever the name. */
  private static String path(String file) {
    Path path = Path.of(file);
    return path.isAbsolute() || file.indexOf(':') < 0 ? file : Path.of(".", file).toString();
  }
}
