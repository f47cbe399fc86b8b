package dev.vl4j.bench;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_ATTR_SCALES;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_ATTR_ZERO_POINTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * oneDNN's matmul as its documentation asks for speed: the primitive is made once, weights are
 * reordered once to the format that it picks for this shape ({@code format_tag::any}), the
 * scratchpad is the library's, activations and the float32 output are row-major.
 *
 * <p>8-bit weights are scaled by output channel, 8-bit activations by one factor for the whole
 * matrix, which is less work than a factor for each row.
 */
final class OneDnnGemm implements Contender {
  /** Element types, and whether float32 activations are converted inside the measured time. */
  enum Recipe {
    F32(memory.data_type.f32, memory.data_type.f32, false),
    BF16(memory.data_type.bf16, memory.data_type.bf16, false),
    BF16_FROM_F32(memory.data_type.bf16, memory.data_type.bf16, true),
    S8(memory.data_type.s8, memory.data_type.s8, false),
    S8_FROM_F32(memory.data_type.s8, memory.data_type.s8, true),
    U8(memory.data_type.u8, memory.data_type.s8, false);

    private final memory.data_type source;
    private final memory.data_type weights;
    private final boolean converts;

    Recipe(memory.data_type source, memory.data_type weights, boolean converts) {
      this.source = source;
      this.weights = weights;
      this.converts = converts;
    }

    private boolean quantised() {
      return weights == memory.data_type.s8;
    }

    /** What stands for zero among the activations. */
    private int zeroPoint() {
      return source == memory.data_type.u8 ? 128 : 0;
    }
  }

  private static final int LARGEST = 127;

  /** Mask of an attribute with one value for each output channel, dimension 1 of [K, N]. */
  private static final int BY_COLUMN = 1 << 1;

  private final GemmProblem problem;
  private final Recipe recipe;
  private final int threads;
  private final List<Pointer> owned = new ArrayList<>();
  private final engine processor;
  private final stream queue;
  private final memory out;
  private final matmul product;
  private final String implementation;
  private final long weightBytes;
  private final reorder conversion;
  private final IntMemoryMap conversionArguments;
  private final List<IntMemoryMap> arguments = new ArrayList<>();
  private int next;

  OneDnnGemm(GemmProblem problem, Recipe recipe, int threads, long coldBytes) {
    this.problem = problem;
    this.recipe = recipe;
    this.threads = threads;
    Natives.load(dnnl.class);
    Natives.setOpenMpThreads(threads);
    processor = own(new engine(engine.kind.cpu, 0));
    queue = own(new stream(processor));
    long m = problem.rows();
    long n = problem.outFeatures();
    long k = problem.inFeatures();
    memory.desc source = desc(recipe.source, memory.format_tag.ab, m, k);
    memory.desc target = desc(memory.data_type.f32, memory.format_tag.ab, m, n);
    primitive_attr attributes = own(new primitive_attr());
    if (recipe.quantised()) {
      attributes.set_scales_mask(DNNL_ARG_SRC, 0);
      attributes.set_scales_mask(DNNL_ARG_WEIGHTS, BY_COLUMN);
    }
    if (recipe.zeroPoint() != 0) {
      attributes.set_zero_points_mask(DNNL_ARG_SRC, 0);
    }
    matmul.primitive_desc chosen =
        own(
            new matmul.primitive_desc(
                processor,
                source,
                desc(recipe.weights, memory.format_tag.any, k, n),
                target,
                attributes,
                false));
    product = own(new matmul(chosen));
    implementation = "oneDNN " + chosen.impl_info_str().getString();
    memory.desc packed = own(chosen.weights_desc());
    weightBytes = packed.get_size();
    out = own(new memory(target, processor));

    memory x = own(new memory(desc(memory.data_type.f32, memory.format_tag.ab, m, k), processor));
    MemorySegment.copy(problem.x(), 0, data(x), ValueLayout.JAVA_FLOAT, 0, problem.x().length);
    memory converted = own(new memory(source, processor));
    memory scale = vector(scaleOf(problem.x()));
    memory zeroPoint = zeroPoint();
    conversionArguments = own(new IntMemoryMap());
    conversion = conversion(x, converted, scale, zeroPoint);
    convert();

    float[] channelScales = recipe.quantised() ? channelScales() : new float[] {1};
    memory channels = vector(channelScales);
    memory plain = plainWeights(channelScales);
    int count = GemmProblem.copies(weightBytes, coldBytes);
    for (int i = 0; i < count; i++) {
      memory weights = own(new memory(packed, processor));
      try (reorder pack = new reorder(plain, weights)) {
        pack.execute(queue, plain, weights);
        queue._wait();
      }
      IntMemoryMap map = own(new IntMemoryMap());
      map.put(DNNL_ARG_SRC, converted).put(DNNL_ARG_WEIGHTS, weights).put(DNNL_ARG_DST, out);
      if (recipe.quantised()) {
        map.put(DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC, scale);
        map.put(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, channels);
      }
      if (recipe.zeroPoint() != 0) {
        map.put(DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC, zeroPoint);
      }
      arguments.add(map);
    }
    plain.close();
  }

  /** Why oneDNN cannot be loaded, or null. */
  static @Nullable String refusal() {
    return Natives.refusal(dnnl.class);
  }

  @Override
  public void run() {
    if (recipe.converts) {
      convert();
    }
    product.execute(queue, arguments.get(next));
    queue._wait();
    next = (next + 1) % arguments.size();
  }

  private void convert() {
    conversion.execute(queue, conversionArguments);
    queue._wait();
  }

  private reorder conversion(memory from, memory to, memory scale, memory zeroPoint) {
    primitive_attr attributes = own(new primitive_attr());
    conversionArguments.put(DNNL_ARG_SRC, from).put(DNNL_ARG_DST, to);
    if (recipe.quantised()) {
      attributes.set_scales_mask(DNNL_ARG_DST, 0);
      conversionArguments.put(DNNL_ARG_ATTR_SCALES | DNNL_ARG_DST, scale);
    }
    if (recipe.zeroPoint() != 0) {
      attributes.set_zero_points_mask(DNNL_ARG_DST, 0);
      conversionArguments.put(DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_DST, zeroPoint);
    }
    return own(new reorder(from, to, attributes));
  }

  private static float scaleOf(float[] values) {
    float largest = Float.MIN_NORMAL;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest / LARGEST;
  }

  /** [outFeatures]: the weight that the largest 8-bit number stands for, over that number. */
  private float[] channelScales() {
    float[] scales = new float[problem.outFeatures()];
    float[] row = new float[problem.inFeatures()];
    for (int i = 0; i < scales.length; i++) {
      for (int j = 0; j < row.length; j++) {
        row[j] = problem.weight(i, j);
      }
      scales[i] = scaleOf(row);
    }
    return scales;
  }

  /** The weights as [K, N] whose columns lie in one piece each: bf16, or 8-bit if quantised. */
  private memory plainWeights(float[] channelScales) {
    memory.data_type type = recipe.quantised() ? recipe.weights : memory.data_type.bf16;
    memory.desc layout =
        desc(type, memory.format_tag.ba, problem.inFeatures(), problem.outFeatures());
    memory plain = new memory(layout, processor);
    MemorySegment data = data(plain);
    if (recipe.quantised()) {
      long at = 0;
      for (int i = 0; i < problem.outFeatures(); i++) {
        for (int j = 0; j < problem.inFeatures(); j++) {
          byte rounded = (byte) Math.rint(problem.weight(i, j) / channelScales[i]);
          data.set(ValueLayout.JAVA_BYTE, at++, rounded);
        }
      }
    } else {
      data.copyFrom(problem.weights());
    }
    return plain;
  }

  private memory vector(float... values) {
    memory vector =
        own(new memory(desc(memory.data_type.f32, memory.format_tag.a, values.length), processor));
    MemorySegment.copy(values, 0, data(vector), ValueLayout.JAVA_FLOAT, 0, values.length);
    return vector;
  }

  private memory zeroPoint() {
    memory value = own(new memory(desc(memory.data_type.s32, memory.format_tag.a, 1), processor));
    data(value).set(ValueLayout.JAVA_INT, 0, recipe.zeroPoint());
    return value;
  }

  private memory.desc desc(memory.data_type type, memory.format_tag tag, long... dimensions) {
    return own(new memory.desc(dimensions, type, tag));
  }

  @SuppressWarnings("restricted")
  private static MemorySegment data(memory from) {
    return MemorySegment.ofAddress(from.get_data_handle().address())
        .reinterpret(from.get_desc().get_size());
  }

  private <P extends Pointer> P own(P pointer) {
    owned.add(pointer);
    return pointer;
  }

  @Override
  public float[] output() {
    return data(out).toArray(ValueLayout.JAVA_FLOAT);
  }

  @Override
  public long weightBytes() {
    return weightBytes;
  }

  @Override
  public String implementation() {
    return "%s, %d threads".formatted(implementation, threads);
  }

  /** Last made, first freed. */
  @Override
  public void close() {
    owned.reversed().forEach(Pointer::close);
  }
}
