// Each block's 64 values in reverse: static shared memory, read by other threads than those that wrote it.
struct Arguments {
  const double *from;
  double *to;
};

extern "C" __global__ void reverse(const __grid_constant__ Arguments a) {
  __shared__ double tile[64];
  unsigned thread = threadIdx.x, at = blockIdx.x * 64 + thread;
  tile[thread] = a.from[at];
  __syncthreads();
  a.to[at] = tile[63 - thread];
}
