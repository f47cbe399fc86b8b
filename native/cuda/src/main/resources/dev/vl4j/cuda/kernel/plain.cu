// Attention in float32 arithmetic, for heads of any size and both formats: for what the other
// kernels lack. Eight warps; each has up to four query rows. Keys and values pass through shared
// memory in parts of 64 columns.

struct PlainShape {
  static constexpr int THREADS = 256;
  static constexpr int WARPS = 8;
  static constexpr int SLOTS = 4;  // query rows of a warp: warp, warp + 8, ...
  static constexpr int KEYS = 32;  // of a tile, one per lane
  static constexpr int COLUMNS = 64;
  static constexpr int STRIDE = COLUMNS + 4;  // so that lanes' reads of 16 bytes meet all banks
};

__device__ __forceinline__ float element(const void* x, int format, long index) {
  if (format == BFLOAT16) return low(static_cast<const bf16*>(x)[index]);
  return static_cast<const float*>(x)[index];
}

// Some columns of a tile's keys or values, zeros where there are none.
__device__ __forceinline__ void loadPart(const RowsOfManyPieces& rows, int first, int format,
                                         int columns, float* part) {
  __syncthreads();  // nobody reads the part before any more
  for (int i = threadIdx.x; i < PlainShape::KEYS * PlainShape::COLUMNS; i += PlainShape::THREADS) {
    const int key = i / PlainShape::COLUMNS;
    const int column = i % PlainShape::COLUMNS;
    const bool present = column < columns && rows.exists(first + key);
    part[key * PlainShape::STRIDE + column] =
        present ? element(rows(first + key), format, column) : 0;
  }
  __syncthreads();
}

extern "C" __global__ void __launch_bounds__(256, 2)
    attentionPlain(const void* queries, int queryStride, void* out, int outStride, int outFormat,
                   const QueryTile* tiles, const KeyPiece* pieces, int layer, int heads,
                   int keyValueHeads, float scale, int headSize, int tileRows, int format) {
  using Shape = PlainShape;
  constexpr int SLOTS = Shape::SLOTS;
  const int padded = (headSize + 3) / 4 * 4;
  float* queryBlock = reinterpret_cast<float*>(dynamicSharedMemory());
  float* sums = queryBlock + tileRows * padded;
  float* part = sums + tileRows * padded;
  float* weights = part + Shape::KEYS * Shape::STRIDE;

  const QueryTile tile = tiles[blockIdx.x / heads];
  const int head = blockIdx.x % heads;
  const int keyHead = head / (heads / keyValueHeads);
  const int bytes = format == BFLOAT16 ? 2 : 4;
  const int lane = threadIdx.x % 32;
  int row[SLOTS];
  int seen[SLOTS];  // no key for a row that is not there
#pragma unroll
  for (int slot = 0; slot < SLOTS; slot++) {
    row[slot] = threadIdx.x / 32 + slot * Shape::WARPS;
    seen[slot] = row[slot] < tile.rows ? tile.seenBy(row[slot]) : 0;
    // Reads of rows that are not there stay within the block.
    row[slot] = min(row[slot], tileRows - 1);
  }

  for (int i = threadIdx.x; i < tileRows * padded; i += Shape::THREADS) {
    const long own = i / padded;
    const int column = i % padded;
    const long place = (tile.queryRow + own) * queryStride + head * headSize + column;
    const bool present = own < tile.rows && column < headSize;
    queryBlock[i] = present ? element(queries, format, place) : 0;
    sums[i] = 0;
  }

  KeySequence sequence = {pieces + tile.firstPiece,
                          tile.pieces,
                          tile.keys,
                          layer,
                          keyHead * headSize * bytes,
                          2 * keyValueHeads * headSize * bytes};
  float maximum[SLOTS];
  float total[SLOTS];
  float shrink[SLOTS];
#pragma unroll
  for (int slot = 0; slot < SLOTS; slot++) {
    maximum[slot] = MINUS_INFINITY;
    total[slot] = 0;
  }

  for (int first = 0; first < tile.keys; first += Shape::KEYS) {
    sequence.advanceTo(first);
    RowsOfManyPieces rows = sequence.manyPieces();
    float scores[SLOTS] = {};
    for (int from = 0; from < headSize; from += Shape::COLUMNS) {
      loadPart(rows, first, format, headSize - from, part);
      rows.offset += Shape::COLUMNS * bytes;
      const int depth = min(Shape::COLUMNS, padded - from);
      for (int d = 0; d < depth; d += 4) {
        const float4 k = *reinterpret_cast<const float4*>(part + lane * Shape::STRIDE + d);
#pragma unroll
        for (int slot = 0; slot < SLOTS; slot++) {
          const float4 q =
              *reinterpret_cast<const float4*>(queryBlock + row[slot] * padded + from + d);
          scores[slot] = fmaf(q.x, k.x, scores[slot]);
          scores[slot] = fmaf(q.y, k.y, scores[slot]);
          scores[slot] = fmaf(q.z, k.z, scores[slot]);
          scores[slot] = fmaf(q.w, k.w, scores[slot]);
        }
      }
    }

    // Softmax so far. Every row sees key 0, so its maximum is finite from the first tile on.
#pragma unroll
    for (int slot = 0; slot < SLOTS; slot++) {
      if (first >= seen[slot]) continue;
      const float score = first + lane < seen[slot] ? scores[slot] * scale : MINUS_INFINITY;
      float largest = fmaxf(maximum[slot], score);
#pragma unroll
      for (int distance = 16; distance > 0; distance /= 2) {
        largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, distance));
      }
      const float weight = exponential(score - largest);
      float sum = weight;
#pragma unroll
      for (int distance = 16; distance > 0; distance /= 2) {
        sum += __shfl_xor_sync(~0u, sum, distance);
      }
      shrink[slot] = exponential(maximum[slot] - largest);
      maximum[slot] = largest;
      total[slot] = fmaf(total[slot], shrink[slot], sum);
      weights[row[slot] * Shape::KEYS + lane] = weight;
    }

    rows.offset = sequence.offset + keyValueHeads * headSize * bytes;
    for (int from = 0; from < headSize; from += Shape::COLUMNS) {
      loadPart(rows, first, format, headSize - from, part);
      rows.offset += Shape::COLUMNS * bytes;
      const int columns = min(Shape::COLUMNS, headSize - from);
      for (int column = lane; column < columns; column += 32) {
        float mixed[SLOTS];
#pragma unroll
        for (int slot = 0; slot < SLOTS; slot++) {
          mixed[slot] = first < seen[slot]
                            ? sums[row[slot] * padded + from + column] * shrink[slot]
                            : 0;
        }
        for (int key = 0; key < Shape::KEYS; key += 4) {
          const float* value = part + key * Shape::STRIDE + column;
#pragma unroll
          for (int slot = 0; slot < SLOTS; slot++) {
            if (first >= seen[slot]) continue;
            const float4 w =
                *reinterpret_cast<const float4*>(weights + row[slot] * Shape::KEYS + key);
            mixed[slot] = fmaf(w.x, value[0], mixed[slot]);
            mixed[slot] = fmaf(w.y, value[Shape::STRIDE], mixed[slot]);
            mixed[slot] = fmaf(w.z, value[2 * Shape::STRIDE], mixed[slot]);
            mixed[slot] = fmaf(w.w, value[3 * Shape::STRIDE], mixed[slot]);
          }
        }
#pragma unroll
        for (int slot = 0; slot < SLOTS; slot++) {
          if (first < seen[slot]) sums[row[slot] * padded + from + column] = mixed[slot];
        }
      }
    }
  }

#pragma unroll
  for (int slot = 0; slot < SLOTS; slot++) {
    if (seen[slot] == 0) continue;
    const long start = static_cast<long>(tile.queryRow + row[slot]) * outStride + head * headSize;
    for (int column = lane; column < headSize; column += 32) {
      const float y = sums[row[slot] * padded + column] / total[slot];
      if (outFormat == BFLOAT16) {
        static_cast<bf16*>(out)[start + column] = static_cast<bf16>(pack(y, 0));
      } else {
        static_cast<float*>(out)[start + column] = y;
      }
    }
  }
}
