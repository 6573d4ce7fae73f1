// What the unrolled and the looped kernel of integrators have in common.
typedef unsigned int u32;
typedef unsigned long long u64;

enum Status : u32 { SUCCESS = 0, STEP_TOO_SMALL = 1, ITERATION_LIMIT = 2, NON_FINITE = 3, NOT_SOLVED = 4 };

extern __shared__ __align__(16) char scratch[];

static __device__ __forceinline__ u32 lane_address() {
  u32 stride;
  asm("mov.u32 %0, bk_lane_stride;" : "=r"(stride));
  return (u32)__cvta_generic_to_shared(scratch) + threadIdx.x * stride;
}

// Whether the next time to save at lies in the step that reached `time`.
#define IS_DUE(a, save, time) \
  ((save) < (a).saves && ((a).start < (a).end ? (a).save_times[save] <= (time) : (time) <= (a).save_times[save]))
