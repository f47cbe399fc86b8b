// Attention by mma.sync, for heads of 64, 72 and 128 in bfloat16, from compute capability 8.0 on.

// HEAD: elements of a head. KEYS: keys of a tile. Four warps of 16 * SLABS query rows each.
template <int HEAD, int KEYS, int SLABS>
struct AttentionShape {
  static constexpr int THREADS = 128;
  static constexpr int ROWS = 4 * 16 * SLABS;
  static constexpr int CHUNKS = HEAD / 8;               // 16 bytes each
  static constexpr int PADDED = (HEAD + 15) / 16 * 16;  // the product's depth
  static constexpr int STRIDE = PADDED + 8;             // an odd number of 16-byte chunks
};

template <typename Shape, int KEYS, typename Rows>
__device__ __forceinline__ void copyKeyTile(const Rows& rows, int first, int valueOffset,
                                            u32 keyTile, u32 valueTile) {
  constexpr int COPIES = KEYS * Shape::CHUNKS;
#pragma unroll
  for (int i = 0; i < (COPIES + Shape::THREADS - 1) / Shape::THREADS; i++) {
    const int index = threadIdx.x + i * Shape::THREADS;
    if (COPIES % Shape::THREADS != 0 && index >= COPIES) break;
    const int position = index / Shape::CHUNKS;
    const int chunk = index % Shape::CHUNKS;
    const char* source = rows(first + position) + chunk * 16;
    const bool present = rows.exists(first + position);
    const u32 offset = (position * Shape::STRIDE + chunk * 8) * 2;
    copyAsync(keyTile + offset, source, present);
    copyAsync(valueTile + offset, source + valueOffset, present);
  }
}

// A tile of keys, and of values, which stand valueOffset bytes behind the keys.
template <typename Shape, int KEYS>
__device__ __forceinline__ void loadKeyTile(KeySequence& sequence, int first, int valueOffset,
                                            u32 keyTile, u32 valueTile) {
  sequence.advanceTo(first);
  if (sequence.inOnePiece(first + KEYS)) {
    copyKeyTile<Shape, KEYS>(sequence.onePiece(), first, valueOffset, keyTile, valueTile);
  } else if (sequence.inTwoPieces(first + KEYS)) {
    copyKeyTile<Shape, KEYS>(sequence.twoPieces(), first, valueOffset, keyTile, valueTile);
  } else {
    copyKeyTile<Shape, KEYS>(sequence.manyPieces(), first, valueOffset, keyTile, valueTile);
  }
}

template <int HEAD, int KEYS, int SLABS>
__device__ __forceinline__ void attend(const bf16* queries, int queryStride, void* out,
                                       int outStride, int outFormat, const QueryTile* queryTiles,
                                       const KeyPiece* pieces, int layer, int heads,
                                       int keyValueHeads, float scaleLog2e) {
  using Shape = AttentionShape<HEAD, KEYS, SLABS>;
  constexpr int STRIDE = Shape::STRIDE;
  constexpr int STEPS = Shape::PADDED / 16;
  constexpr int KEY_COLUMNS = KEYS / 8;
  constexpr int HEAD_COLUMNS = HEAD / 8;

  uint4* sharedMemory = dynamicSharedMemory();
  const u32 queryBlock = sharedAddress(sharedMemory);
  const u32 keyBlock = queryBlock + Shape::ROWS * STRIDE * 2;
  const u32 valueBlock = keyBlock + 2 * KEYS * STRIDE * 2;
  constexpr u32 TILE_BYTES = KEYS * STRIDE * 2;

  const QueryTile tile = queryTiles[blockIdx.x / heads];
  const int head = blockIdx.x % heads;
  const int keyHead = head / (heads / keyValueHeads);
  queries += head * HEAD;

  const int warp = threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  const int warpRow = warp * 16 * SLABS;

  if (Shape::PADDED > HEAD) {  // the columns that no copy writes
    for (int row = threadIdx.x; row < Shape::ROWS + 4 * KEYS; row += Shape::THREADS) {
      sharedMemory[row * (STRIDE / 8) + HEAD / 8] = make_uint4(0, 0, 0, 0);
    }
  }
  for (int index = threadIdx.x; index < Shape::ROWS * Shape::CHUNKS; index += Shape::THREADS) {
    const int row = index / Shape::CHUNKS;
    const int chunk = index % Shape::CHUNKS;
    const bool present = row < tile.rows;
    const long source = present ? tile.queryRow + row : tile.queryRow;
    copyAsync(queryBlock + (row * STRIDE + chunk * 8) * 2,
              queries + source * queryStride + chunk * 8, present);
  }
  const int valueOffset = keyValueHeads * HEAD * 2;
  KeySequence sequence = {pieces + tile.firstPiece, tile.pieces,      tile.keys, layer,
                          keyHead * HEAD * 2,       2 * valueOffset};
  loadKeyTile<Shape, KEYS>(sequence, 0, valueOffset, keyBlock, valueBlock);
  commitCopies();

  // How many keys the warp's first and last row see.
  const int fewest = tile.seenBy(warpRow);
  const int most = tile.seenBy(warpRow + 16 * SLABS - 1);

  float sums[SLABS][HEAD_COLUMNS][4];
  float maximum[SLABS][2];
  float total[SLABS][2];
#pragma unroll
  for (int s = 0; s < SLABS; s++) {
#pragma unroll
    for (int column = 0; column < HEAD_COLUMNS; column++) {
#pragma unroll
      for (int i = 0; i < 4; i++) sums[s][column][i] = 0;
    }
    maximum[s][0] = maximum[s][1] = MINUS_INFINITY;
    total[s][0] = total[s][1] = 0;
  }

  const u32 queryAddress = queryBlock + ((warpRow + lane % 16) * STRIDE + lane / 16 * 8) * 2;
  const u32 keyAddress =
      keyBlock + ((lane % 8 + lane / 16 * 8) * STRIDE + lane / 8 % 2 * 8) * 2;
  const u32 valueAddress = valueBlock + (lane % 16 * STRIDE + lane / 16 * 8) * 2;

  const int tiles = (tile.keys + KEYS - 1) / KEYS;
  for (int t = 0; t < tiles; t++) {
    awaitCopies();
    __syncthreads();  // tile t has arrived, and nobody reads the other buffers any more
    const u32 buffer = t % 2 * TILE_BYTES;
    if (t + 1 < tiles) {
      const u32 next = TILE_BYTES - buffer;
      loadKeyTile<Shape, KEYS>(sequence, (t + 1) * KEYS, valueOffset, keyBlock + next,
                               valueBlock + next);
      commitCopies();
    }
    const int first = t * KEYS;
    if (first >= most) continue;

    float scores[SLABS][KEY_COLUMNS][4];
#pragma unroll
    for (int s = 0; s < SLABS; s++) {
#pragma unroll
      for (int column = 0; column < KEY_COLUMNS; column++) {
#pragma unroll
        for (int i = 0; i < 4; i++) scores[s][column][i] = 0;
      }
    }
#pragma unroll
    for (int step = 0; step < STEPS; step++) {
      u32 a[SLABS][4];
#pragma unroll
      for (int s = 0; s < SLABS; s++) {
        loadMatrices(a[s], queryAddress + (s * 16 * STRIDE + step * 16) * 2);
      }
#pragma unroll
      for (int pair = 0; pair < KEY_COLUMNS / 2; pair++) {
        u32 b[4];
        loadMatrices(b, keyAddress + buffer + (pair * 16 * STRIDE + step * 16) * 2);
#pragma unroll
        for (int s = 0; s < SLABS; s++) {
          multiplyAdd(scores[s][2 * pair], a[s], b[0], b[1]);
          multiplyAdd(scores[s][2 * pair + 1], a[s], b[2], b[3]);
        }
      }
    }

    if (first + KEYS > fewest) {
#pragma unroll
      for (int s = 0; s < SLABS; s++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
          const int seen = tile.seenBy(warpRow + s * 16 + lane / 4 + i / 2 * 8);
#pragma unroll
          for (int column = 0; column < KEY_COLUMNS; column++) {
            const int position = first + column * 8 + lane % 4 * 2 + i % 2;
            if (position >= seen) scores[s][column][i] = MINUS_INFINITY;
          }
        }
      }
    }

    // Softmax so far. Every row sees key 0, so its maximum is finite from the first tile on.
#pragma unroll
    for (int s = 0; s < SLABS; s++) {
#pragma unroll
      for (int half = 0; half < 2; half++) {
        float largest = maximum[s][half];
#pragma unroll
        for (int column = 0; column < KEY_COLUMNS; column++) {
          largest = fmaxf(largest, fmaxf(scores[s][column][2 * half],
                                         scores[s][column][2 * half + 1]));
        }
        largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, 1));
        largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, 2));
        const float shrink = exp2Fast((maximum[s][half] - largest) * scaleLog2e);
        const float offset = largest * scaleLog2e;
        maximum[s][half] = largest;
        float sum = 0;
#pragma unroll
        for (int column = 0; column < KEY_COLUMNS; column++) {
#pragma unroll
          for (int i = 2 * half; i < 2 * half + 2; i++) {
            scores[s][column][i] = exp2Fast(fmaf(scores[s][column][i], scaleLog2e, -offset));
            sum += scores[s][column][i];
          }
        }
        total[s][half] = fmaf(total[s][half], shrink, sum);
#pragma unroll
        for (int column = 0; column < HEAD_COLUMNS; column++) {
          sums[s][column][2 * half] *= shrink;
          sums[s][column][2 * half + 1] *= shrink;
        }
      }
    }

#pragma unroll
    for (int step = 0; step < KEYS / 16; step++) {
      u32 a[SLABS][4];
#pragma unroll
      for (int s = 0; s < SLABS; s++) {
        a[s][0] = pack(scores[s][2 * step][0], scores[s][2 * step][1]);
        a[s][1] = pack(scores[s][2 * step][2], scores[s][2 * step][3]);
        a[s][2] = pack(scores[s][2 * step + 1][0], scores[s][2 * step + 1][1]);
        a[s][3] = pack(scores[s][2 * step + 1][2], scores[s][2 * step + 1][3]);
      }
#pragma unroll
      for (int pair = 0; pair < HEAD_COLUMNS / 2; pair++) {
        u32 b[4];
        loadMatricesTransposed(b, valueAddress + buffer + (step * 16 * STRIDE + pair * 16) * 2);
#pragma unroll
        for (int s = 0; s < SLABS; s++) {
          multiplyAdd(sums[s][2 * pair], a[s], b[0], b[1]);
          multiplyAdd(sums[s][2 * pair + 1], a[s], b[2], b[3]);
        }
      }
      if (HEAD_COLUMNS % 2 == 1) {
        u32 b0, b1;
        loadTwoMatricesTransposed(
            b0, b1, valueAddress + buffer + (step * 16 * STRIDE + (HEAD_COLUMNS - 1) * 8) * 2);
#pragma unroll
        for (int s = 0; s < SLABS; s++) multiplyAdd(sums[s][HEAD_COLUMNS - 1], a[s], b0, b1);
      }
    }
  }

#pragma unroll
  for (int s = 0; s < SLABS; s++) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      float sum = total[s][half];
      sum += __shfl_xor_sync(~0u, sum, 1);
      sum += __shfl_xor_sync(~0u, sum, 2);
      const float inverse = 1.0f / sum;
#pragma unroll
      for (int column = 0; column < HEAD_COLUMNS; column++) {
        sums[s][column][2 * half] *= inverse;
        sums[s][column][2 * half + 1] *= inverse;
      }
    }
  }
  if (outFormat == FLOAT32) {
#pragma unroll
    for (int s = 0; s < SLABS; s++) {
#pragma unroll
      for (int half = 0; half < 2; half++) {
        const int row = warpRow + s * 16 + lane / 4 + half * 8;
        if (row >= tile.rows) continue;
        float* place = static_cast<float*>(out) +
                       static_cast<long>(tile.queryRow + row) * outStride + head * HEAD +
                       lane % 4 * 2;
#pragma unroll
        for (int column = 0; column < HEAD_COLUMNS; column++) {
          place[column * 8] = sums[s][column][2 * half];
          place[column * 8 + 1] = sums[s][column][2 * half + 1];
        }
      }
    }
    return;
  }
  // Each warp turns its rows to bfloat16 in its part of the query block, and writes whole rows.
  __syncwarp();
  u32* staged = reinterpret_cast<u32*>(sharedMemory);
#pragma unroll
  for (int s = 0; s < SLABS; s++) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int row = warpRow + s * 16 + lane / 4 + half * 8;
#pragma unroll
      for (int column = 0; column < HEAD_COLUMNS; column++) {
        staged[row * (STRIDE / 2) + column * 4 + lane % 4] =
            pack(sums[s][column][2 * half], sums[s][column][2 * half + 1]);
      }
    }
  }
  __syncwarp();
  for (int index = lane; index < 16 * SLABS * Shape::CHUNKS; index += 32) {
    const int row = warpRow + index / Shape::CHUNKS;
    const int chunk = index % Shape::CHUNKS;
    if (row < tile.rows) {
      *reinterpret_cast<uint4*>(static_cast<bf16*>(out) +
                                static_cast<long>(tile.queryRow + row) * outStride + head * HEAD +
                                chunk * 8) = sharedMemory[row * (STRIDE / 8) + chunk];
    }
  }
}

// Tiles of 64 keys and heads of 128 take 102 KiB of shared memory: where a block gets less (compute
// capability 8.6, 8.9, 12.0), compile with -DTILE_KEYS=32.
#ifndef TILE_KEYS
#define TILE_KEYS 64
#endif

extern "C" __global__ void __launch_bounds__(128, 2)
    attention64(const bf16* queries, int queryStride, void* out, int outStride, int outFormat,
                const QueryTile* tiles, const KeyPiece* pieces, int layer, int heads,
                int keyValueHeads, float scaleLog2e) {
  attend<64, TILE_KEYS, 2>(queries, queryStride, out, outStride, outFormat, tiles, pieces, layer,
                           heads, keyValueHeads, scaleLog2e);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention72(const bf16* queries, int queryStride, void* out, int outStride, int outFormat,
                const QueryTile* tiles, const KeyPiece* pieces, int layer, int heads,
                int keyValueHeads, float scaleLog2e) {
  attend<72, TILE_KEYS, 2>(queries, queryStride, out, outStride, outFormat, tiles, pieces, layer,
                           heads, keyValueHeads, scaleLog2e);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention128(const bf16* queries, int queryStride, void* out, int outStride, int outFormat,
                 const QueryTile* tiles, const KeyPiece* pieces, int layer, int heads,
                 int keyValueHeads, float scaleLog2e) {
  attend<128, TILE_KEYS, 2>(queries, queryStride, out, outStride, outFormat, tiles, pieces, layer,
                            heads, keyValueHeads, scaleLog2e);
}
