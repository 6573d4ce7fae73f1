// Every state space behind one pointer, constants, variables of the module, and functions that are really called.
struct Args {
  const double *in; // [64]
  double *out;      // [64]
};
struct Sum {
  double x, y;
  int n;
};
__constant__ float weights[4] = {0.5f, -1.25f, 2.0f, 8.0f};
__constant__ short table[8] = {3, -1, 4, -1, 5, -9, 2, -6};
__device__ int launches = 7;
__device__ double last[64];

__device__ __noinline__ double twice(const double *p, int i) { return p[i] * 2.0; }
__device__ __noinline__ void put(double *p, double v) { *p = v; }
__device__ __noinline__ float weight(int i) {
  if (i < 0) return -1.0f;
  return *(const volatile float *)&weights[i]; // a generic address of constant memory
}
__device__ __noinline__ Sum add(double a, float b, int n, Sum other) {
  Sum s;
  s.x = a + other.x;
  s.y = b * other.y + weight(n % 5 - 1);
  s.n = n + other.n;
  return s;
}

extern "C" __global__ void spaces(const __grid_constant__ Args a) {
  const double powers[5] = {1.0, 10.0, 100.0, 1000.0, 10000.0};
  __shared__ double tile[64];
  double local[4];
  int t = threadIdx.x;
  for (int i = 0; i < 4; i++) local[i] = a.in[(t + i) % 64];
  tile[t] = a.in[t] * 3.0;
  __syncthreads();
  const double *p = t % 3 == 0 ? a.in : t % 3 == 1 ? tile + t - t % 4 : local;
  double s = twice(p, t % 4);
  __syncthreads();
  put(t % 2 ? &tile[t] : &a.out[t], s);
  put(&last[63 - t], s);
  Sum other = {1.0, 2.0, t};
  Sum sum = add(s, weights[t % 4], table[t % 8], other);
  double back = t % 2 ? tile[t] : a.out[t];
  a.out[t] = sum.x + sum.y + sum.n + back + powers[(int)s % 5 < 0 ? 0 : (int)s % 5];
  if (t == 0) a.out[t] += launches++;
  a.out[t] += last[63 - t];
}
