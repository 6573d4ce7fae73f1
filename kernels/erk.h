// What the unrolled and the looped kernel of explicit methods have in common.
typedef unsigned int u32;
typedef unsigned long long u64;

enum Status : u32 { SUCCESS = 0, STEP_TOO_SMALL = 1, ITERATION_LIMIT = 2, NON_FINITE = 3 };

extern __shared__ __align__(16) char scratch[];

static __device__ __forceinline__ u32 lane_address() {
  u32 stride;
  asm("mov.u32 %0, bk_lane_stride;" : "=r"(stride));
  return (u32)__cvta_generic_to_shared(scratch) + threadIdx.x * stride;
}
