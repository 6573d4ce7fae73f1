// C = A x B in tiles of 32 x 32: A and B row by row, C column by column as BLAS has it.
// No byte of shared memory is counted here: tiled.h is the plan of tiled.rs in C++.
#include "tiled.h"
using namespace bakelite::tiled;
using tiles::accumulate::sums;
typedef unsigned int u32;

// Mirrored by `Arguments` in tiled.rs.
struct Arguments {
  const float *a; // [row][inner]
  const float *b; // [inner][column]
  float *c;       // [column][row]
  u32 rows, columns, inner, padding;
};

enum : u32 { TILE = 32, STEP = plan::block / TILE }; // a thread has every STEP-th row of one column of the tile
static_assert(tiles::a::length == TILE * TILE && tiles::b::length == TILE * TILE, "square tiles");
static_assert(staged::length == TILE * (TILE + 1), "rows of the staged tile are one word longer: columns meet in no bank");
static_assert(sums::length * STEP == TILE, "the block's threads have all elements of a tile");

extern __shared__ __align__(16) char scratch[];

// Element i of a buffer: the thread's own, or, where the block has the buffer once, everybody's.
template <class Buffer> static __device__ __forceinline__ typename Buffer::element &at(u32 thread, u32 i) {
  static_assert(Buffer::enabled && Buffer::in_shared, "in the block's shared memory");
  u32 byte = Buffer::base_bytes + i * Buffer::element_stride_bytes + thread * Buffer::lane_stride_bytes;
  return *reinterpret_cast<typename Buffer::element *>(scratch + byte);
}

extern "C" __global__ void __launch_bounds__(plan::block) product(const __grid_constant__ Arguments p) {
  const u32 thread = threadIdx.x, x = thread % TILE, y = thread / TILE;
  const u32 across = (p.columns + TILE - 1) / TILE, count = across * ((p.rows + TILE - 1) / TILE);
#pragma unroll 1
  for (u32 tile = blockIdx.x; tile < count; tile += gridDim.x) {
    const u32 top = tile / across * TILE, left = tile % across * TILE;
    for (u32 i = 0; i < sums::length; i++) at<sums>(thread, i) = 0;
#pragma unroll 1
    for (u32 from = 0; from < p.inner; from += TILE) {
      __syncthreads(); // begins `multiply` of Product and, in it, `load` of Tiles
      for (u32 i = 0; i < sums::length; i++) {
        u32 row = y + i * STEP, r = top + row, k = from + row;
        at<tiles::a>(thread, row * TILE + x) = r < p.rows && from + x < p.inner ? p.a[r * p.inner + from + x] : 0;
        at<tiles::b>(thread, row * TILE + x) = k < p.inner && left + x < p.columns ? p.b[k * p.columns + left + x] : 0;
      }
      __syncthreads(); // begins `multiply` of Tiles
      float sum[sums::length];
      for (u32 i = 0; i < sums::length; i++) sum[i] = at<sums>(thread, i);
#pragma unroll 4
      for (u32 k = 0; k < TILE; k++)
        for (u32 i = 0; i < sums::length; i++)
          sum[i] = __fmaf_rn(at<tiles::a>(thread, (y + i * STEP) * TILE + k), at<tiles::b>(thread, k * TILE + x), sum[i]);
      for (u32 i = 0; i < sums::length; i++) at<sums>(thread, i) = sum[i];
    }
    __syncthreads(); // begins `stage` of Product: the tiles of A and B are spent
    for (u32 i = 0; i < sums::length; i++) at<staged>(thread, (y + i * STEP) * (TILE + 1) + x) = at<sums>(thread, i);
    __syncthreads(); // begins `store` of Product
    for (u32 i = 0; i < sums::length; i++) {
      u32 column = left + y + i * STEP, row = top + x;
      if (column < p.columns && row < p.rows) p.c[column * p.rows + row] = at<staged>(thread, x * (TILE + 1) + y + i * STEP);
    }
  }
}
