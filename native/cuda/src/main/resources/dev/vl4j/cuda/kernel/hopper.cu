// Attention for Hopper (compute capability 9.0) by wgmma: the same work as in attention.cu.
//
// One warpgroup of a block loads tiles of keys and values with asynchronous copies, which, unlike
// the bulk copy engine, can gather rows from several segments. The others multiply 64 query rows
// each.
//
// An item of work is a query tile and a head. A grid may have fewer blocks than there are items:
// then a block takes every item that lies a grid further, and its loading warps are at the next
// item's keys while the others are busy with the one before. Which block computes an item changes
// nothing in its result.

// Where element 8 * chunk of a row stands in panels of `rows` rows.
__device__ __forceinline__ u32 swizzled(int row, int chunk, int rows) {
  return chunk / 8 * rows * 128 + row * 128 + ((chunk ^ row) & 7) * 16;
}

// SIZE: elements of a head. GROUPS: warpgroups that multiply, 64 query rows each.
template <int SIZE, int GROUPS>
struct HopperShape {
  static constexpr int HEAD = SIZE;
  static constexpr int KEYS = 128;
  static constexpr int ROWS = 64 * GROUPS;
  static constexpr int CHUNKS = HEAD / 8;
  static constexpr int STEPS = (HEAD + 15) / 16;
  static constexpr int PANELS = (HEAD + 63) / 64;
  static constexpr int STAGES = 3;
  static constexpr int PANEL_BYTES = KEYS * 128;  // of keys or values
  static constexpr int TILE_BYTES = PANELS * PANEL_BYTES;
  static constexpr int QUERY_BYTES = PANELS * ROWS * 128;
  static constexpr int WARPGROUPS = GROUPS;
  // Registers per thread, of 65536 in all
  static constexpr int LOADING_REGISTERS = GROUPS == 2 ? 56 : 32;
  static constexpr int MULTIPLYING_REGISTERS = GROUPS == 2 ? 224 : 160;
};

// Where a tile stands among the stages, and the phase of its barriers.
template <int STAGES>
struct Place {
  int stage = 0;
  u32 phase = 0;

  __device__ __forceinline__ void advance() {
    if (++stage == STAGES) {
      stage = 0;
      phase ^= 1;
    }
  }
};

// What a kernel has been given.
struct HopperWork {
  const bf16* queries;
  int queryStride;
  void* out;
  int outStride;
  int outFormat;
  const QueryTile* tiles;
  const KeyPiece* pieces;
  int layer;
  int heads;
  int keyValueHeads;
  float scaleLog2e;
  int items;

  __device__ __forceinline__ QueryTile tile(int item) const { return tiles[item / heads]; }
  __device__ __forceinline__ int head(int item) const { return item % heads; }
  __device__ __forceinline__ int keyHead(int item) const {
    return head(item) / (heads / keyValueHeads);
  }
};

// Where a block's shared memory has what.
template <typename Shape>
struct HopperMemory {
  u32 queries;
  u32 keys;
  u32 values;
  // Barriers, 8 bytes each, one per stage
  u32 keysFull;
  u32 valuesFull;
  u32 keysEmpty;
  u32 valuesEmpty;

  __device__ __forceinline__ explicit HopperMemory(u32 base)
      : queries((base + 1023) & ~1023u),
        keys(queries + Shape::QUERY_BYTES),
        values(keys + Shape::STAGES * Shape::TILE_BYTES),
        keysFull(values + Shape::STAGES * Shape::TILE_BYTES),
        valuesFull(keysFull + 32),
        keysEmpty(keysFull + 64),
        valuesEmpty(keysFull + 96) {}
};

// Where an address in shared memory is for ordinary stores.
__device__ __forceinline__ char* sharedBytes(u32 address) {
  uint4* sharedMemory = dynamicSharedMemory();
  return reinterpret_cast<char*>(sharedMemory) + (address - sharedAddress(sharedMemory));
}

// One tile of keys or of values, by the 64 threads that load them.
template <typename Shape, typename Rows>
__device__ __forceinline__ void copyPanels(const Rows& rows, int first, u32 destination) {
  const int thread = threadIdx.x % 64;
#pragma unroll (Rows::COMPLETE ? 4 : 1)
  for (int i = 0; i < Shape::KEYS * Shape::CHUNKS / 64; i++) {
    const int index = thread + i * 64;
    const int position = index / Shape::CHUNKS;
    const int chunk = index % Shape::CHUNKS;
    copyAsync(destination + swizzled(position, chunk, Shape::KEYS),
              rows(first + position) + chunk * 16, rows.exists(first + position));
  }
}

template <typename Shape>
__device__ __forceinline__ void loadPanels(KeySequence& sequence, int first, u32 destination) {
  sequence.advanceTo(first);
  if (sequence.inOnePiece(first + Shape::KEYS)) {
    copyPanels<Shape>(sequence.onePiece(), first, destination);
  } else if (sequence.inTwoPieces(first + Shape::KEYS)) {
    copyPanels<Shape>(sequence.twoPieces(), first, destination);
  } else {
    copyPanels<Shape>(sequence.manyPieces(), first, destination);
  }
  commitCopies();
}

// Loads the keys of the block's items, or their values: two warps each, at their own pace.
template <typename Shape>
__device__ __forceinline__ void loadItems(const HopperWork& work,
                                          const HopperMemory<Shape>& memory, bool keys) {
  const u32 block = keys ? memory.keys : memory.values;
  const u32 full = keys ? memory.keysFull : memory.valuesFull;
  const u32 empty = full + (memory.keysEmpty - memory.keysFull);
  Place<Shape::STAGES> place;  // of the tile to load
  int loaded = -1;             // stage of a tile that is loaded but not handed over
  auto handOver = [&]() {
    publish();
    if (loaded >= 0) arrive(full + 8 * loaded);
    loaded = -1;
  };
  for (int item = blockIdx.x; item < work.items; item += gridDim.x) {
    const QueryTile tile = work.tile(item);
    const int headPlace = work.keyHead(item) + (keys ? 0 : work.keyValueHeads);
    KeySequence sequence = {work.pieces + tile.firstPiece,
                            tile.pieces,
                            tile.keys,
                            work.layer,
                            headPlace * Shape::HEAD * 2,
                            4 * work.keyValueHeads * Shape::HEAD};
    for (int first = 0; first < tile.keys; first += Shape::KEYS) {
      // A new barrier looks as if the phase before its first had passed: the stages are empty.
      const u32 barrier = empty + 8 * place.stage;
      if (!__all_sync(~0u, hasPassed(barrier, place.phase ^ 1))) {
        awaitCopyGroups<0>();
        handOver();
        await(barrier, place.phase ^ 1);
      }
      loadPanels<Shape>(sequence, first, block + place.stage * Shape::TILE_BYTES);
      if (loaded >= 0) {
        awaitCopyGroups<1>();
        handOver();
      }
      loaded = place.stage;
      place.advance();
    }
  }
  awaitCopyGroups<0>();
  handOver();
}

// Writes 64 rows of an item, of which this thread has parts: rows r and r + 8, two of eight
// elements.
template <typename Shape>
__device__ __forceinline__ void storeRows(const HopperWork& work,
                                          const HopperMemory<Shape>& memory,
                                          const QueryTile& tile, int head, int warpgroup,
                                          const float (&sums)[Shape::HEAD / 2]) {
  const int thread = threadIdx.x % 128;
  const int lane = thread % 32;
  const int firstRow = warpgroup * 64;
  const int row = firstRow + thread / 32 * 16 + lane / 4;
  if (work.outFormat == FLOAT32) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      if (row + half * 8 >= tile.rows) continue;
      float* target = static_cast<float*>(work.out) +
                      static_cast<long>(tile.queryRow + row + half * 8) * work.outStride +
                      head * Shape::HEAD + lane % 4 * 2;
#pragma unroll
      for (int chunk = 0; chunk < Shape::CHUNKS; chunk++) {
        target[chunk * 8] = sums[chunk * 4 + 2 * half];
        target[chunk * 8 + 1] = sums[chunk * 4 + 2 * half + 1];
      }
    }
    return;
  }
  // The query block's place serves to write whole rows.
  warpgroupBarrier(warpgroup);
  char* staged = sharedBytes(memory.queries);
#pragma unroll
  for (int half = 0; half < 2; half++) {
#pragma unroll
    for (int chunk = 0; chunk < Shape::CHUNKS; chunk++) {
      *reinterpret_cast<u32*>(staged + swizzled(row + half * 8, chunk, Shape::ROWS) +
                              lane % 4 * 4) =
          pack(sums[chunk * 4 + 2 * half], sums[chunk * 4 + 2 * half + 1]);
    }
  }
  __syncwarp();
  const int warpRow = firstRow + thread / 32 * 16;
  for (int index = lane; index < 16 * Shape::CHUNKS; index += 32) {
    const int outRow = warpRow + index / Shape::CHUNKS;
    const int chunk = index % Shape::CHUNKS;
    if (outRow < tile.rows) {
      *reinterpret_cast<uint4*>(static_cast<bf16*>(work.out) +
                                static_cast<long>(tile.queryRow + outRow) * work.outStride +
                                head * Shape::HEAD + chunk * 8) =
          *reinterpret_cast<uint4*>(staged + swizzled(outRow, chunk, Shape::ROWS));
    }
  }
}

// Attends with 64 rows of an item: those of this warpgroup.
//
// place: of the item's first tile of keys, and afterwards of the next item's.
template <typename Shape>
__device__ __forceinline__ void attendItem(const HopperWork& work,
                                           const HopperMemory<Shape>& memory, int item,
                                           int warpgroup, Place<Shape::STAGES>& place) {
  using TilePlace = Place<Shape::STAGES>;
  const QueryTile tile = work.tile(item);
  const bf16* queries = work.queries + work.head(item) * Shape::HEAD;
  const int thread = threadIdx.x % 128;
  const int lane = thread % 32;
  const int firstRow = warpgroup * 64;
  for (int index = thread; index < 64 * Shape::CHUNKS; index += 128) {
    const int row = firstRow + index / Shape::CHUNKS;
    const int chunk = index % Shape::CHUNKS;
    const bool present = row < tile.rows;
    const long source = present ? tile.queryRow + row : tile.queryRow;
    copyAsync(memory.queries + swizzled(row, chunk, Shape::ROWS),
              queries + source * work.queryStride + chunk * 8, present);
  }
  commitCopies();
  awaitCopies();
  publish();
  warpgroupBarrier(warpgroup);

  // This thread's rows are r and r + 8.
  const int row = firstRow + thread / 32 * 16 + lane / 4;
  int seen[2];
  for (int half = 0; half < 2; half++) seen[half] = tile.seenBy(row + half * 8);
  // How many keys the first and the last row of this warpgroup see, and its tiles.
  const int fewest = tile.seenBy(firstRow);
  const int most = tile.seenBy(firstRow + 63);
  const int ownTiles = firstRow < tile.rows ? (most + Shape::KEYS - 1) / Shape::KEYS : 0;

  float sums[Shape::HEAD / 2];
  float scores[Shape::KEYS / 2];
  u32 weights[Shape::KEYS / 4];
  float maximum[2] = {MINUS_INFINITY, MINUS_INFINITY};
  float total[2] = {0, 0};
  float shrink[2];
#pragma unroll
  for (int i = 0; i < Shape::HEAD / 2; i++) sums[i] = 0;

  const u64 queryPanels = describe(memory.queries + firstRow * 128, 16);
  const u64 keyPanels = describe(memory.keys, 16);
  const u64 valuePanels = describe(memory.values, Shape::PANEL_BYTES);

  auto multiplyKeys = [&](TilePlace at) {
    await(memory.keysFull + 8 * at.stage, at.phase);
    const u64 b = keyPanels + at.stage * (Shape::TILE_BYTES / 16);
    pin(scores);
    beginProducts();
#pragma unroll
    for (int step = 0; step < Shape::STEPS; step++) {
      multiply(scores, queryPanels + (step / 4 * Shape::ROWS * 128 + step % 4 * 32) / 16,
               b + (step / 4 * Shape::PANEL_BYTES + step % 4 * 32) / 16, step > 0);
    }
    commitProducts();
  };
  auto multiplyValues = [&](TilePlace at) {
    await(memory.valuesFull + 8 * at.stage, at.phase);
    const u64 b = valuePanels + at.stage * (Shape::TILE_BYTES / 16);
    pin(sums);
    beginProducts();
#pragma unroll
    for (int step = 0; step < Shape::KEYS / 16; step++) {
      multiplyAdd(sums, weights + 4 * step, b + step * 16 * 128 / 16);
    }
    commitProducts();
  };
  auto release = [&](u32 empty, TilePlace at) {
    if (lane == 0) arrive(empty + 8 * at.stage);
  };
  // Softmax so far. Every row sees key 0, so its maximum is finite from the first tile on.
  auto weigh = [&](int t) {
    const int first = t * Shape::KEYS;
    if (first + Shape::KEYS > fewest) {
#pragma unroll
      for (int i = 0; i < Shape::KEYS / 2; i++) {
        const int position = first + i / 4 * 8 + lane % 4 * 2 + i % 2;
        if (position >= seen[i / 2 % 2]) scores[i] = MINUS_INFINITY;
      }
    }
#pragma unroll
    for (int half = 0; half < 2; half++) {
      float largest = maximum[half];
#pragma unroll
      for (int i = 2 * half; i < Shape::KEYS / 2; i += 4) {
        largest = fmaxf(largest, fmaxf(scores[i], scores[i + 1]));
      }
      largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, 1));
      largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, 2));
      shrink[half] = exp2Fast((maximum[half] - largest) * work.scaleLog2e);
      const float offset = largest * work.scaleLog2e;
      maximum[half] = largest;
      float sum = 0;
#pragma unroll
      for (int i = 2 * half; i < Shape::KEYS / 2; i += 4) {
        scores[i] = exp2Fast(fmaf(scores[i], work.scaleLog2e, -offset));
        scores[i + 1] = exp2Fast(fmaf(scores[i + 1], work.scaleLog2e, -offset));
        sum += scores[i] + scores[i + 1];
      }
      total[half] = fmaf(total[half], shrink[half], sum);
    }
  };
  auto packWeights = [&]() {
#pragma unroll
    for (int i = 0; i < Shape::KEYS / 4; i++) weights[i] = pack(scores[2 * i], scores[2 * i + 1]);
  };

  const int tiles = (tile.keys + Shape::KEYS - 1) / Shape::KEYS;
  if (ownTiles > 0) {
    multiplyKeys(place);
    awaitProducts<0>();
    pin(scores);
    release(memory.keysEmpty, place);
    weigh(0);
    packWeights();
    for (int t = 1; t < ownTiles; t++) {
      const TilePlace before = place;
      place.advance();
      multiplyKeys(place);
      multiplyValues(before);
      awaitProducts<1>();
      pin(scores);
      release(memory.keysEmpty, place);
      weigh(t);
      // The weights shall be computed while the products with the values run, but ptxas moves the
      // wait up before them. It does not move it across this loop, which never runs.
      while (total[0] + total[1] < 0) total[0] += 1;
      pin(scores);
      awaitProducts<0>();
      pin(sums);
      release(memory.valuesEmpty, before);
#pragma unroll
      for (int i = 0; i < Shape::HEAD / 2; i++) sums[i] *= shrink[i / 2 % 2];
      packWeights();
    }
    multiplyValues(place);
    awaitProducts<0>();
    pin(sums);
    release(memory.valuesEmpty, place);
    place.advance();
  }
  for (int t = ownTiles; t < tiles; t++) {  // only other warpgroups need these
    // No lane may be left behind while another lets a stage be filled anew: a barrier that has
    // passed twice looks as if it had not.
    await(memory.keysFull + 8 * place.stage, place.phase);
    __syncwarp();
    release(memory.keysEmpty, place);
    await(memory.valuesFull + 8 * place.stage, place.phase);
    __syncwarp();
    release(memory.valuesEmpty, place);
    place.advance();
  }

#pragma unroll
  for (int half = 0; half < 2; half++) {
    float sum = total[half];
    sum += __shfl_xor_sync(~0u, sum, 1);
    sum += __shfl_xor_sync(~0u, sum, 2);
    const float inverse = 1.0f / sum;
#pragma unroll
    for (int i = 2 * half; i < Shape::HEAD / 2; i += 4) {
      sums[i] *= inverse;
      sums[i + 1] *= inverse;
    }
  }
  storeRows<Shape>(work, memory, tile, work.head(item), warpgroup, sums);
}

template <typename Shape>
__device__ __forceinline__ void attendOnHopper(const HopperWork& work) {
  const HopperMemory<Shape> memory(sharedAddress(dynamicSharedMemory()));
  if (threadIdx.x == 0) {
    for (int stage = 0; stage < Shape::STAGES; stage++) {
      initBarrier(memory.keysFull + 8 * stage, 64);
      initBarrier(memory.valuesFull + 8 * stage, 64);
      initBarrier(memory.keysEmpty + 8 * stage, 4 * Shape::WARPGROUPS);  // the warps that multiply
      initBarrier(memory.valuesEmpty + 8 * stage, 4 * Shape::WARPGROUPS);
    }
  }
  if (Shape::HEAD % 16 != 0) {  // columns that no copy writes but the products' depth takes in
    const uint4 zeros = make_uint4(0, 0, 0, 0);
    char* queries = sharedBytes(memory.queries);
    for (int row = threadIdx.x; row < Shape::ROWS; row += blockDim.x) {
      *reinterpret_cast<uint4*>(queries + swizzled(row, Shape::CHUNKS, Shape::ROWS)) = zeros;
    }
    char* keys = sharedBytes(memory.keys);
    for (int row = threadIdx.x; row < Shape::KEYS * Shape::STAGES; row += blockDim.x) {
      *reinterpret_cast<uint4*>(keys + row / Shape::KEYS * Shape::TILE_BYTES +
                                swizzled(row % Shape::KEYS, Shape::CHUNKS, Shape::KEYS)) = zeros;
    }
    publish();
  }
  __syncthreads();

  // The compiler sees that all lanes have what one lane hands them: such values need no register of
  // each thread.
  const int pair = __shfl_sync(~0u, threadIdx.x / 64, 0);
  const int warpgroup = pair / 2;
  if (warpgroup == Shape::WARPGROUPS) {
    giveUpRegisters<Shape::LOADING_REGISTERS>();
    loadItems<Shape>(work, memory, pair % 2 == 0);
  } else {
    takeRegisters<Shape::MULTIPLYING_REGISTERS>();
    Place<Shape::STAGES> place;
    for (int item = blockIdx.x; item < work.items; item += gridDim.x) {
      attendItem<Shape>(work, memory, item, warpgroup, place);
      warpgroupBarrier(warpgroup);  // the next item's queries take the place of these
    }
  }
}

extern "C" __global__ void __launch_bounds__(512, 1)
    hopperAttention64(const bf16* queries, int queryStride, void* out, int outStride, int outFormat,
                      const QueryTile* tiles, const KeyPiece* pieces, int layer, int heads,
                      int keyValueHeads, float scaleLog2e, int items) {
  attendOnHopper<HopperShape<64, 3>>({queries, queryStride, out, outStride, outFormat, tiles,
                                      pieces, layer, heads, keyValueHeads, scaleLog2e, items});
}

extern "C" __global__ void __launch_bounds__(384, 1)
    hopperAttention72(const bf16* queries, int queryStride, void* out, int outStride, int outFormat,
                      const QueryTile* tiles, const KeyPiece* pieces, int layer, int heads,
                      int keyValueHeads, float scaleLog2e, int items) {
  attendOnHopper<HopperShape<72, 2>>({queries, queryStride, out, outStride, outFormat, tiles,
                                      pieces, layer, heads, keyValueHeads, scaleLog2e, items});
}

extern "C" __global__ void __launch_bounds__(384, 1)
    hopperAttention128(const bf16* queries, int queryStride, void* out, int outStride,
                       int outFormat, const QueryTile* tiles, const KeyPiece* pieces, int layer,
                       int heads, int keyValueHeads, float scaleLog2e, int items) {
  attendOnHopper<HopperShape<128, 2>>({queries, queryStride, out, outStride, outFormat, tiles,
                                       pieces, layer, heads, keyValueHeads, scaleLog2e, items});
}
