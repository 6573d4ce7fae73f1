// Directed roundings, conversions, bits.
struct Args {
  const float *a;  // [n + 1]
  const double *b; // [n + 1]
  const int *c;    // [n + 1]
  float *f;        // [8][n]
  double *d;       // [8][n]
  long long *l;    // [8][n]
  int n, padding;
};
extern "C" __global__ void numbers(const __grid_constant__ Args p) {
  int t = threadIdx.x + blockIdx.x * blockDim.x, n = p.n;
  if (t >= n) return;
  float a = p.a[t], a2 = p.a[t + 1];
  double b = p.b[t], b2 = p.b[t + 1];
  int c = p.c[t], c2 = p.c[t + 1];
  long long w = ((long long)c << 32) ^ c2;
  p.f[t] = __fadd_rz(a, a2), p.f[n + t] = __fmul_ru(a, a2), p.f[2 * n + t] = __fdiv_rd(a, a2), p.f[3 * n + t] = __fsqrt_rz(fabsf(a));
  p.f[4 * n + t] = __fmaf_rd(a, a2, 1.0f), p.f[5 * n + t] = __frcp_ru(a), p.f[6 * n + t] = __double2float_rd(b), p.f[7 * n + t] = __ll2float_ru(w);
  p.d[t] = __dadd_ru(b, b2), p.d[n + t] = __dmul_rd(b, b2), p.d[2 * n + t] = __ddiv_rz(b, b2), p.d[3 * n + t] = __dsqrt_ru(fabs(b));
  p.d[4 * n + t] = __dsub_rd(b, b2), p.d[5 * n + t] = __drcp_rz(b), p.d[6 * n + t] = __ll2double_rd(w), p.d[7 * n + t] = 1.0 / b + copysign(b, b2);
  p.l[t] = __popc(c) + __clz(c) + __ffs(c) + ((long long)__brev(c) << 8), p.l[n + t] = __popcll(w) + __clzll(w) + __ffsll(w);
  p.l[2 * n + t] = __brevll(w), p.l[3 * n + t] = __funnelshift_l(c, c2, c), p.l[4 * n + t] = __byte_perm(c, c2, c);
  p.l[5 * n + t] = (unsigned char)c + (signed char)c2 + (short)(c * c2), p.l[6 * n + t] = __double_as_longlong(__hiloint2double(c, c2)) + __double2hiint(b);
  p.l[7 * n + t] = (long long)c * c2 + w / 7 + w % 1000003 + (unsigned long long)w / 10;
}
