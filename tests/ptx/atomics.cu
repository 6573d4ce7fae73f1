// Atomic operations on global and on shared memory, by all threads of several blocks.
typedef unsigned long long u64;
struct Args {
  int *i;        // [8]
  unsigned *u;   // [8]
  u64 *l;        // [8]
  float *f;      // [2]
  double *d;     // [2]
  unsigned *old; // [threads]: what the counter was
  unsigned *order;
  double *blocks; // [blocks]
};
extern "C" __global__ void atomics(const __grid_constant__ Args a) {
  __shared__ int si[4];
  __shared__ float sf;
  __shared__ double sd;
  __shared__ u64 sl[2];
  __shared__ bool is_last;
  int t = threadIdx.x + blockIdx.x * blockDim.x;
  if (threadIdx.x == 0) {
    si[0] = 0, si[1] = 1000, si[2] = -1000, si[3] = 5;
    sf = 0, sd = 0, sl[0] = 0, sl[1] = ~0ull;
  }
  __syncthreads();
  a.old[t] = atomicAdd(a.u, 1u);
  atomicAdd(a.i, t - 50), atomicMin(a.i + 1, 40 - t), atomicMax(a.i + 2, t - 40), atomicSub(a.i + 3, t);
  atomicInc(a.u + 1, 10u), atomicDec(a.u + 2, 10u), atomicAnd(a.u + 3, ~(1u << (t % 31))), atomicOr(a.u + 4, 1u << (t % 31));
  atomicXor(a.u + 5, t), atomicMax(a.u + 6, (unsigned)-t), atomicMin(a.u + 7, 1000u - t);
  atomicAdd(a.l, ((u64)t << 32) + 1), atomicMax(a.l + 1, (u64)t), atomicMin(a.l + 2, (u64)-t), atomicCAS(a.l + 3, 77ull, 78ull);
  atomicExch(a.l + 4, 5ull), atomicXor(a.l + 5, (u64)t << 33), atomicAnd(a.l + 6, ~(1ull << (t % 40)));
  atomicAdd(a.f, 0.5f), atomicAdd(a.d, 0.25);
  atomicAdd(&si[0], t), atomicMin(&si[1], 40 - t), atomicMax(&si[2], t - 40), atomicCAS(&si[3], 5, 6);
  atomicAdd(&sf, 2.0f), atomicAdd(&sd, 1.5), atomicMax(&sl[0], (u64)t), atomicAnd(&sl[1], ~(1ull << (t % 64)));
  __syncthreads();
  if (threadIdx.x == 0) {
    a.blocks[blockIdx.x] = si[0] + 2.0 * si[1] + 3.0 * si[2] + si[3] + sf + sd + sl[0] + __popcll(sl[1]);
    __threadfence();
    is_last = atomicInc(a.order, gridDim.x - 1) == gridDim.x - 1;
  }
  __syncthreads();
  // the last block adds up what all blocks left
  if (is_last && threadIdx.x == 0) {
    __threadfence();
    double sum = 0;
    for (int b = 0; b < gridDim.x; b++) sum += ((volatile double *)a.blocks)[b];
    a.d[1] = sum;
  }
}
