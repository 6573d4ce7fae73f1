// Two buffers that the threads of a block have together, one after the other on the same bytes: a barrier before each phase.
typedef unsigned int u32;

struct Arguments {
  const double *values; // [round][thread]
  double *sums;         // [thread]
  u32 rounds, padding;
};

extern __shared__ __align__(16) char scratch[];

extern "C" __global__ void tile(const __grid_constant__ Arguments a) {
  u32 thread = threadIdx.x, block = blockDim.x, base = (u32)__cvta_generic_to_shared(scratch), tile, turned, own;
  asm("mov.u32 %0, bk_tile_offset;" : "=r"(tile));
  asm("mov.u32 %0, bk_turned_offset;" : "=r"(turned));
  asm("mov.u32 %0, bk_own_lane;" : "=r"(own));
  tile += base, turned += base, own = base + thread * own;
  asm volatile("st.shared.f64 [%0+bk_own_at_0], %1;" ::"r"(own), "d"(0.0) : "memory");
#pragma unroll 1
  for (u32 round = 0; round < a.rounds; round++) {
    double x, y, sum;
    __syncthreads(); // load
    asm volatile("st.shared.f64 [%0], %1;" ::"r"(tile + thread * 8), "d"(a.values[round * block + thread]) : "memory");
    __syncthreads(); // turn
    asm volatile("ld.shared.f64 %0, [%1];" : "=d"(x) : "r"(tile + (thread + 1) % block * 8) : "memory");
    __syncthreads(); // store
    asm volatile("st.shared.f64 [%0], %1;" ::"r"(turned + thread * 8), "d"(2 * x) : "memory");
    __syncthreads(); // add
    asm volatile("ld.shared.f64 %0, [%1];" : "=d"(y) : "r"(turned + (thread + 2) % block * 8) : "memory");
    asm volatile("ld.shared.f64 %0, [%1+bk_own_at_0];" : "=d"(sum) : "r"(own) : "memory");
    asm volatile("st.shared.f64 [%0+bk_own_at_0], %1;" ::"r"(own), "d"(sum + y) : "memory");
  }
  double sum;
  asm volatile("ld.shared.f64 %0, [%1+bk_own_at_0];" : "=d"(sum) : "r"(own) : "memory");
  a.sums[thread] = sum;
}
