package dev.vl4j.media.pdf.process;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaGuard;
import dev.vl4j.engine.media.OpenPages;
import dev.vl4j.media.pdf.PdfBoxRenderer;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The program of a process that draws pages: commands come by standard input, answers go by
 * standard output, until the input ends. It has nobody to ask whether to go on; whoever gave the
 * command ends the process when nobody waits any more.
 */
public final class PageWorker {
  private static final int LONGEST_REASON = 1000;

  private final DataInputStream commands;
  private final DataOutputStream answers;
  private final PdfBoxRenderer renderer = new PdfBoxRenderer();

  private PageWorker(DataInputStream commands, DataOutputStream answers) {
    this.commands = commands;
    this.answers = answers;
  }

  /** Serves one other process. */
  public static void main(String[] arguments) {
    DataOutputStream answers =
        new DataOutputStream(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16));
    System.setOut(System.err); // for libraries
    ProcessHandle.current().parent().ifPresent(PageWorker::endWith);
    offerToBeKilled();
    try {
      new PageWorker(new DataInputStream(new BufferedInputStream(System.in, 1 << 16)), answers)
          .serve();
    } catch (EOFException e) {
      return; // the other process is done
    } catch (IOException e) {
      Runtime.getRuntime().halt(1); // it is gone
    }
  }

  /** Ends this process with another: input that ends is not noticed while a page is drawn. */
  private static void endWith(ProcessHandle other) {
    Thread watch =
        new Thread(
            () -> {
              other.onExit().join();
              Runtime.getRuntime().halt(1);
            },
            "watch");
    watch.setDaemon(true);
    watch.start();
  }

  /**
   * Where the system runs out of memory, Linux ends this process, and not the one that is served.
   */
  private static void offerToBeKilled() {
    Path score = Path.of("/proc/self/oom_score_adj");
    try {
      if (Files.exists(score)) {
        Files.writeString(score, "1000");
      }
    } catch (IOException _) {
      // A sandbox may forbid it; pages are drawn all the same.
    }
  }

  private void serve() throws IOException {
    while (true) {
      requireCommand(Command.OPEN);
      OwnMemory guard = new OwnMemory(commands.readLong());
      byte[] file = commands.readNBytes(commands.readInt());
      OpenPages[] opened = new OpenPages[1];
      answer(() -> {
        opened[0] = renderer.open(file, guard);
        return out -> out.writeInt(opened[0].pages());
      });
      if (opened[0] != null) {
        try (OpenPages pages = opened[0]) {
          serve(pages);
        }
      }
    }
  }

  private void requireCommand(Command command) throws IOException {
    int found = commands.readUnsignedByte();
    if (found != command.code()) {
      throw new IOException("expected %s, found %d".formatted(command, found));
    }
  }

  private void serve(OpenPages pages) throws IOException {
    while (true) {
      int command = commands.readUnsignedByte();
      if (command == Command.CLOSE.code()) {
        return;
      }
      int page = commands.readInt();
      if (command == Command.SIZE.code()) {
        answer(() -> {
          OpenPages.PageSize size = pages.size(page);
          return out -> {
            out.writeDouble(size.width());
            out.writeDouble(size.height());
          };
        });
      } else {
        int width = commands.readInt();
        int height = commands.readInt();
        answer(() -> {
          byte[] samples = pages.render(page, width, height);
          return out -> out.write(samples);
        });
      }
    }
  }

  private interface Work {
    Result run() throws MediaException;
  }

  private interface Result {
    void write(DataOutputStream out) throws IOException;
  }

  private void answer(Work work) throws IOException {
    try {
      Result result = work.run();
      answers.writeByte(Answer.DONE.code());
      result.write(answers);
    } catch (MediaException e) {
      // A class whose initialization was cut short by the stack's end stays unusable.
      boolean worn = e.getCause() instanceof Error;
      refuse(worn ? Answer.REFUSED_AND_WORN : Answer.REFUSED, String.valueOf(e.getMessage()));
    } catch (TooMuchMemory e) {
      answers.writeByte(Answer.TOO_LARGE.code());
    }
    answers.flush();
  }

  private void refuse(Answer answer, String reason) throws IOException {
    answers.writeByte(answer.code());
    answers.writeUTF(reason.substring(0, Math.min(reason.length(), LONGEST_REASON)));
  }

  /** Memory for one file: all that this process has. */
  private static final class OwnMemory implements MediaGuard {
    private final long maxPixels;
    private long left = Runtime.getRuntime().maxMemory();

    OwnMemory(long maxPixels) {
      this.maxPixels = maxPixels;
    }

    @Override
    public void check() {}

    @Override
    public void reserve(long bytes) {
      if (bytes > left) {
        throw new TooMuchMemory();
      }
      left -= bytes;
    }

    @Override
    public void release(long bytes) {
      left += bytes;
    }

    @Override
    public long maxPixels() {
      return maxPixels;
    }
  }

  private static final class TooMuchMemory extends RuntimeException {
    private static final long serialVersionUID = 1;
  }
}
