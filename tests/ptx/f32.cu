// Single precision: fma, division, square root, maximum, absolute value, and a conversion there and back.
struct Arguments {
  const float *x;
  float *y;
  unsigned count;
};

extern "C" __global__ void f32(const __grid_constant__ Arguments a) {
  unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= a.count) return;
  float x = a.x[i];
  float r = fmaf(x, 1.7f, 0.3f) / sqrtf(x + 1.0f) - fabsf(x) * 0.125f;
  a.y[i] = fmaxf(r, -x) + (float)((double)x * 1.1);
}
