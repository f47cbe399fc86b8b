// Attention for Hopper (compute capability 9.0) by wgmma: the same work as in attention.cu.
//
// One warpgroup of a block loads tiles of keys and values with asynchronous copies, which, unlike
// the bulk copy engine, can gather rows from several segments. The others multiply 64 query rows
// each.

// Where element 8 * chunk of a row stands in panels of `rows` rows.
__device__ __forceinline__ u32 swizzled(int row, int chunk, int rows) {
  return chunk / 8 * rows * 128 + row * 128 + ((chunk ^ row) & 7) * 16;
}

// HEAD: elements of a head. GROUPS: warpgroups that multiply, 64 query rows each.
template <int HEAD, int GROUPS>
struct HopperShape {
  static constexpr int KEYS = 128;
  static constexpr int ROWS = 64 * GROUPS;
  static constexpr int CHUNKS = HEAD / 8;
  static constexpr int STEPS = (HEAD + 15) / 16;
  static constexpr int PANELS = (HEAD + 63) / 64;
  static constexpr int STAGES = 3;
  static constexpr int PANEL_BYTES = KEYS * 128;  // of keys or values
  static constexpr int TILE_BYTES = PANELS * PANEL_BYTES;
  static constexpr int QUERY_BYTES = PANELS * ROWS * 128;
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

template <int HEAD, int GROUPS>
__device__ __forceinline__ void attendOnHopper(const bf16* queries, int queryStride, void* out,
                                               int outStride, int outFormat,
                                               const QueryTile* queryTiles, const KeyPiece* pieces,
                                               int layer, int heads, int keyValueHeads,
                                               float scaleLog2e) {
  using Shape = HopperShape<HEAD, GROUPS>;
  constexpr int KEYS = Shape::KEYS;

  uint4* sharedMemory = dynamicSharedMemory();
  const u32 queryBlock = (sharedAddress(sharedMemory) + 1023) & ~1023u;
  const u32 keyBlock = queryBlock + Shape::QUERY_BYTES;
  const u32 valueBlock = keyBlock + Shape::STAGES * Shape::TILE_BYTES;
  const u32 barriers = valueBlock + Shape::STAGES * Shape::TILE_BYTES;
  // 8 bytes each, one per stage
  const u32 keysFull = barriers;
  const u32 valuesFull = barriers + 32;
  const u32 keysEmpty = barriers + 64;
  const u32 valuesEmpty = barriers + 96;

  const QueryTile tile = queryTiles[blockIdx.x / heads];
  const int head = blockIdx.x % heads;
  const int tiles = (tile.keys + KEYS - 1) / KEYS;

  if (threadIdx.x == 0) {
    for (int stage = 0; stage < Shape::STAGES; stage++) {
      initBarrier(keysFull + 8 * stage, 64);
      initBarrier(valuesFull + 8 * stage, 64);
      initBarrier(keysEmpty + 8 * stage, 4 * GROUPS);  // the warps that multiply
      initBarrier(valuesEmpty + 8 * stage, 4 * GROUPS);
    }
  }
  if (HEAD % 16 != 0) {  // columns that no copy writes but the products' depth takes in
    char* base = reinterpret_cast<char*>(sharedMemory) + (queryBlock - sharedAddress(sharedMemory));
    for (int row = threadIdx.x; row < Shape::ROWS; row += blockDim.x) {
      *reinterpret_cast<uint4*>(base + swizzled(row, Shape::CHUNKS, Shape::ROWS)) =
          make_uint4(0, 0, 0, 0);
    }
    for (int row = threadIdx.x; row < KEYS * Shape::STAGES; row += blockDim.x) {
      *reinterpret_cast<uint4*>(base + Shape::QUERY_BYTES + row / KEYS * Shape::TILE_BYTES +
                                swizzled(row % KEYS, Shape::CHUNKS, KEYS)) =
          make_uint4(0, 0, 0, 0);
    }
    publish();
  }
  __syncthreads();

  const int warpgroup = __shfl_sync(~0u, threadIdx.x / 128, 0);  // the compiler sees it is uniform
  if (warpgroup == GROUPS) {
    giveUpRegisters<Shape::LOADING_REGISTERS>();
    // Two warps load keys, two load values, each at its own pace.
    const bool loadsKeys = threadIdx.x / 64 % 2 == 0;
    const int headPlace = head / (heads / keyValueHeads) + (loadsKeys ? 0 : keyValueHeads);
    const u32 block = loadsKeys ? keyBlock : valueBlock;
    const u32 full = loadsKeys ? keysFull : valuesFull;
    const u32 empty = full + (keysEmpty - keysFull);
    KeySequence sequence = {pieces + tile.firstPiece, tile.pieces,           tile.keys, layer,
                            headPlace * HEAD * 2,     4 * keyValueHeads * HEAD};
    Place<Shape::STAGES> place;   // of the tile to load
    Place<Shape::STAGES> handed;  // of the first tile that is not handed over
    int waiting = 0;              // tiles loaded but not handed over
    auto handOver = [&]() {
      publish();
      for (; waiting > 0; waiting--) {
        arrive(full + 8 * handed.stage);
        handed.advance();
      }
    };
    for (int t = 0; t < tiles; t++) {
      if (t >= Shape::STAGES) {
        const u32 barrier = empty + 8 * place.stage;
        if (!__all_sync(~0u, hasPassed(barrier, place.phase ^ 1))) {
          awaitCopyGroups<0>();
          handOver();
          await(barrier, place.phase ^ 1);
        }
      }
      loadPanels<Shape>(sequence, t * KEYS, block + place.stage * Shape::TILE_BYTES);
      place.advance();
      if (t > 0) {
        awaitCopyGroups<1>();
        handOver();
      }
      waiting++;
    }
    awaitCopyGroups<0>();
    handOver();
  } else {
    takeRegisters<Shape::MULTIPLYING_REGISTERS>();
    const int thread = threadIdx.x % 128;
    const int lane = thread % 32;
    const int firstRow = warpgroup * 64;
    queries += head * HEAD;
    for (int index = thread; index < 64 * Shape::CHUNKS; index += 128) {
      const int row = firstRow + index / Shape::CHUNKS;
      const int chunk = index % Shape::CHUNKS;
      const bool present = row < tile.rows;
      const long source = present ? tile.queryRow + row : tile.queryRow;
      copyAsync(queryBlock + swizzled(row, chunk, Shape::ROWS),
                queries + source * queryStride + chunk * 8, present);
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
    const int ownTiles = firstRow < tile.rows ? (most + KEYS - 1) / KEYS : 0;

    float sums[HEAD / 2];
    float scores[KEYS / 2];
    u32 weights[KEYS / 4];
    float maximum[2] = {MINUS_INFINITY, MINUS_INFINITY};
    float total[2] = {0, 0};
    float shrink[2];
#pragma unroll
    for (int i = 0; i < HEAD / 2; i++) sums[i] = 0;

    const u64 queryPanels = describe(queryBlock + firstRow * 128, 16);
    const u64 keyPanels = describe(keyBlock, 16);
    const u64 valuePanels = describe(valueBlock, Shape::PANEL_BYTES);

    using TilePlace = Place<Shape::STAGES>;
    auto multiplyKeys = [&](TilePlace place) {
      await(keysFull + 8 * place.stage, place.phase);
      const u64 b = keyPanels + place.stage * (Shape::TILE_BYTES / 16);
      pin(scores);
      beginProducts();
#pragma unroll
      for (int step = 0; step < Shape::STEPS; step++) {
        multiply(scores, queryPanels + (step / 4 * Shape::ROWS * 128 + step % 4 * 32) / 16,
                 b + (step / 4 * Shape::PANEL_BYTES + step % 4 * 32) / 16, step > 0);
      }
      commitProducts();
    };
    auto multiplyValues = [&](TilePlace place) {
      await(valuesFull + 8 * place.stage, place.phase);
      const u64 b = valuePanels + place.stage * (Shape::TILE_BYTES / 16);
      pin(sums);
      beginProducts();
#pragma unroll
      for (int step = 0; step < KEYS / 16; step++) {
        multiplyAdd(sums, weights + 4 * step, b + step * 16 * 128 / 16);
      }
      commitProducts();
    };
    auto release = [&](u32 empty, TilePlace place) {
      if (lane == 0) arrive(empty + 8 * place.stage);
    };
    // Softmax so far. Every row sees key 0, so its maximum is finite from the first tile on.
    auto weigh = [&](int t) {
      const int first = t * KEYS;
      if (first + KEYS > fewest) {
#pragma unroll
        for (int i = 0; i < KEYS / 2; i++) {
          const int position = first + i / 4 * 8 + lane % 4 * 2 + i % 2;
          if (position >= seen[i / 2 % 2]) scores[i] = MINUS_INFINITY;
        }
      }
#pragma unroll
      for (int half = 0; half < 2; half++) {
        float largest = maximum[half];
#pragma unroll
        for (int i = 2 * half; i < KEYS / 2; i += 4) {
          largest = fmaxf(largest, fmaxf(scores[i], scores[i + 1]));
        }
        largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, 1));
        largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, 2));
        shrink[half] = exp2Fast((maximum[half] - largest) * scaleLog2e);
        const float offset = largest * scaleLog2e;
        maximum[half] = largest;
        float sum = 0;
#pragma unroll
        for (int i = 2 * half; i < KEYS / 2; i += 4) {
          scores[i] = exp2Fast(fmaf(scores[i], scaleLog2e, -offset));
          scores[i + 1] = exp2Fast(fmaf(scores[i + 1], scaleLog2e, -offset));
          sum += scores[i] + scores[i + 1];
        }
        total[half] = fmaf(total[half], shrink[half], sum);
      }
    };
    auto packWeights = [&]() {
#pragma unroll
      for (int i = 0; i < KEYS / 4; i++) weights[i] = pack(scores[2 * i], scores[2 * i + 1]);
    };

    TilePlace place;
    if (ownTiles > 0) {
      multiplyKeys(place);
      awaitProducts<0>();
      pin(scores);
      release(keysEmpty, place);
      weigh(0);
      packWeights();
      for (int t = 1; t < ownTiles; t++) {
        const TilePlace before = place;
        place.advance();
        multiplyKeys(place);
        multiplyValues(before);
        awaitProducts<1>();
        pin(scores);
        release(keysEmpty, place);
        weigh(t);
        // The weights shall be computed while the products with the values run, but ptxas moves the
        // wait up before them. It does not move it across this loop, which never runs.
        while (total[0] + total[1] < 0) total[0] += 1;
        pin(scores);
        awaitProducts<0>();
        pin(sums);
        release(valuesEmpty, before);
#pragma unroll
        for (int i = 0; i < HEAD / 2; i++) sums[i] *= shrink[i / 2 % 2];
        packWeights();
      }
      multiplyValues(place);
      awaitProducts<0>();
      pin(sums);
      release(valuesEmpty, place);
      place.advance();
    }
    for (int t = ownTiles; t < tiles; t++) {  // only other warpgroups need these
      // No lane may be left behind while another lets a stage be filled anew: a barrier that has
      // passed twice looks as if it had not.
      await(keysFull + 8 * place.stage, place.phase);
      __syncwarp();
      release(keysEmpty, place);
      await(valuesFull + 8 * place.stage, place.phase);
      __syncwarp();
      release(valuesEmpty, place);
      place.advance();
    }

#pragma unroll
    for (int half = 0; half < 2; half++) {
      float sum = total[half];
      sum += __shfl_xor_sync(~0u, sum, 1);
      sum += __shfl_xor_sync(~0u, sum, 2);
      const float inverse = 1.0f / sum;
#pragma unroll
      for (int i = 2 * half; i < HEAD / 2; i += 4) {
        sums[i] *= inverse;
        sums[i + 1] *= inverse;
      }
    }
    if (outFormat == FLOAT32) {
#pragma unroll
      for (int half = 0; half < 2; half++) {
        if (row + half * 8 >= tile.rows) continue;
        float* target = static_cast<float*>(out) +
                        static_cast<long>(tile.queryRow + row + half * 8) * outStride +
                        head * HEAD + lane % 4 * 2;
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
    char* staged = reinterpret_cast<char*>(sharedMemory) +
                   (queryBlock - sharedAddress(sharedMemory));
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
        *reinterpret_cast<uint4*>(static_cast<bf16*>(out) +
                                  static_cast<long>(tile.queryRow + outRow) * outStride +
                                  head * HEAD + chunk * 8) =
            *reinterpret_cast<uint4*>(staged + swizzled(outRow, chunk, Shape::ROWS));
      }
    }
  }
}

extern "C" __global__ void __launch_bounds__(512, 1)
    hopperAttention64(const bf16* queries, int queryStride, void* out, int outStride, int outFormat,
                      const QueryTile* tiles, const KeyPiece* pieces, int layer, int heads,
                      int keyValueHeads, float scaleLog2e) {
  attendOnHopper<64, 3>(queries, queryStride, out, outStride, outFormat, tiles, pieces, layer,
                        heads, keyValueHeads, scaleLog2e);
}

extern "C" __global__ void __launch_bounds__(384, 1)
    hopperAttention72(const bf16* queries, int queryStride, void* out, int outStride, int outFormat,
                      const QueryTile* tiles, const KeyPiece* pieces, int layer, int heads,
                      int keyValueHeads, float scaleLog2e) {
  attendOnHopper<72, 2>(queries, queryStride, out, outStride, outFormat, tiles, pieces, layer,
                        heads, keyValueHeads, scaleLog2e);
}

extern "C" __global__ void __launch_bounds__(384, 1)
    hopperAttention128(const bf16* queries, int queryStride, void* out, int outStride,
                       int outFormat, const QueryTile* tiles, const KeyPiece* pieces, int layer,
                       int heads, int keyValueHeads, float scaleLog2e) {
  attendOnHopper<128, 2>(queries, queryStride, out, outStride, outFormat, tiles, pieces, layer,
                        heads, keyValueHeads, scaleLog2e);
}
