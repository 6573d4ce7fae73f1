// A marker in a loop: the compiler gives outputs the registers of inputs, and duplicates the marker when it unrolls.
// "@step" takes a pair of values to the next pair.
struct Arguments {
  double *pairs; // [2][thread]
  double factor;
  unsigned threads, steps;
};

extern "C" __global__ void alias(const __grid_constant__ Arguments a) {
  unsigned thread = blockIdx.x * blockDim.x + threadIdx.x;
  if (thread >= a.threads) return;
  double x = a.pairs[thread], y = a.pairs[thread + a.threads];
  for (unsigned i = 0; i < a.steps; i++) {
    double p, q;
    asm volatile("@step p:%0, q:%1, x:%2, y:%3, factor:%4;" : "=d"(p), "=d"(q) : "d"(x), "d"(y), "d"(a.factor));
    x = p;
    y = q;
  }
  a.pairs[thread] = x;
  a.pairs[thread + a.threads] = y;
}
