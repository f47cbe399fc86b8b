// What becomes of projected queries, keys and values before attention reads them.

// Cosines and sines of each row's angles. positions: [axes][rows]; table: [rows][2 * pairs], a
// row's cosines and then its sines.
extern "C" __global__ void rotaryTable(const float* frequencies, const int* axes, float scale,
                                       const int* positions, int rows, int pairs, float* table) {
  const Division place = divideThread(static_cast<u64>(rows) * pairs, pairs);
  if (place.quotient >= static_cast<u64>(rows)) return;
  const long row = static_cast<long>(place.quotient);
  const int pair = place.remainder;
  const long axis = axes[pair];
  const CosineAndSine turned = turn(positions[axis * rows + row] * frequencies[pair]);
  table[row * 2 * pairs + pair] = turned.cosine * scale;
  table[row * 2 * pairs + pairs + pair] = turned.sine * scale;
}

// Where a computed row of keys and values goes.
struct RowPlace {
  char* address;  // of its first key in layer 0
  long layerStride;
};

// A head's halves, of which this lane has four elements each from `pair` on.
struct Halves {
  Four first;
  Four second;

  __device__ __forceinline__ Halves(const float* head, int pair, int half)
      : first(loadFloats<4>(head + pair, half - pair)),
        second(loadFloats<4>(head + half + pair, half - pair)) {}
};

// Norms heads (where there is a weight), turns them, and stores them in the format that attention
// reads. A row of x has the heads of queries, of keys and of values; those of values are only
// stored. `lanes` lanes of a warp work on a head, a power of two.
extern "C" __global__ void placeHeads(const float* x, int stride, int rows, int queryHeads,
                                      int keyValueHeads, int headSize, const float* queryWeight,
                                      float queryEpsilon, const float* keyWeight, float keyEpsilon,
                                      const float* rotary, void* queries, int queryStride,
                                      int format, const RowPlace* places, int layer, int lanes) {
  const int heads = queryHeads + 2 * keyValueHeads;
  const int half = headSize / 2;
  const Division place = divideThread(static_cast<u64>(rows) * heads * lanes, heads * lanes);
  // A warp's lanes exchange values: those without a head of their own take part with the last row.
  const bool outside = place.quotient >= static_cast<u64>(rows);
  const long row = outside ? rows - 1 : static_cast<long>(place.quotient);
  const int head = place.remainder / lanes;
  const int ownPair = place.remainder % lanes * 4;
  const float* source = x + row * stride + head * headSize;
  const bool isQuery = head < queryHeads;
  const bool isValue = head >= queryHeads + keyValueHeads;
  const float* weight = isValue ? nullptr : isQuery ? queryWeight : keyWeight;

  Halves kept(source, ownPair, half);
  float squares = 0;
  for (int pair = ownPair; pair < half; pair += lanes * 4) {
    const Halves v = pair == ownPair ? kept : Halves(source, pair, half);
#pragma unroll
    for (int i = 0; i < 4; i++) {
      squares = fmaf(v.first.x[i], v.first.x[i], squares);
      squares = fmaf(v.second.x[i], v.second.x[i], squares);
    }
  }
  for (int distance = lanes / 2; distance > 0; distance /= 2) {
    squares += __shfl_xor_sync(~0u, squares, distance);
  }
  if (outside) return;
  const float scale =
      weight == nullptr ? 1 : inverseRoot(squares, headSize, isQuery ? queryEpsilon : keyEpsilon);

  void* out = queries;
  long start = row * queryStride + head * headSize;
  if (!isQuery) {
    out = places[row].address + layer * places[row].layerStride;
    start = (head - queryHeads) * headSize;
  }
  for (int pair = ownPair; pair < half; pair += lanes * 4) {
    Halves v = pair == ownPair ? kept : Halves(source, pair, half);
    const int count = half - pair;
    if (weight != nullptr) {
      const Halves w(weight, pair, half);
#pragma unroll
      for (int i = 0; i < 4; i++) {
        v.first.x[i] = v.first.x[i] * scale * w.first.x[i];
        v.second.x[i] = v.second.x[i] * scale * w.second.x[i];
      }
    }
    if (!isValue) {
      const Halves turned(rotary + row * headSize, pair, half);  // cosines and sines
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const float a = v.first.x[i];
        const float b = v.second.x[i];
        v.first.x[i] = fmaf(a, turned.first.x[i], -(b * turned.second.x[i]));
        v.second.x[i] = fmaf(b, turned.first.x[i], a * turned.second.x[i]);
      }
    }
    store<4>(out, format, start + pair, v.first, count);
    store<4>(out, format, start + half + pair, v.second, count);
  }
}
