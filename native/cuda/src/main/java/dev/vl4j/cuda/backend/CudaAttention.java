package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.AttentionKind;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Segment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** A plan whose tables are on the device, for all layers. */
final class CudaAttention implements AttentionPlan, Resident {
  private final Session session;
  private final DeviceBlock block;
  private final AttentionShape shape;
  private final AttentionKind kind;
  private final Set<CudaKeyValues> stores;
  private final int tiles;
  private final int longest;
  private final long pieces;
  private final long places;
  private final int rows;
  private final int queries;

  /**
   * @param block that the tables are written to
   * @param stores all that the plan reads or writes
   */
  private CudaAttention(
      Session session,
      DeviceBlock block,
      AttentionShape shape,
      AttentionKind kind,
      Set<CudaKeyValues> stores,
      AttentionTables tables) {
    this.session = session;
    this.block = block;
    this.shape = shape;
    this.kind = kind;
    this.stores = stores;
    tiles = tables.tiles().size();
    longest = tables.longest();
    pieces = block.address() + tables.piecesAt();
    places = block.address() + tables.placesAt();
    rows = tables.places().size();
    queries = tables.queries();
  }

  /** Gives a forward memory. */
  interface Memory {
    DeviceBlock allocate(long bytes);
  }

  /**
   * Makes a plan, and enqueues bringing its tables to the device.
   *
   * @param segments as {@link dev.vl4j.kernels.Operands#segments} wants them
   */
  static CudaAttention of(
      Session session, AttentionShape shape, List<Segment> segments, Memory memory) {
    AttentionKind kind = AttentionKind.of(session.target(), shape);
    Set<CudaKeyValues> stores = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Segment segment : segments) {
      stores.add(session.keyValues(segment.keyValues()));
    }
    AttentionTables tables =
        new AttentionTables(
            new ArrayList<>(segments),
            segment -> (CudaKeyValues) segment.keyValues(),
            kind.tileRows(shape.headSize()));
    DeviceBlock block = memory.allocate(tables.bytes());
    session.staging().upload(tables.bytes(), tables::write, block.address());
    return new CudaAttention(session, block, shape, kind, stores, tables);
  }

  /**
   * The plan behind a handle, which must be of this backend, with keys and values that are open and
   * have this layer.
   */
  static CudaAttention own(Session session, AttentionPlan plan, int layer) {
    CudaAttention own = session.own(CudaAttention.class, plan, "a plan");
    for (CudaKeyValues store : own.stores) {
      session.keyValues(store).index(layer);
    }
    return own;
  }

  AttentionKind kind() {
    return kind;
  }

  /** Address of the table of tiles. */
  long tileTable() {
    return block.address();
  }

  int tiles() {
    return tiles;
  }

  /** The most keys of a tile. */
  int longest() {
    return longest;
  }

  /** Address of the table of pieces. */
  long pieceTable() {
    return pieces;
  }

  /** Address of the table of where computed rows go. */
  long placeTable() {
    return places;
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
    return "plan of %d rows".formatted(rows);
  }

  @Override
  public AttentionShape shape() {
    return shape;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int queries() {
    return queries;
  }
}
