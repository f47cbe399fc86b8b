package dev.vl4j.ascend.library;

import dev.vl4j.device.library.Symbols;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The libraries that the backend calls.
 *
 * @param runtime AscendCL: devices, memory, streams
 * @param tensors what operators are called with
 * @param operators in the order in which an operator is looked for
 */
public record AscendLibraries(Symbols runtime, Symbols tensors, List<Symbols> operators)
    implements Symbols {
  public AscendLibraries {
    operators = List.copyOf(operators);
  }

  @Override
  public String name() {
    return all().map(Symbols::name).collect(Collectors.joining(", "));
  }

  /** In the first library that has it. */
  @Override
  public Optional<MemorySegment> find(String symbol) {
    return all().map(library -> library.find(symbol)).flatMap(Optional::stream).findFirst();
  }

  private Stream<Symbols> all() {
    List<Symbols> all = new ArrayList<>(List.of(runtime, tensors));
    all.addAll(operators);
    return all.stream();
  }
}
