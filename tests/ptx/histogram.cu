// A histogram per thread in an array that is indexed by data, so in local memory.
struct Arguments {
  const unsigned *values; // [value][thread]
  unsigned *counts;       // [bin][thread]
  unsigned threads, values_per_thread, cleared; // bins that are set to 0: 16, unless a test wants to see others read
};

extern "C" __global__ void histogram(const __grid_constant__ Arguments a) {
  unsigned thread = blockIdx.x * blockDim.x + threadIdx.x;
  if (thread >= a.threads) return;
  unsigned bins[16];
  for (unsigned bin = 0; bin < a.cleared; bin++) bins[bin] = 0;
  for (unsigned i = 0; i < a.values_per_thread; i++) bins[a.values[i * a.threads + thread]]++;
  for (unsigned bin = 0; bin < 16; bin++) a.counts[bin * a.threads + thread] = bins[bin];
}
