// What differs between double and float, and the power function of src/ode/number/power.rs.
typedef unsigned int u32;
typedef unsigned long long u64;
#define EPSILON 2.220446049250313e-16 // of double

static __device__ __forceinline__ double fused(double a, double b, double c) { return __fma_rn(a, b, c); }
static __device__ __forceinline__ float fused(float a, float b, float c) { return __fmaf_rn(a, b, c); }
static __device__ __forceinline__ double root(double x) { return __dsqrt_rn(x); }
static __device__ __forceinline__ float root(float x) { return __fsqrt_rn(x); }
static __device__ __forceinline__ double size(double x) { return fabs(x); }
static __device__ __forceinline__ float size(float x) { return fabsf(x); }
static __device__ __forceinline__ double most(double a, double b) { return fmax(a, b); }
static __device__ __forceinline__ float most(float a, float b) { return fmaxf(a, b); }
static __device__ __forceinline__ double least(double a, double b) { return fmin(a, b); }
static __device__ __forceinline__ float least(float a, float b) { return fminf(a, b); }
// of finite numbers: one comparison
template <class T> static __device__ __forceinline__ T longer(T a, T b) { return a < b ? b : a; }
template <class T> static __device__ __forceinline__ bool is_finite(T x) { return size(x) < (T)INFINITE; }

// x = m 2^e with m in [1, 2); the fields as they are for 0 and infinity
static __device__ __forceinline__ void split(double x, double &m, double &e) {
  int high = __double2hiint(x);
  m = __hiloint2double((high & 0xfffff) | 0x3ff00000, __double2loint(x));
  e = (double)((high >> 20 & 0x7ff) - 1023);
}
static __device__ __forceinline__ void split(float x, float &m, float &e) {
  int bits = __float_as_int(x);
  m = __int_as_float((bits & 0x7fffff) | 0x3f800000);
  e = (float)((bits >> 23 & 0xff) - 127);
}
static __device__ __forceinline__ double two_to_the(double whole) { return __hiloint2double((__double2int_rn(whole) + 1023) << 20, 0); }
static __device__ __forceinline__ float two_to_the(float whole) { return __int_as_float((__float2int_rn(whole) + 127) << 23); }
// to the nearest whole number, ties to even
static __device__ __forceinline__ double nearest(double x) { return x + 6755399441055744.0 - 6755399441055744.0; }
static __device__ __forceinline__ float nearest(float x) { return x + 12582912.0f - 12582912.0f; }

static __device__ __forceinline__ real log2_of(real x) {
  real m, e;
  split(is_finite(x) ? x : (real)INFINITE, m, e);
  real s = m - 1, q = (real)0.04514855146408081;
  q = fused(q, s, (real)-0.1935744434595108);
  q = fused(q, s, (real)0.41560494899749756);
  q = fused(q, s, (real)-0.7090960741043091);
  q = fused(q, s, (real)1.4419169425964355);
  return fused(s, q, e);
}

static __device__ __forceinline__ real exp2_of(real v) {
  v = least(most(v, (real)-60), (real)60);
  real whole = nearest(v), f = v - whole, q = (real)0.009582851082086563;
  q = fused(q, f, (real)0.05590642988681793);
  q = fused(q, f, (real)0.24024099111557007);
  q = fused(q, f, (real)0.6931241750717163);
  return fused(q, f, (real)1) * two_to_the(whole);
}
