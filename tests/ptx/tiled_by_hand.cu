// Where docs/KERNELS.md starts: the kernel of examples/tiled.cu as one writes it without a plan.
typedef unsigned int u32;

struct Arguments {
  const float *a; // [row][inner]
  const float *b; // [inner][column]
  float *c;       // [column][row]
  u32 rows, columns, inner, padding;
};

// Launched with 256 threads and (2 * 32 * 32 + 4 * 256) * 4 bytes of dynamic shared memory.
extern __shared__ float scratch[];

extern "C" __global__ void product(const __grid_constant__ Arguments p) {
  float *a = scratch;        // 32 x 32
  float *b = a + 32 * 32;    // 32 x 32
  float *sums = b + 32 * 32; // 4 for each of 256 threads
  float *staged = scratch;   // 32 x 33, where a and b were: they are spent by then
  const u32 x = threadIdx.x % 32, y = threadIdx.x / 32;
  const u32 across = (p.columns + 31) / 32, count = across * ((p.rows + 31) / 32);
#pragma unroll 1
  for (u32 tile = blockIdx.x; tile < count; tile += gridDim.x) {
    const u32 top = tile / across * 32, left = tile % across * 32;
    for (u32 i = 0; i < 4; i++) sums[i * 256 + threadIdx.x] = 0;
#pragma unroll 1
    for (u32 from = 0; from < p.inner; from += 32) {
      __syncthreads();
      for (u32 row = y; row < 32; row += 8) {
        u32 r = top + row, k = from + row;
        a[row * 32 + x] = r < p.rows && from + x < p.inner ? p.a[r * p.inner + from + x] : 0;
        b[row * 32 + x] = k < p.inner && left + x < p.columns ? p.b[k * p.columns + left + x] : 0;
      }
      __syncthreads();
      for (u32 i = 0; i < 4; i++) {
        float sum = sums[i * 256 + threadIdx.x];
#pragma unroll 4
        for (u32 k = 0; k < 32; k++) sum = __fmaf_rn(a[(y + i * 8) * 32 + k], b[k * 32 + x], sum);
        sums[i * 256 + threadIdx.x] = sum;
      }
    }
    __syncthreads();
    for (u32 i = 0; i < 4; i++) staged[(y + i * 8) * 33 + x] = sums[i * 256 + threadIdx.x];
    __syncthreads();
    for (u32 i = 0; i < 4; i++) {
      u32 column = left + y + i * 8, row = top + x;
      if (column < p.columns && row < p.rows) p.c[column * p.rows + row] = staged[x * 33 + y + i * 8];
    }
  }
}
