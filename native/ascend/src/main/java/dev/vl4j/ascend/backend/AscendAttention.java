package dev.vl4j.ascend.backend;

import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Segment;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A plan whose row numbers are on the device, for all layers. */
final class AscendAttention implements AttentionPlan, Resident {
  private final Session session;
  private final DeviceBlock block;
  private final AttentionShape shape;
  private final AttentionWork work;
  private final List<Long> offsets;
  private final Set<AscendKeyValues> stores;

  private AscendAttention(
      Session session,
      DeviceBlock block,
      AttentionShape shape,
      AttentionWork work,
      List<Long> offsets,
      Set<AscendKeyValues> stores) {
    this.session = session;
    this.block = block;
    this.shape = shape;
    this.work = work;
    this.offsets = offsets;
    this.stores = stores;
  }

  /** Gives a forward memory. */
  interface Memory {
    DeviceBlock allocate(long bytes);
  }

  /**
   * Makes a plan, and enqueues bringing its row numbers to the device.
   *
   * @param segments as {@link dev.vl4j.kernels.Operands#segments} wants them
   */
  static AscendAttention of(
      Session session,
      Transfers transfers,
      AttentionShape shape,
      List<Segment> segments,
      Memory memory) {
    Set<AscendKeyValues> stores = new LinkedHashSet<>();
    for (Segment segment : segments) {
      stores.add(session.keyValues(segment.keyValues()));
    }
    AttentionWork work = new AttentionWork(segments);
    List<Long> offsets = new ArrayList<>();
    int count = 0;
    for (AttentionWork.Call call : work.calls()) {
      offsets.add((long) count);
      count += call.isInPlace() ? 0 : call.rows().length;
    }
    int[] rows = new int[count];
    for (int i = 0; i < offsets.size(); i++) {
      AttentionWork.Call call = work.calls().get(i);
      if (!call.isInPlace()) {
        System.arraycopy(call.rows(), 0, rows, Math.toIntExact(offsets.get(i)), call.rows().length);
      }
    }
    DeviceBlock block = memory.allocate((long) count * Integer.BYTES);
    transfers.upload(rows, block.address());
    return new AscendAttention(session, block, shape, work, offsets, stores);
  }

  /**
   * The plan behind a handle, which must be of this backend, with keys and values that are open and
   * have this layer.
   */
  static AscendAttention own(Session session, AttentionPlan plan, int layer) {
    AscendAttention own = session.own(AscendAttention.class, plan, "a plan");
    for (AscendKeyValues store : own.stores) {
      int _ = session.keyValues(store).index(layer);
    }
    return own;
  }

  AttentionWork work() {
    return work;
  }

  /** Of each call, the place of its first row number in the memory. */
  List<Long> offsets() {
    return offsets;
  }

  @Override
  public Session session() {
    return session;
  }

  @Override
  public DeviceBlock block() {
    return block;
  }

  @Override
  public String describe() {
    return "plan of %d rows".formatted(work.computed());
  }

  @Override
  public AttentionShape shape() {
    return shape;
  }

  @Override
  public int rows() {
    return work.computed();
  }

  @Override
  public int queries() {
    return work.queries();
  }
}
