// Lanes in different phases: each stores and later loads a narrow buffer, then a wide one, and neighbours are at different points of that.
// The lives are over before the next begins, so the two buffers of one lane may share bytes, but not those of two lanes.
typedef unsigned int u32;

struct Arguments {
  const double *values; // [run]
  double *sums;         // [run]
  u32 ticks, padding;
};

extern __shared__ __align__(16) char scratch[];

extern "C" __global__ void phases(const __grid_constant__ Arguments a) {
  u32 run = blockIdx.x * blockDim.x + threadIdx.x;
  u32 base = (u32)__cvta_generic_to_shared(scratch), narrow, wide;
  asm("mov.u32 %0, bk_narrow_lane;" : "=r"(narrow));
  asm("mov.u32 %0, bk_wide_lane;" : "=r"(wide));
  narrow = base + threadIdx.x * narrow;
  wide = base + threadIdx.x * wide;
  double value = a.values[run], sum = 0;
  u32 phase = threadIdx.x % 4;
  bool stored = false;
#pragma unroll 1
  for (u32 tick = 0; tick < a.ticks; tick++, phase = (phase + 1) % 4) {
    if (phase == 0) {
      asm volatile("st.shared.f32 [%0+bk_narrow_at_0], %1;" ::"r"(narrow), "f"((float)value + tick) : "memory");
      asm volatile("st.shared.f32 [%0+bk_narrow_at_1], %1;" ::"r"(narrow), "f"((float)value - tick) : "memory");
      stored = true;
    } else if (phase == 1 && stored) {
      float x, y;
      asm volatile("ld.shared.f32 %0, [%1+bk_narrow_at_0];" : "=f"(x) : "r"(narrow) : "memory");
      asm volatile("ld.shared.f32 %0, [%1+bk_narrow_at_1];" : "=f"(y) : "r"(narrow) : "memory");
      sum += x * y;
    } else if (phase == 2) {
      asm volatile("st.shared.f64 [%0+bk_wide_at_0], %1;" ::"r"(wide), "d"(value * tick) : "memory");
      stored = true;
    } else if (phase == 3 && stored) {
      double x;
      asm volatile("ld.shared.f64 %0, [%1+bk_wide_at_0];" : "=d"(x) : "r"(wide) : "memory");
      sum -= x;
    }
  }
  a.sums[run] = sum;
}
