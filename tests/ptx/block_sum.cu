// The sum of each block's values, by halving: barriers and dynamic shared memory.
struct Arguments {
  const double *values; // [block][thread]
  double *sums;         // [block]
};

extern __shared__ double partial[];

extern "C" __global__ void block_sum(const __grid_constant__ Arguments a) {
  unsigned thread = threadIdx.x;
  partial[thread] = a.values[blockIdx.x * blockDim.x + thread];
  __syncthreads();
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    if (thread < half) partial[thread] += partial[thread + half];
    __syncthreads();
  }
  if (thread == 0) a.sums[blockIdx.x] = partial[0];
}
