// Attention over a forest of segments: what all its kernels share.
//
// A row sees a logical sequence of keys: the rows of its segment's ancestors, root first, then its
// own segment. The sequence is cut into tiles from its logical start, whatever the segments'
// borders are, and each row meets the tiles in that order. A tile that a row does not see leaves
// its sums exactly as they are. So a row's result depends neither on other segments nor on how the
// tree cuts the sequence into segments.

// Consecutive query rows of one segment, as many as a block takes.
struct QueryTile {
  int queryRow;    // first row in queries and out
  int rows;        // how many
  int position;    // logical position of the first
  int keys;        // keys that the last row sees
  int causal;      // whether row i sees only keys up to position + i
  int firstPiece;  // the logical sequence's pieces
  int pieces;
  int unused;

  // How many keys a row of the tile sees.
  __device__ __forceinline__ int seenBy(int row) const {
    return causal ? min(position + row + 1, keys) : keys;
  }
};

// From logical position `start` on, key p stands in the row at base + layer * layerStride + p *
// rowBytes.
struct KeyPiece {
  const char* base;
  long layerStride;
  int start;
  int unused;
};

// The rows of a tile's keys by their logical positions; what does not exist must not be read. Most
// tiles are complete and lie in one piece, and a few in two: those need no search.
struct RowsOfOnePiece {
  static constexpr bool COMPLETE = true;
  const char* base;
  int rowBytes;

  __device__ __forceinline__ bool exists(int) const { return true; }

  __device__ __forceinline__ const char* operator()(int position) const {
    return base + static_cast<long>(position) * rowBytes;
  }
};

struct RowsOfTwoPieces {
  static constexpr bool COMPLETE = false;
  int keys;
  int border;  // where the second piece begins
  const char* base;
  const char* baseBehind;
  int rowBytes;

  __device__ __forceinline__ bool exists(int position) const { return position < keys; }

  __device__ __forceinline__ const char* operator()(int position) const {
    return (position < border ? base : baseBehind) + static_cast<long>(position) * rowBytes;
  }
};

struct RowsOfManyPieces {
  static constexpr bool COMPLETE = false;
  int keys;
  const KeyPiece* pieces;
  int count;
  int layer;
  int offset;
  int rowBytes;

  __device__ __forceinline__ bool exists(int position) const { return position < keys; }

  __device__ __forceinline__ const char* operator()(int position) const {
    int piece = 0;
    while (piece + 1 < count && pieces[piece + 1].start <= position) piece++;
    return pieces[piece].base + static_cast<long>(layer) * pieces[piece].layerStride + offset +
           static_cast<long>(position) * rowBytes;
  }
};

// A logical sequence of keys, from the piece on that holds the current tile's first key.
struct KeySequence {
  const KeyPiece* pieces;
  int count;
  int keys;
  int layer;
  int offset;  // in a row, where the head's keys or values are
  int rowBytes;

  __device__ __forceinline__ void advanceTo(int position) {
    while (count > 1 && pieces[1].start <= position) {
      pieces++;
      count--;
    }
  }

  // Whether the keys before `end` exist and lie in the current piece.
  __device__ __forceinline__ bool inOnePiece(int end) const {
    return end <= keys && (count == 1 || pieces[1].start >= end);
  }

  // Whether those keys before `end` that exist lie in the current piece and the next.
  __device__ __forceinline__ bool inTwoPieces(int end) const {
    return count <= 2 || pieces[2].start >= min(end, keys);
  }

  __device__ __forceinline__ const char* base(int piece) const {
    return pieces[piece].base + static_cast<long>(layer) * pieces[piece].layerStride + offset;
  }

  __device__ __forceinline__ RowsOfOnePiece onePiece() const { return {base(0), rowBytes}; }

  __device__ __forceinline__ RowsOfTwoPieces twoPieces() const {
    if (count == 1) return {keys, keys, base(0), base(0), rowBytes};
    return {keys, pieces[1].start, base(0), base(1), rowBytes};
  }

  __device__ __forceinline__ RowsOfManyPieces manyPieces() const {
    return {keys, pieces, count, layer, offset, rowBytes};
  }
};
