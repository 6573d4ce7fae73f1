// Shuffles, votes, reductions at barriers, in three dimensions. `in` and the results: one value per thread.
struct Args {
  const int *in;
  int *sum, *mixed;
  unsigned *votes, *counts, *where;
  double *swapped; // in and out
};
extern "C" __global__ void warps(const __grid_constant__ Args a) {
  __shared__ int words[256];
  int t = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  int b = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  int n = blockDim.x * blockDim.y * blockDim.z, at = b * n + t;
  int x = a.in[at], sum = x;
  for (int o = 16; o; o /= 2) sum += __shfl_xor_sync(~0u, sum, o);
  a.sum[at] = sum;
  a.mixed[at] = __shfl_up_sync(~0u, x, 3, 8) ^ __shfl_down_sync(~0u, x, 5) * 3 ^ __shfl_sync(~0u, x, x, 16) * 5;
  unsigned votes = __ballot_sync(~0u, x > 3);
  votes ^= __any_sync(~0u, x > 95) + 2 * __all_sync(~0u, x > 1) + 4 * __uni_sync(~0u, x > 50);
  // halves of a warp vote by themselves
  unsigned half = 0xffffu << (t & 16);
  if (t & 16) votes += __popc(__ballot_sync(half, x & 1));
  else votes += 100 * __popc(__ballot_sync(half, x & 1));
  a.votes[at] = votes + __activemask();
  a.counts[at] = __syncthreads_count(x > 40) + 1000 * __syncthreads_and(x > 40) + 2000 * __syncthreads_or(x > 98);
  a.swapped[at] = __shfl_xor_sync(~0u, a.swapped[at], 1);
  a.where[at] = threadIdx.x | threadIdx.y << 4 | threadIdx.z << 8 | blockIdx.x << 12 | blockIdx.y << 16 | blockIdx.z << 20 | gridDim.z << 24;
  // neighbours in a warp through shared memory
  words[t] = x;
  __syncwarp();
  int next = words[t ^ 1];
  __syncwarp();
  words[t ^ 1] = next + 1;
  __syncwarp();
  a.mixed[at] += words[t];
}
