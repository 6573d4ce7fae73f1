// Double-precision functions that NVRTC spells out without approximate instructions; large arguments want 128-bit products.
struct Args {
  const double *x;
  double *sine, *exponential;
  unsigned long long *high; // in: two words; out: product, quotient
};
extern "C" __global__ void waves(const __grid_constant__ Args a) {
  int t = threadIdx.x;
  a.sine[t] = sin(a.x[t]);
  a.exponential[t] = exp(a.x[t]);
  unsigned long long u = a.high[2 * t], v = a.high[2 * t + 1];
  a.high[2 * t] = __umul64hi(u, v);
  a.high[2 * t + 1] = u / (v | 1) + (u >> 7) % ((unsigned)v | 1);
}
