// examples/tiled.cu with symbols instead of a header: where the buffers lie, and how large the tiles are, is baked into the prebuilt
// PTX, so that one text serves every plan of `Product`.
typedef unsigned int u32;

struct Arguments {
  const float *a; // [row][inner]
  const float *b; // [inner][column]
  float *c;       // [column][row]
  u32 rows, columns, inner, padding;
};

extern __shared__ __align__(16) char scratch[];

// A constant for ptxas; to this compiler a value that it cannot see.
#define BAKED(name) ([] { u32 value; asm("mov.u32 %0, bk_" #name ";" : "=r"(value)); return value; }())
// Element i of a buffer: the thread's own, or, where the block has the buffer once, everybody's.
#define AT(buffer, i) *reinterpret_cast<float *>(scratch + BAKED(buffer##_offset) + (i) * BAKED(buffer##_stride) + threadIdx.x * BAKED(buffer##_lane))
#define SUM(i) AT(tiles_accumulate_sums, i)

extern "C" __global__ void product(const __grid_constant__ Arguments p) {
  const u32 edge = BAKED(tile), sums = BAKED(tiles_accumulate_sums_length), step = edge / sums;
  __builtin_assume(sums > 0);
  const u32 x = threadIdx.x % edge, y = threadIdx.x / edge;
  const u32 across = (p.columns + edge - 1) / edge, count = across * ((p.rows + edge - 1) / edge);
#pragma unroll 1
  for (u32 tile = blockIdx.x; tile < count; tile += gridDim.x) {
    const u32 top = tile / across * edge, left = tile % across * edge;
#pragma unroll 1
    for (u32 i = 0; i < sums; i++) SUM(i) = 0;
#pragma unroll 1
    for (u32 from = 0; from < p.inner; from += edge) {
      __syncthreads(); // begins `multiply` of Product and, in it, `load` of Tiles
#pragma unroll 1
      for (u32 row = y; row < edge; row += step) {
        u32 r = top + row, k = from + row;
        AT(tiles_a, row * edge + x) = r < p.rows && from + x < p.inner ? p.a[r * p.inner + from + x] : 0;
        AT(tiles_b, row * edge + x) = k < p.inner && left + x < p.columns ? p.b[k * p.columns + left + x] : 0;
      }
      __syncthreads(); // begins `multiply` of Tiles
#pragma unroll 1
      for (u32 i = 0; i < sums; i++) {
        float sum = SUM(i);
#pragma unroll 1
        for (u32 k = 0; k < edge; k++) sum = __fmaf_rn(AT(tiles_a, (y + i * step) * edge + k), AT(tiles_b, k * edge + x), sum);
        SUM(i) = sum;
      }
    }
    __syncthreads(); // begins `stage` of Product: the tiles of A and B are spent
#pragma unroll 1
    for (u32 i = 0; i < sums; i++) AT(staged, (y + i * step) * (edge + 1) + x) = SUM(i);
    __syncthreads(); // begins `store` of Product
#pragma unroll 1
    for (u32 i = 0; i < sums; i++) {
      u32 column = left + y + i * step, row = top + x;
      if (column < p.columns && row < p.rows) p.c[column * p.rows + row] = AT(staged, x * (edge + 1) + y + i * step);
    }
  }
}
