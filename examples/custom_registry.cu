// A user's own kernel, without any ODE: damped Jacobi relaxation of a tridiagonal system, one system per thread.
// The sweep's arithmetic and the addresses of its three nested registries come from custom_registry.rs.
typedef unsigned int u32;
typedef unsigned long long u64;

// Mirrored by `Arguments` in custom_registry.rs.
struct Arguments {
  const double *right; // [row][run]
  double *solution;    // [row][run]
  double *residual;    // [run]: sum of squares after the last sweep
  u64 runs;
  u32 sweeps, padding;
};

extern __shared__ __align__(16) char scratch[];

// An "n" operand prints inside a symbol's name: the address of each element is one baked constant.
template <int I> static __device__ __forceinline__ double load_x(u32 lane) {
  double v;
  asm volatile("ld.shared.f64 %0, [%1+bk_x_at_%2];" : "=d"(v) : "r"(lane), "n"(I) : "memory");
  return v;
}
template <int I> static __device__ __forceinline__ void store_x(u32 lane, double v) {
  asm volatile("st.shared.f64 [%0+bk_x_at_%1], %2;" ::"r"(lane), "n"(I), "d"(v) : "memory");
}

extern "C" __global__ void relax(const __grid_constant__ Arguments a) {
  u64 run = blockIdx.x * (u64)blockDim.x + threadIdx.x;
  if (run >= a.runs) return;
  u32 stride;
  asm("mov.u32 %0, bk_lane_stride;" : "=r"(stride));
  u32 lane = (u32)__cvta_generic_to_shared(scratch) + threadIdx.x * stride;
  store_x<0>(lane, 0), store_x<1>(lane, 0), store_x<2>(lane, 0), store_x<3>(lane, 0);
  double b0 = a.right[run], b1 = a.right[run + a.runs], b2 = a.right[run + 2 * a.runs], b3 = a.right[run + 3 * a.runs];
  double norm = 0;
#pragma unroll 1
  for (u32 i = 0; i < a.sweeps; i++)
    asm volatile("@sweep out.0:%0, in.0:%1, in.1:%2, in.2:%3, in.3:%4, lane:%5;"
                 : "=d"(norm)
                 : "d"(b0), "d"(b1), "d"(b2), "d"(b3), "r"(lane)
                 : "memory");
  a.solution[run] = load_x<0>(lane);
  a.solution[run + a.runs] = load_x<1>(lane);
  a.solution[run + 2 * a.runs] = load_x<2>(lane);
  a.solution[run + 3 * a.runs] = load_x<3>(lane);
  a.residual[run] = norm;
}
