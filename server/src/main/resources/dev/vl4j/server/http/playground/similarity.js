/** How alike vectors are, and where they lie on a map. */

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    sum += a[i] * b[i];
  }
  return sum;
}

/**
 * The cosine of each vector with each other one.
 *
 * @param {number[][]} vectors [inputs][dimensions]
 * @returns {number[][]} [inputs][inputs]; 0 where a vector has no length
 */
export function cosines(vectors) {
  const lengths = vectors.map(vector => Math.sqrt(dot(vector, vector)));
  return vectors.map((a, i) =>
    vectors.map((b, j) => {
      const product = lengths[i] * lengths[j];
      return product === 0 ? 0 : Math.min(1, Math.max(-1, dot(a, b) / product));
    }),
  );
}

/**
 * Places vectors on a plane by principal component analysis. The side of an axis is chosen so that
 * the point that lies farthest out on it, the first one of those, is on its positive side.
 *
 * @param {number[][]} vectors [inputs][dimensions]
 * @returns {{points: number[][], share: number}} points is [inputs][2]; share is the part of the
 *     variance that the plane has, 0 if there is no variance
 */
export function principalPlane(vectors) {
  const mean = vectors[0].map((_, i) => vectors.reduce((sum, vector) => sum + vector[i], 0) / vectors.length);
  const centered = vectors.map(vector => vector.map((value, i) => value - mean[i]));
  // There are fewer inputs than dimensions: products of inputs have the same eigenvalues.
  const {values, vectors: axes} = eigen(centered.map(a => centered.map(b => dot(a, b))));
  const order = values.map((_, i) => i).sort((a, b) => values[b] - values[a]);
  // Less is not in numbers of 32 bits, and no direction.
  const least = 1e-14 * vectors.reduce((sum, vector) => sum + dot(vector, vector), 0);
  const total = values.reduce((sum, value) => sum + (value > least ? value : 0), 0);
  const columns = [0, 1].map(rank => {
    const axis = order[rank];
    return axis !== undefined && values[axis] > least
      ? upright(axes.map(row => row[axis] * Math.sqrt(values[axis])))
      : vectors.map(() => 0);
  });
  const shown = columns.reduce((sum, column) => sum + dot(column, column), 0);
  return {points: vectors.map((_, i) => [columns[0][i], columns[1][i]]), share: total > 0 ? shown / total : 0};
}

/** Turned so that the first of the values that are the largest is positive. */
function upright(column) {
  const largest = Math.max(...column.map(Math.abs));
  const farthest = column.find(value => Math.abs(value) >= largest * (1 - 1e-9));
  return farthest < 0 ? column.map(value => -value) : column;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations.
 *
 * @param {number[][]} matrix [n][n], which is changed
 * @returns {{values: number[], vectors: number[][]}} column i of the vectors belongs to value i
 */
function eigen(matrix) {
  const n = matrix.length;
  const vectors = matrix.map((_, i) => matrix.map((_, j) => (i === j ? 1 : 0)));
  const size = Math.sqrt(matrix.reduce((sum, row) => sum + dot(row, row), 0));
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(matrix[p][q]) > 1e-14 * size) {
          rotate(matrix, vectors, p, q);
          rotated = true;
        }
      }
    }
    if (!rotated) {
      break;
    }
  }
  return {values: matrix.map((row, i) => row[i]), vectors};
}

/** Makes the element of a row and a column zero. */
function rotate(matrix, vectors, p, q) {
  const slope = (matrix[q][q] - matrix[p][p]) / (2 * matrix[p][q]);
  const tangent = (slope < 0 ? -1 : 1) / (Math.abs(slope) + Math.hypot(1, slope));
  const cosine = 1 / Math.hypot(1, tangent);
  const sine = tangent * cosine;
  const mix = (row, i, j) => {
    [row[i], row[j]] = [cosine * row[i] - sine * row[j], sine * row[i] + cosine * row[j]];
  };
  matrix.forEach(row => mix(row, p, q));
  matrix[p].forEach((_, k) => {
    [matrix[p][k], matrix[q][k]] = [
      cosine * matrix[p][k] - sine * matrix[q][k],
      sine * matrix[p][k] + cosine * matrix[q][k],
    ];
  });
  vectors.forEach(row => mix(row, p, q));
}
