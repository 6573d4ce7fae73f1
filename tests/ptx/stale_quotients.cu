// Odd threads compute 32-bit quotients after all threads have computed in f64: rows that share a place have stale 64-bit values in the even lanes.
extern "C" __global__ void k(const double *w, int n, double *sum, int *out) {
  int t = threadIdx.x;
  double x = w[t];
  sum[t] = x * 2.0 + 1.0;
  if (t & 1) out[t] = n / (t + 1) + t / (n - 1);
}
