// Operations on single elements, eight columns per thread.

// Row i of out is row i of x, or row rowNumbers[i] where there are row numbers, in another format.
// Columns from fromColumns on become zero.
extern "C" __global__ void convertRows(const void* x, int stride, int format, int fromColumns,
                                       const float* scales, const int* rowNumbers, void* out,
                                       int outStride, int outFormat, int rows, int columns) {
  const Group group = ownGroup(rows, columns);
  if (group.count <= 0) return;
  const long from = rowNumbers == nullptr ? group.row : rowNumbers[group.row];
  const Eight v = load(x, format, from * stride + group.column, fromColumns - group.column,
                       format == INT8 ? scales[from] : 1);
  store<8>(out, outFormat, group.row * outStride + group.column, v, group.count);
}

// Row i of out grows by the sum over t of weights[i * taps + t] times row rowNumbers[i * taps + t]
// of the table.
extern "C" __global__ void addInterpolated(const void* table, int stride, int format,
                                           const float* scales, const int* rowNumbers,
                                           const float* weights, int taps, float* out,
                                           int outStride, int rows, int columns) {
  const Group group = ownGroup(rows, columns);
  if (group.count <= 0) return;
  Eight sum = {};
  for (long tap = group.row * taps; tap < (group.row + 1) * taps; tap++) {
    const long from = rowNumbers[tap];
    const float weight = weights[tap];
    const Eight v = load(table, format, from * stride + group.column, group.count,
                         format == INT8 ? scales[from] : 1);
#pragma unroll
    for (int i = 0; i < 8; i++) sum.x[i] = fmaf(weight, v.x[i], sum.x[i]);
  }
  float* place = out + group.row * outStride + group.column;
  Eight y = loadFloats<8>(place, group.count);
#pragma unroll
  for (int i = 0; i < 8; i++) y.x[i] += sum.x[i];
  storeFloats<8>(place, y, group.count);
}

// out += x
extern "C" __global__ void addRows(const float* x, int stride, float* out, int outStride, int rows,
                                   int columns) {
  const Group group = ownGroup(rows, columns);
  if (group.count <= 0) return;
  float* place = out + group.row * outStride + group.column;
  const Eight v = loadFloats<8>(x + group.row * stride + group.column, group.count);
  Eight y = loadFloats<8>(place, group.count);
#pragma unroll
  for (int i = 0; i < 8; i++) y.x[i] += v.x[i];
  storeFloats<8>(place, y, group.count);
}

// What bytes stand for; each table of 256 serves tableColumns columns.
extern "C" __global__ void lookUp(const u8* samples, const float* tables, int tableColumns,
                                  float* out, int outStride, int rows, int columns) {
  const Group group = ownGroup(rows, columns);
  if (group.count <= 0) return;
  const u8* source = samples + group.row * columns + group.column;
  Eight v;
#pragma unroll
  for (int i = 0; i < 8; i++) {
    if (i < group.count) v.x[i] = tables[(group.column + i) / tableColumns * 256 + source[i]];
  }
  storeFloats<8>(out + group.row * outStride + group.column, v, group.count);
}

// out = silu(gate) * up
extern "C" __global__ void swiGlu(const void* up, const void* gate, int stride, int format,
                                  void* out, int outStride, int outFormat, int rows, int columns) {
  const Group group = ownGroup(rows, columns);
  if (group.count <= 0) return;
  const long from = group.row * stride + group.column;
  const Eight u = load(up, format, from, group.count);
  Eight g = load(gate, format, from, group.count);
#pragma unroll
  for (int i = 0; i < 8; i++) g.x[i] = silu(g.x[i]) * u.x[i];
  store<8>(out, outFormat, group.row * outStride + group.column, g, group.count);
}

// out = residual + activation(x * scales + bias); scales, bias and residual may be missing.
extern "C" __global__ void epilogue(const float* x, int stride, const float* rowScales,
                                    const float* columnScales, const float* bias, int activation,
                                    const float* residual, int residualStride, void* out,
                                    int outStride, int outFormat, int rows, int columns) {
  const Group group = ownGroup(rows, columns);
  if (group.count <= 0) return;
  Eight v = loadFloats<8>(x + group.row * stride + group.column, group.count);
  if (rowScales != nullptr) {
    const float rowScale = rowScales[group.row];
    const Eight s = loadFloats<8>(columnScales + group.column, group.count);
#pragma unroll
    for (int i = 0; i < 8; i++) v.x[i] *= rowScale * s.x[i];
  }
  if (bias != nullptr) {
    const Eight b = loadFloats<8>(bias + group.column, group.count);
#pragma unroll
    for (int i = 0; i < 8; i++) v.x[i] += b.x[i];
  }
#pragma unroll
  for (int i = 0; i < 8; i++) v.x[i] = activate(v.x[i], activation);
  if (residual != nullptr) {
    const Eight r =
        loadFloats<8>(residual + group.row * residualStride + group.column, group.count);
#pragma unroll
    for (int i = 0; i < 8; i++) v.x[i] += r.x[i];
  }
  store<8>(out, outFormat, group.row * outStride + group.column, v, group.count);
}

// The same bytes of each layer, 16 per thread; layers lie strides of bytes apart.
extern "C" __global__ void copyLayers(const char* from, long fromStride, char* to, long toStride,
                                      int layers, long bytes) {
  const long chunks = (bytes + 15) / 16;
  const long index = static_cast<long>(blockIdx.x) * blockDim.x + threadIdx.x;
  const long layer = index / chunks;
  if (layer >= layers) return;
  const long offset = index % chunks * 16;
  const char* source = from + layer * fromStride + offset;
  char* destination = to + layer * toStride + offset;
  if (offset + 16 <= bytes && isAligned<16>(source) && isAligned<16>(destination)) {
    *reinterpret_cast<uint4*>(destination) = *reinterpret_cast<const uint4*>(source);
  } else {
    for (int i = 0; i < 16 && offset + i < bytes; i += 4) {
      *reinterpret_cast<u32*>(destination + i) = *reinterpret_cast<const u32*>(source + i);
    }
  }
}
