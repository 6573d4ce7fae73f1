# Kernels as people write them, for benches/own_kernels, which gives this file `np`.
#
# Each is compiled as it stands. `check` gets the buffers behind the launch and what was printed, and gives what the last ones should hold, or
# whether all is right. References are numpy's, in double precision.
import math


class Kernel:
    def __init__(self, name, source, grid, block, arguments, check, exact=False, slack=1, sample=None):
        self.name, self.source, self.grid, self.block, self.arguments, self.check = name, source, grid, block, arguments, check
        self.exact, self.slack, self.sample = exact, slack, sample


KERNELS = []
rng = np.random.default_rng(1)
np.seterr(all="ignore")
F32, F64, I32, U32 = np.float32, np.float64, np.int32, np.uint32
G = 'extern "C" __global__ void '
zeros = lambda n, t=F32: np.zeros(n, t)
each = lambda f: (lambda v: np.array([f(float(x)) for x in v]))
x = rng.standard_normal(1000).astype(F32)
y = rng.standard_normal(1000).astype(F32)
iv = rng.integers(-1000, 1000, 256).astype(I32)
uv = rng.integers(0, 2**32, 256).astype(U32)
xs, xd = (rng.standard_normal(256) * 3).astype(F32), rng.standard_normal(256) * 3
hs = rng.standard_normal(256).astype(np.float16)


def add(name, source, grid, block, arguments, check, **more):
    name = "k_" + name  # beside the functions of that name
    KERNELS.append(Kernel(name, source.replace("KERNEL", G + name), str(grid), str(block), arguments, check, **more))


def wrap(v):
    return (np.asarray(v, np.int64) + 2**31) % 2**32 - 2**31


# Arithmetic functions of one number, float and double.
def function(name, call, reference, values=xs, t="float", slack=1, sample=None, prelude=""):
    kind = F32 if t == "float" else F64
    values = values.astype(kind)
    add(name, f"{prelude}KERNEL(const {t}* in, {t}* out) {{ {t} x = in[threadIdx.x]; out[threadIdx.x] = {call}; }}", 1, len(values), [values, zeros(len(values), kind)],
        lambda a, out, text: reference(values.astype(F64)), slack=slack, sample=sample)


absolute = lambda f: (lambda v: f(np.abs(v)))
unit = rng.uniform(-1, 1, 256)
ONE = {
    "sin": (np.sin, xs), "cos": (np.cos, xs), "tan": (np.tan, xs), "exp": (np.exp, xs), "log": (np.log, np.abs(xs)), "sqrt": (np.sqrt, np.abs(xs)),
    "rsqrt": (lambda v: 1 / np.sqrt(v), np.abs(xs)), "exp2": (np.exp2, xs), "exp10": (lambda v: 10.0**v, xs), "expm1": (np.expm1, xs), "log2": (np.log2, np.abs(xs)),
    "log10": (np.log10, np.abs(xs)), "log1p": (np.log1p, np.abs(xs)), "tanh": (np.tanh, xs), "sinh": (np.sinh, xs), "cosh": (np.cosh, xs), "asin": (np.arcsin, unit),
    "acos": (np.arccos, unit), "atan": (np.arctan, xs), "asinh": (np.arcsinh, xs), "acosh": (np.arccosh, np.abs(xs) + 1), "atanh": (np.arctanh, unit * 0.99),
    "erf": (each(math.erf), xs), "erfc": (each(math.erfc), unit), "lgamma": (each(math.lgamma), np.abs(xs) + 0.1), "tgamma": (each(math.gamma), np.abs(xs) + 0.1),
    "cbrt": (np.cbrt, xs), "rcbrt": (lambda v: 1 / np.cbrt(v), xs), "floor": (np.floor, xs), "rint": (np.rint, xs), "trunc": (np.trunc, xs), "ceil": (np.ceil, xs),
    "round": (lambda v: np.trunc(v + np.copysign(0.5, v)), xs), "sinpi": (lambda v: np.sin(np.pi * v), unit), "j0": (None, xs),
}
# what fast math may cost: functions of a sum of digits, cancellation near zeros
SLACK = {"tan": 30, "log": 10, "log2": 10, "log10": 10, "log1p": 3, "lgamma": 40, "tgamma": 10, "sin": 10, "cos": 10, "sinh": 4, "cosh": 4, "acosh": 10, "asinh": 10, "exp10": 8, "sinpi": 3, "tanh": 4, "erfc": 6, "exp": 4, "expm1": 4, "atanh": 4}
SAMPLES = {"expf": "defaults", "tanhf": "defaults", "logf": "fast_math", "sinf": "fast_math"}
for name, (reference, values) in ONE.items():
    reference = reference or (lambda v: None)
    function(name + "f", f"{name}f(x)", reference, values, slack=SLACK.get(name, 1), sample=SAMPLES.get(name + "f"))
    function(name, f"{name}(x)", reference, values.astype(F64) + 1e-9, "double", slack=100 if name == "lgamma" else 1, sample="defaults" if name in ("log", "tanh") else None)
TWO = {"powf": ("powf(fabsf(x), 1.7f)", lambda v: np.abs(v) ** F32(1.7).astype(F64), 10), "atan2f": ("atan2f(x, 0.7f)", lambda v: np.arctan2(v, F64(F32(0.7))), 1),
       "fmodf": ("fmodf(x, 0.7f)", lambda v: np.fmod(v, F64(F32(0.7))), 60), "hypotf": ("hypotf(x, 2.0f)", lambda v: np.hypot(v, 2), 1),
       "divf": ("1.7f / x", lambda v: F64(F32(1.7)) / v, 1), "ldexpf": ("ldexpf(x, 5)", lambda v: v * 32, 1), "copysignf": ("copysignf(2.5f, x)", lambda v: np.copysign(2.5, v), 1),
       "sincosf": ("([](float x) { float s, c; sincosf(x, &s, &c); return s * c; })(x)", lambda v: np.sin(v) * np.cos(v), 10), "fast_expf": ("__expf(x)", np.exp, 10),
       "fast_logf": ("__logf(fabsf(x))", absolute(np.log), 10), "fast_sinf": ("__sinf(x)", np.sin, 10), "fast_powf": ("__powf(fabsf(x), 0.3f)", lambda v: np.abs(v) ** F64(F32(0.3)), 10),
       "fast_divide": ("__fdividef(x, 3.0f)", lambda v: v / 3, 1), "saturatef": ("__saturatef(x)", lambda v: np.clip(v, 0, 1), 1), "fdimf": ("fdimf(x, 1.0f)", lambda v: np.maximum(v - 1, 0), 1),
       "rcp_rd": ("__frcp_rd(x) + __fadd_ru(x, 1.0f) + __fmul_rz(x, 3.0f)", lambda v: 1 / v + (v + 1) + 3 * v, 1), "normcdff": ("normcdff(x)", each(lambda v: 0.5 * math.erfc(-v / 2**0.5)), 10)}
for name, (call, reference, slack) in TWO.items():
    function(name, call, reference, slack=slack, sample="defaults" if name == "powf" else None)
for name, call, reference in [("pow", "pow(fabs(x), 1.7)", lambda v: np.abs(v) ** 1.7), ("fmod", "fmod(x, 0.7)", lambda v: np.fmod(v, 0.7)), ("div", "1.7 / x", lambda v: 1.7 / v),
                              ("atan2", "atan2(x, 0.7)", lambda v: np.arctan2(v, 0.7)), ("hypot", "hypot(x, 2.0)", lambda v: np.hypot(v, 2))]:
    function(name, call, reference, xd, "double", slack=30)

# The kernels of a first course.
add("saxpy", "KERNEL(int n, float a, const float* x, float* y) { int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < n) y[i] = a * x[i] + y[i]; }", 8, 128, ["i32:1000", "f32:2.5", x, y],
    lambda a, b, t: 2.5 * x.astype(F64) + y, slack=30, sample="defaults")
add("gridstride", "KERNEL(int n, const float* x, float* y) { for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) y[i] = x[i] * x[i] - 1.0f; }", 2, 64,
    ["i32:1000", x, zeros(1000)], lambda a, b, t: x.astype(F64) ** 2 - 1, slack=300)
add("reduce", """KERNEL(int n, const float* x, float* out) { float s = 0; for (int i = threadIdx.x; i < n; i += blockDim.x) s += x[i];
  for (int o = 16; o; o >>= 1) s += __shfl_down_sync(0xffffffffu, s, o); __shared__ float w[32]; int lane = threadIdx.x & 31, wid = threadIdx.x >> 5; if (lane == 0) w[wid] = s; __syncthreads();
  if (wid == 0) { s = lane < (blockDim.x >> 5) ? w[lane] : 0.f; for (int o = 16; o; o >>= 1) s += __shfl_down_sync(0xffffffffu, s, o); if (lane == 0) out[0] = s; } }""", 1, 256,
    ["i32:1000", x, zeros(1)], lambda a, b, t: [np.array([x.astype(F64).sum()])], slack=30)
grid2 = rng.standard_normal((70, 50)).astype(F32)
add("transpose", """KERNEL(int w, int h, const float* in, float* out) { __shared__ float t[32][33]; int x = blockIdx.x * 32 + threadIdx.x, y = blockIdx.y * 32 + threadIdx.y;
  for (int j = 0; j < 32; j += 8) if (x < w && y + j < h) t[threadIdx.y + j][threadIdx.x] = in[(y + j) * w + x]; __syncthreads(); x = blockIdx.y * 32 + threadIdx.x; y = blockIdx.x * 32 + threadIdx.y;
  for (int j = 0; j < 32; j += 8) if (x < h && y + j < w) out[(y + j) * h + x] = t[threadIdx.x][threadIdx.y + j]; }""", "2,3", "32,8", ["i32:50", "i32:70", grid2, zeros((50, 70))], lambda a, b, t: [grid2.T], exact=True)
bytes_ = rng.integers(0, 256, 4000).astype(np.uint8)
add("histogram", """KERNEL(int n, const unsigned char* in, unsigned* out) { __shared__ unsigned h[256]; for (int i = threadIdx.x; i < 256; i += blockDim.x) h[i] = 0; __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) atomicAdd(&h[in[i]], 1u); __syncthreads(); for (int i = threadIdx.x; i < 256; i += blockDim.x) atomicAdd(&out[i], h[i]); }""", 4, 128,
    ["i32:4000", bytes_, zeros(256, U32)], lambda a, b, t: [np.bincount(bytes_, minlength=256)], exact=True)
add("histogram_matched", """KERNEL(int n, const unsigned char* in, unsigned* out) { for (int i = threadIdx.x; i < n; i += blockDim.x) { unsigned k = in[i] & 15, same = __match_any_sync(__activemask(), k);
  if (__ffs(same) - 1 == (threadIdx.x & 31)) atomicAdd(&out[k], __popc(same)); } }""", 1, 128, ["i32:4000", bytes_, zeros(16, U32)], lambda a, b, t: [np.bincount(bytes_ & 15, minlength=16)], exact=True, sample="defaults")
add("votes", """KERNEL(const int* in, unsigned* b, int* o) { int i = threadIdx.x; int v = in[i]; b[i] = __ballot_sync(0xffffffffu, v > 0); o[i] = __any_sync(0xffffffffu, v > 990) + 2 * __all_sync(0xffffffffu, v > -990) + 4 * __popc(__activemask()); }""", 1, 256,
    [iv, zeros(256, U32), zeros(256, I32)], lambda a, b, o, t: [np.repeat([sum(1 << i for i in range(32) if s[i] > 0) for s in iv.reshape(8, 32)], 32), np.repeat([(s > 990).any() * 1 + 2 * (s > -990).all() + 128 for s in iv.reshape(8, 32)], 32)], exact=True)
add("scan", "KERNEL(const int* in, int* out) { __shared__ int s[2][256]; int i = threadIdx.x, p = 0; s[0][i] = in[i]; __syncthreads(); for (int o = 1; o < 256; o <<= 1) { s[1 - p][i] = s[p][i] + (i >= o ? s[p][i - o] : 0); p = 1 - p; __syncthreads(); } out[i] = s[p][i]; }", 1, 256,
    [iv, zeros(256, I32)], lambda a, b, t: [np.cumsum(iv)], exact=True)
add("warp_scan", "KERNEL(const int* in, int* out) { int v = in[threadIdx.x]; for (int o = 1; o < 32; o <<= 1) { int u = __shfl_up_sync(0xffffffffu, v, o); if ((threadIdx.x & 31) >= o) v += u; } out[threadIdx.x] = v; }", 1, 256,
    [iv, zeros(256, I32)], lambda a, b, t: [np.cumsum(iv.reshape(8, 32), 1).ravel()], exact=True)
g = rng.standard_normal((64, 64))


def stencil(v):
    o = v.copy()
    o[1:-1, 1:-1] = 0.25 * (v[:-2, 1:-1] + v[2:, 1:-1] + v[1:-1, :-2] + v[1:-1, 2:])
    return o


add("stencil", """KERNEL(int n, const double* __restrict__ a, double* b) { int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y; if (x >= n || y >= n) return;
  if (x == 0 || y == 0 || x == n - 1 || y == n - 1) { b[y * n + x] = __ldg(a + y * n + x); return; } b[y * n + x] = 0.25 * (a[(y - 1) * n + x] + a[(y + 1) * n + x] + a[y * n + x - 1] + a[y * n + x + 1]); }""", "4,4", "16,16",
    ["i32:64", g, np.zeros_like(g)], lambda a, b, t: [stencil(g)], slack=30)
def local_reference():
    out = []
    for i in range(256):
        s = 0
        for k in range(16):
            at = int(iv[(i + k) % 256]) & 15
            s = int(wrap(s * 3 + int(iv[(i + at) % 256]) * at))
        out.append(s)
    return out


add("dynamic_local", "KERNEL(int n, const int* in, int* out) { int i = threadIdx.x; int a[16]; for (int k = 0; k < 16; k++) a[k] = in[(i + k) % n] * k; int s = 0; for (int k = 0; k < 16; k++) s = s * 3 + a[(in[(i + k) % n] & 15)]; out[i] = s; }", 1, 256,
    ["i32:256", iv, zeros(256, I32)], lambda a, b, t: [local_reference()], exact=True)


def switched(v):
    m = int(math.fmod(v, 9))
    quotient = int(v / 3)
    return {0: v + 1, 1: v * 2, 2: v - 7, 3: v * v, 4: v ^ 5, 5: ~v, 6: quotient, 7: -v}.get(m, 42)


add("switches", "KERNEL(const int* in, int* out) { int v = in[threadIdx.x], r; switch (v % 9) { case 0: r = v + 1; break; case 1: r = v * 2; break; case 2: r = v - 7; break; case 3: r = v * v; break; case 4: r = v ^ 5; break; case 5: r = ~v; break; case 6: r = v / 3; break; case 7: r = -v; break; default: r = 42; } out[threadIdx.x] = r; }", 1, 256,
    [iv, zeros(256, I32)], lambda a, b, t: [[switched(int(v)) for v in iv]], exact=True)
add("switch_dense", "KERNEL(const int* in, float* out) { int v = in[threadIdx.x]; float r = v; switch (v & 15) { case 0: for (int i = 0; i < v; i++) r += i * 0.5f; break; case 1: r = sqrtf(fabsf(r)); break; case 2: r = r * r * r; break; case 3: out[0] = r; break; case 4: r /= 3; break; case 5: r = -r; break; case 6: r = floorf(r * 0.1f); break; case 7: r = fmaxf(r, 3); break; case 9: r += 1; break; case 12: r = 1 / r; break; } out[threadIdx.x + 1] = r; }", 1, 256,
    [iv, zeros(257)], lambda a, b, t: True)
add("printf_kernel", 'KERNEL(int* out) { if (threadIdx.x < 2) printf("hello %d %5.2f %s|%lld\\n", threadIdx.x, 1.5 * threadIdx.x, "there", 1ll << 40); out[threadIdx.x] = 1; }', 1, 32, [zeros(32, I32)],
    lambda o, t: (o == 1).all() and t.startswith("hello 0  0.00 there|1099511627776\nhello 1  1.50 there|1099511627776\n"), sample="defaults")
add("recursion", "__device__ __noinline__ int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } KERNEL(int* out) { out[threadIdx.x] = fib(threadIdx.x % 10); }", 1, 32, [zeros(32, I32)], lambda o, t: True)
add("noinline", "__device__ __noinline__ float h(float a, float b, int n) { for (int i = 0; i < n; i++) a = a * b + 1; return a; } KERNEL(float* out) { out[threadIdx.x] = h(threadIdx.x, 0.5f, 3) + h(1, 2, threadIdx.x & 3); }", 1, 32, [zeros(32)],
    lambda o, t: [[((i * 0.5 + 1) * 0.5 + 1) * 0.5 + 1 + [1, 3, 7, 15][i & 3] for i in range(32)]])
add("function_pointers", "typedef float (*F)(float); __device__ float f1(float x) { return x + 1; } __device__ float f2(float x) { return x * 2; } __device__ F tab[2] = {f1, f2}; KERNEL(float* out) { out[threadIdx.x] = tab[threadIdx.x & 1](threadIdx.x); }", 1, 32, [zeros(32)], lambda o, t: True)
add("virtual_call", "struct A { __device__ virtual float f(float x) = 0; }; struct B : A { __device__ float f(float x) { return x + 1; } }; struct C : A { __device__ float f(float x) { return x * 3; } }; KERNEL(const int* w, float* out) { B b; C c; A* a = w[threadIdx.x] & 1 ? (A*)&b : (A*)&c; out[threadIdx.x] = a->f(threadIdx.x); }", 1, 32, [iv, zeros(32)], lambda a, o, t: True)
add("constants", "__constant__ float c[4] = {1, 2, 3, 4}; __device__ int counter; KERNEL(float* out, int* cnt) { out[threadIdx.x] = c[threadIdx.x & 3]; atomicAdd(&counter, 1); __syncthreads(); cnt[threadIdx.x] = counter; }", 1, 64, [zeros(64), zeros(64, I32)],
    lambda o, n, t: [[1, 2, 3, 4] * 16, [64] * 64], exact=True)
add("clocks", "KERNEL(long long* out) { long long t = clock64(); __nanosleep(100); out[threadIdx.x] = clock64() - t + clock() * 0; }", 1, 32, [zeros(32, np.int64)], lambda o, t: (o > 0).all())
add("logic", "KERNEL(const int* a, int* o) { int i = threadIdx.x; o[i] = (a[i] & a[i + 1]) ^ (a[i + 2] | ~a[i]); }", 1, 200, [iv, zeros(200, I32)], lambda a, o, t: [(iv[:200] & iv[1:201]) ^ (iv[2:202] | ~iv[:200])], exact=True)
add("int4_reverse", "KERNEL(const int4* a, int4* o) { int4 v = a[threadIdx.x]; o[threadIdx.x] = make_int4(v.w, v.z, v.y, v.x); }", 1, 64, [iv, zeros(256, I32)], lambda a, o, t: [iv.reshape(-1, 4)[:, ::-1].ravel()], exact=True)
longs = rng.integers(-(2**62), 2**62, 64)
add("long_long", "KERNEL(const long long* a, long long* o) { long long v = a[threadIdx.x]; o[threadIdx.x] = __popcll(v) + 100 * __clzll(v) + 10000 * __ffsll(v) + (v / 7) % 1000003; }", 1, 64, [longs, zeros(64, np.int64)],
    lambda a, o, t: [[bin(int(v) & (2**64 - 1)).count("1") + 100 * (64 - (int(v) & (2**64 - 1)).bit_length()) + 10000 * ((int(v) & -int(v)).bit_length()) + int(math.fmod(abs(int(v)) // 7 % 1000003, 1000003)) * (1 if v >= 0 else -1) for v in longs]], exact=True)
ASM = 'asm("{0} %0, %1, %2, %3;" : "=r"(r) : "r"(v), "r"(w), "r"(u));'
lane = lambda v, i, s: ((int(v) >> 8 * i & 255) ^ (128 if s else 0)) - (128 if s else 0)
add("dot_products", "KERNEL(const unsigned* a, unsigned* o) { unsigned v = a[threadIdx.x], w = a[threadIdx.x + 1], u = 5, r; " + ASM.replace("{0}", "dp4a.s32.s32") + " o[threadIdx.x] = r; }", 1, 64, [uv, zeros(64, U32)],
    lambda a, o, t: [[(5 + sum(lane(uv[i], k, True) * lane(uv[i + 1], k, True) for k in range(4))) % 2**32 for i in range(64)]], exact=True, sample="defaults")
add("reductions", "KERNEL(const int* a, int* o) { int i = threadIdx.x; o[i] = __reduce_add_sync(0xffffffffu, a[i]) + __reduce_max_sync(0xffffffffu, a[i]) * 3 + __reduce_min_sync(0xffffffffu, a[i]) * 5; }", 1, 64, [iv, zeros(64, I32)],
    lambda a, o, t: [np.repeat([s.sum() + 3 * s.max() + 5 * s.min() for s in iv[:64].reshape(2, 32)], 32)], exact=True, sample="defaults")
add("byte_permutes", "KERNEL(const unsigned* a, unsigned* o) { unsigned v = a[threadIdx.x]; o[threadIdx.x] = __byte_perm(v, v * 3, 0x3715) + __funnelshift_l(v, v * 5, 13) + __usad(v, 9, 1) + __umul24(v, 77) + __umulhi(v, v) + __urhadd(v, 4); }", 1, 64, [uv, zeros(64, U32)],
    lambda a, o, t: [[(int.from_bytes(bytes([(int(v) | (int(v) * 3 % 2**32) << 32) >> 8 * k & 255 for k in (5, 1, 7, 3)]), "little") + ((int(v) * 5 % 2**32) << 13 | int(v) >> 19) % 2**32 + abs(int(v) - 9) + 1 + (int(v) % 2**24) * 77 + (int(v) ** 2 >> 32) + ((int(v) + 5) >> 1)) % 2**32 for v in uv[:64]]], exact=True)
add("simd_bytes", "KERNEL(const unsigned* a, unsigned* o) { unsigned v = a[threadIdx.x], w = a[threadIdx.x + 7]; o[threadIdx.x] = __vadd4(v, w) ^ __vsub2(v, w) ^ __vmaxu4(v, w) ^ __vcmpeq4(v & 0x0f0f0f0f, w & 0x0f0f0f0f) ^ __vabsdiffu4(v, w); }", 1, 64, [uv, zeros(64, U32)],
    lambda a, o, t: [[(lambda b, c: sum(((b[k] + c[k]) % 256 ^ max(b[k], c[k]) ^ (255 if (b[k] ^ c[k]) & 15 == 0 else 0) ^ abs(b[k] - c[k])) << 8 * k for k in range(4)))(*[[int(q) >> 8 * k & 255 for k in range(4)] for q in (uv[i], uv[i + 7])])
                      ^ sum((((int(uv[i]) >> 16 * k & 65535) - (int(uv[i + 7]) >> 16 * k & 65535)) % 65536) << 16 * k for k in range(2)) for i in range(64)]], exact=True)
add("float_to_int", "KERNEL(const float* a, int* o, unsigned char* c) { float v = a[threadIdx.x]; o[threadIdx.x] = (int)v + __float2int_rn(v) * 3 + (unsigned)fabsf(v) + (short)v; c[threadIdx.x] = (unsigned char)(v * 20); }", 1, 64, [np.abs(xs), zeros(64, I32), zeros(64, np.uint8)],
    lambda a, o, c, t: [np.trunc(np.abs(xs[:64])) * 3 + 3 * np.rint(np.abs(xs[:64])), (np.abs(xs[:64]) * F32(20)).astype(np.int64) % 256], exact=True)
add("cas_double", "KERNEL(unsigned long long* p, double* s, const double* a) { double v = a[threadIdx.x]; atomicAdd(s, v); unsigned long long o = *p, as; do { as = o; o = atomicCAS(p, as, as + threadIdx.x); } while (as != o); }", 4, 64, [zeros(1, np.uint64), zeros(1, F64), np.ones(64)],
    lambda p, s, a, t: p[0] == 4 * 64 * 63 // 2 and s[0] == 256)
add("spin_lock", "KERNEL(int* lock, int* c) { if (threadIdx.x == 0) { while (atomicCAS(lock, 0, 1) != 0) __nanosleep(20); __threadfence(); *(volatile int*)c += 1; __threadfence(); atomicExch(lock, 0); } }", 8, 32, [zeros(1, I32), zeros(1, I32)], lambda l, c, t: c[0] == 8)
add("last_block", "KERNEL(const float* x, float* part, unsigned* cnt, float* out) { __shared__ bool last; if (threadIdx.x == 0) { part[blockIdx.x] = x[blockIdx.x]; __threadfence(); last = atomicInc(cnt, gridDim.x) == gridDim.x - 1; } __syncthreads(); if (last && threadIdx.x == 0) { float s = 0; for (int i = 0; i < gridDim.x; i++) s += ((volatile float*)part)[i]; *out = s; } }", 16, 64,
    [x, zeros(16), zeros(1, U32), zeros(1)], lambda a, p, c, o, t: [[x[:16].astype(F64).sum()]], slack=30)
add("templates", "template <int N> __device__ float poly(const float* c, float x) { float s = 0; for (int i = 0; i < N; i++) s = s * x + c[i]; return s; } KERNEL(const float* c, const float* x, float* y) { y[threadIdx.x] = poly<8>(c, x[threadIdx.x]); }", 1, 64, [y[:8].copy(), unit.astype(F32), zeros(64)],
    lambda c, a, o, t: [np.polyval(y[:8].astype(F64), unit.astype(F32)[:64].astype(F64))], slack=10)
add("bools", "KERNEL(const int* a, bool* o) { int i = threadIdx.x; o[i] = (a[i] > 0) != (a[i + 1] < 0) && ((a[i] & 1) || a[i + 2] > 5); }", 1, 64, [iv, zeros(64, np.uint8)], lambda a, o, t: [((iv[:64] > 0) != (iv[1:65] < 0)) & (((iv[:64] & 1) != 0) | (iv[2:66] > 5))], exact=True)
A, B = rng.standard_normal((32, 32)).astype(F32), rng.standard_normal((32, 32)).astype(F32)
add("matmul", "KERNEL(int n, const float* A, const float* B, float* C) { __shared__ float a[16][16], b[16][16]; int r = blockIdx.y * 16 + threadIdx.y, c = blockIdx.x * 16 + threadIdx.x; float s = 0; for (int t = 0; t < n; t += 16) { a[threadIdx.y][threadIdx.x] = A[r * n + t + threadIdx.x]; b[threadIdx.y][threadIdx.x] = B[(t + threadIdx.y) * n + c]; __syncthreads(); for (int k = 0; k < 16; k++) s += a[threadIdx.y][k] * b[k][threadIdx.x]; __syncthreads(); } C[r * n + c] = s; }", "2,2", "16,16",
    ["i32:32", A, B, zeros((32, 32))], lambda a, b, c, t: [A.astype(F64) @ B.astype(F64)], slack=1000)

# Halves.
HALF, BRAIN = "#include <cuda_fp16.h>\n", "#include <cuda_bf16.h>\n"
add("half_round_trip", HALF + "KERNEL(const float* a, float* o) { o[threadIdx.x] = __half2float(__float2half(a[threadIdx.x])); }", 1, 64, [xs, zeros(64)], lambda a, o, t: [xs[:64].astype(np.float16)], exact=True, sample="defaults")
add("half_axpy", HALF + "KERNEL(const __half* a, __half* o) { int i = threadIdx.x; o[i] = __hfma(a[i], __float2half(0.5f), a[i + 64]); }", 1, 64, [hs, zeros(64, np.float16)], lambda a, o, t: [(hs[:64].astype(F64) * 0.5 + hs[64:128].astype(F64)).astype(np.float16)], exact=True, sample="defaults")
add("half2_arithmetic", HALF + "KERNEL(const __half2* a, __half2* o) { int i = threadIdx.x; o[i] = __hmul2(__hadd2(a[i], a[i + 32]), __hsub2(a[i], a[i + 64])); }", 1, 32, [hs, zeros(64, np.float16)],
    lambda a, o, t: [((hs[:64] + hs[64:128]).astype(np.float16) * (hs[:64] - hs[128:192]).astype(np.float16)).astype(np.float16)], exact=True)
add("half_compare", HALF + "KERNEL(const __half* a, int* o) { int i = threadIdx.x; o[i] = __hlt(a[i], a[i + 1]) + 2 * __heq(a[i], a[i]) + 4 * __hgt(__hmax(a[i], a[i + 1]), a[i]) + 8 * (int)__half2int_rz(a[i]); }", 1, 64, [hs, zeros(64, I32)],
    lambda a, o, t: [(hs[:64] < hs[1:65]) * 1 + 2 + 4 * (np.maximum(hs[:64], hs[1:65]) > hs[:64]) + 8 * np.trunc(hs[:64].astype(F64))], exact=True)
add("half_functions", HALF + "KERNEL(const __half* a, __half* o) { int i = threadIdx.x; o[i] = hexp(__hneg(__habs(a[i]))) + hsqrt(__habs(a[i])) + hrcp(__float2half(2.0f)); }", 1, 64, [hs, zeros(64, np.float16)],
    lambda a, o, t: [np.exp(-np.abs(hs[:64].astype(F64))) + np.sqrt(np.abs(hs[:64].astype(F64))) + 0.5], slack=1)
bf = (x[:256].view(U32) >> 16).astype(np.uint16)
wide = lambda b: (b.astype(U32) << 16).view(F32)
to_bf = lambda v: ((lambda u: (u + 0x7FFF + ((u >> 16) & 1)) >> 16)(np.asarray(v, F32).view(U32).astype(np.int64))).astype(np.uint16)
add("bf16_relu", BRAIN + "KERNEL(const __nv_bfloat16* a, __nv_bfloat16* o) { int i = threadIdx.x; o[i] = __hfma_relu(a[i], a[i + 1], a[i + 2]); }", 1, 64, [bf, zeros(64, np.uint16)],
    lambda a, o, t: [to_bf(np.maximum(wide(bf[:64]).astype(F64) * wide(bf[1:65]) + wide(bf[2:66]), 0).astype(F32))], exact=True, sample="defaults")
add("bf16_sum", BRAIN + "KERNEL(const __nv_bfloat162* a, float* o) { float s = 0; for (int i = threadIdx.x; i < 128; i += 32) { float2 f = __bfloat1622float2(a[i]); s += f.x * f.y; } o[threadIdx.x] = s + __bfloat162float(__float2bfloat16(s)); }", 1, 32, [bf, zeros(32)],
    lambda a, o, t: (lambda s: [s + wide(to_bf(s.astype(F32)))])((wide(bf).astype(F64)[::2] * wide(bf).astype(F64)[1::2]).reshape(4, 32).sum(0)), slack=3000)

# What people do with them.
add("softmax", "KERNEL(const float* x, float* o) { float v = x[threadIdx.x], m = v; for (int k = 16; k; k >>= 1) m = fmaxf(m, __shfl_xor_sync(~0u, m, k)); float e = expf(v - m), s = e; for (int k = 16; k; k >>= 1) s += __shfl_xor_sync(~0u, s, k); o[threadIdx.x] = e / s; }", 1, 32, [x[:32].copy(), zeros(32)],
    lambda a, o, t: [np.exp(x[:32].astype(F64)) / np.exp(x[:32].astype(F64)).sum()], slack=3, sample="fast_math")
add("layernorm", "KERNEL(const float* x, float* o) { float v = x[threadIdx.x], s = v, q; for (int k = 16; k; k >>= 1) s += __shfl_xor_sync(~0u, s, k); float d = v - s / 32; q = d * d; for (int k = 16; k; k >>= 1) q += __shfl_xor_sync(~0u, q, k); o[threadIdx.x] = d * rsqrtf(q / 32 + 1e-5f); }", 1, 32, [x[:32].copy(), zeros(32)],
    lambda a, o, t: [(x[:32].astype(F64) - x[:32].astype(F64).mean()) / np.sqrt(x[:32].astype(F64).var() + 1e-5)], slack=30)
add("gelu", "KERNEL(const float* x, float* o) { float v = x[threadIdx.x]; o[threadIdx.x] = 0.5f * v * (1 + tanhf(0.7978845608f * (v + 0.044715f * v * v * v))); }", 1, 256, [xs, zeros(256)],
    lambda a, o, t: [0.5 * xs.astype(F64) * (1 + np.tanh(0.7978845608 * (xs.astype(F64) + 0.044715 * xs.astype(F64) ** 3)))], slack=100)
add("sigmoid_fast", "KERNEL(const float* x, float* o) { o[threadIdx.x] = __fdividef(1.0f, 1.0f + __expf(-x[threadIdx.x])); }", 1, 256, [xs, zeros(256)], lambda a, o, t: [1 / (1 + np.exp(-xs.astype(F64)))], slack=3)
add("black_scholes", "KERNEL(const float* s, float* c) { float S = fabsf(s[threadIdx.x]) * 10 + 50, K = 60, T = 1, r = 0.02f, v = 0.3f; float d1 = (logf(S / K) + (r + 0.5f * v * v) * T) / (v * sqrtf(T)), d2 = d1 - v * sqrtf(T); c[threadIdx.x] = S * normcdff(d1) - K * expf(-r * T) * normcdff(d2); }", 1, 256, [xs, zeros(256)],
    lambda a, o, t: (lambda S: (lambda d: [S * each(lambda q: 0.5 * math.erfc(-q / 2**0.5))(d) - 60 * math.exp(-0.02) * each(lambda q: 0.5 * math.erfc(-q / 2**0.5))(d - 0.3)])((np.log(S / 60) + 0.02 + 0.045) / 0.3))(np.abs(xs.astype(F64)) * 10 + 50), slack=10)
add("nbody", "KERNEL(const float4* p, float4* f) { __shared__ float4 s[64]; float4 me = p[threadIdx.x], a = make_float4(0, 0, 0, 0); s[threadIdx.x] = me; __syncthreads(); for (int j = 0; j < 64; j++) { float x = s[j].x - me.x, y = s[j].y - me.y, z = s[j].z - me.z; float r = rsqrtf(x * x + y * y + z * z + 0.01f); float w = s[j].w * r * r * r; a.x += w * x; a.y += w * y; a.z += w * z; } f[threadIdx.x] = a; }", 1, 64, [np.abs(x[:256]), zeros(256)],
    lambda a, o, t: (lambda p: (lambda d: [np.concatenate([(p[None, :, 3, None] * d / (((d**2).sum(2) + 0.01) ** 1.5)[:, :, None]).sum(1), np.zeros((64, 1))], 1).ravel()])(p[None, :, :3] - p[:, None, :3]))(np.abs(x[:256]).astype(F64).reshape(64, 4)), slack=3000)
def escape():
    out = []
    for i in range(256):
        c = complex(F32(i % 16) * F32(0.1875) - F32(2), F32(i // 16) * F32(0.15625) - F32(1.25))
        zr = zi = F32(0)
        k = 0
        while k < 50 and zr * zr + zi * zi < 4:
            zr, zi = zr * zr - zi * zi + F32(c.real), 2 * zr * zi + F32(c.imag)
            k += 1
        out.append(k)
    return out


add("mandelbrot", "KERNEL(int* o) { int i = threadIdx.x; float a = (i % 16) * 0.1875f - 2, b = (i / 16) * 0.15625f - 1.25f, x = 0, y = 0; int k = 0; while (k < 50 && x * x + y * y < 4) { float u = x * x - y * y + a; y = 2 * x * y + b; x = u; k++; } o[i] = k; }", 1, 256, [zeros(256, I32)],
    lambda o, t: np.abs(o - np.array(escape())).sum() <= 3)
add("monte_carlo", "KERNEL(unsigned* hits) { unsigned s = 1234567u + threadIdx.x * 7919u, n = 0; for (int i = 0; i < 200; i++) { s ^= s << 13; s ^= s >> 17; s ^= s << 5; float x = (s & 0xffff) / 65536.f, y = (s >> 16) / 65536.f; n += x * x + y * y < 1; } atomicAdd(hits, n); }", 2, 128, [zeros(1, U32)],
    lambda h, t: abs(h[0] / 51200 - math.pi / 4) < 0.01)
import zlib
add("crc32", "KERNEL(const unsigned char* d, unsigned* o) { unsigned c = ~0u; for (int i = 0; i < 16; i++) { c ^= d[threadIdx.x * 16 + i]; for (int k = 0; k < 8; k++) c = c >> 1 ^ (0xedb88320u & -(c & 1)); } o[threadIdx.x] = ~c; }", 1, 64, [bytes_[:1024].copy(), zeros(64, U32)],
    lambda d, o, t: [[zlib.crc32(bytes_[16 * i:16 * i + 16].tobytes()) for i in range(64)]], exact=True)
add("bitonic_sort", "KERNEL(int* d) { __shared__ int s[256]; int i = threadIdx.x; s[i] = d[i]; __syncthreads(); for (int k = 2; k <= 256; k <<= 1) for (int j = k >> 1; j; j >>= 1) { int p = i ^ j; if (p > i && (s[i] > s[p]) == ((i & k) == 0)) { int t = s[i]; s[i] = s[p]; s[p] = t; } __syncthreads(); } d[i] = s[i]; }", 1, 256, [iv], lambda d, t: [np.sort(iv)], exact=True)
life = rng.integers(0, 2, (32, 32)).astype(np.uint8)
add("game_of_life", "KERNEL(const unsigned char* a, unsigned char* b) { int x = threadIdx.x, y = threadIdx.y + blockIdx.x * 8, n = 0; for (int dy = -1; dy <= 1; dy++) for (int dx = -1; dx <= 1; dx++) if (dx || dy) n += a[(y + dy & 31) * 32 + (x + dx & 31)]; b[y * 32 + x] = n == 3 || (n == 2 && a[y * 32 + x]); }", 4, "32,8", [life, zeros((32, 32), np.uint8)],
    lambda a, b, t: (lambda n: [(n == 3) | ((n == 2) & (life == 1))])(sum(np.roll(life, (dy, dx), (0, 1)).astype(int) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dx or dy)), exact=True)
add("fft", "KERNEL(float2* d) { __shared__ float2 s[64]; int i = threadIdx.x; s[__brev(i) >> 26] = d[i]; __syncthreads(); for (int n = 2; n <= 64; n <<= 1) { float2 a, b; int h = n >> 1, k = i & (n - 1); bool low = k < h; int q = low ? i : i - h; a = s[q]; b = s[q + h]; float sn, cs; sincosf(-6.2831853f * (q & (h - 1)) / n, &sn, &cs); float2 w = make_float2(b.x * cs - b.y * sn, b.x * sn + b.y * cs); __syncthreads(); s[i] = low ? make_float2(a.x + w.x, a.y + w.y) : make_float2(a.x - w.x, a.y - w.y); __syncthreads(); } d[i] = s[i]; }", 1, 64, [x[:128].copy()],
    lambda d, t: (lambda z: [np.stack([z.real, z.imag], 1).ravel()])(np.fft.fft(x[:128].astype(F64)[::2] + 1j * x[:128].astype(F64)[1::2])), slack=10000)
add("spmv", "KERNEL(const int* rows, const int* cols, const float* v, const float* x, float* y) { float s = 0; for (int k = rows[threadIdx.x]; k < rows[threadIdx.x + 1]; k++) s += v[k] * x[cols[k] & 63]; y[threadIdx.x] = s; }", 1, 64, [(np.arange(65) * 3).astype(I32), iv[:192].copy(), x[:192].copy(), y[:64].copy(), zeros(64)],
    lambda r, c, v, a, o, t: [(x[:192].astype(F64) * y[:64].astype(F64)[iv[:192] & 63]).reshape(64, 3).sum(1)], slack=1000)
add("collatz", "KERNEL(int* o) { long long n = threadIdx.x + 1; int k = 0; while (n != 1) { n = n & 1 ? 3 * n + 1 : n / 2; k++; } o[threadIdx.x] = k; }", 1, 128, [zeros(128, I32)], lambda o, t: [[(lambda f, n: f(f, n, 0))(lambda f, n, k: k if n == 1 else f(f, 3 * n + 1 if n & 1 else n // 2, k + 1), n) for n in range(1, 129)]], exact=True)
add("kahan", "KERNEL(const float* x, float* o) { float s = 0, c = 0; for (int i = 0; i < 100; i++) { float v = __fsub_rn(x[i * 2 + threadIdx.x], c), u = __fadd_rn(s, v); c = __fsub_rn(__fsub_rn(u, s), v); s = u; } o[threadIdx.x] = s; }", 1, 2, [x[:200].copy(), zeros(2)], lambda a, o, t: [x[:200].astype(F64).reshape(100, 2).sum(0)])
add("convolution", "__constant__ float k[5] = {0.1f, 0.2f, 0.4f, 0.2f, 0.1f}; KERNEL(const float* x, float* o) { __shared__ float s[132]; int i = threadIdx.x; s[i] = x[i]; if (i < 4) s[128 + i] = x[128 + i]; __syncthreads(); float r = 0; for (int j = 0; j < 5; j++) r += k[j] * s[i + j]; o[i] = r; }", 1, 128, [x[:132].copy(), zeros(128)],
    lambda a, o, t: [np.convolve(x[:132].astype(F64), [0.1, 0.2, 0.4, 0.2, 0.1], "valid")], slack=1000)
add("atomic_max_float", "KERNEL(const float* x, int* m) { float v = x[threadIdx.x]; int o = *m, a; do { a = o; if (__int_as_float(a) >= v) break; o = atomicCAS(m, a, __float_as_int(v)); } while (o != a); }", 1, 256, [x[:256].copy(), np.full(1, -1e9, F32)], lambda a, m, t: m[0] == x[:256].max())
add("warp_aggregate", "KERNEL(const int* a, int* n, int* o) { bool p = a[threadIdx.x] > 0; unsigned m = __ballot_sync(~0u, p); int lane = threadIdx.x & 31, base; if (lane == 0) base = atomicAdd(n, __popc(m)); base = __shfl_sync(~0u, base, 0); if (p) o[base + __popc(m & ((1u << lane) - 1))] = a[threadIdx.x]; }", 1, 256, [iv, zeros(1, I32), zeros(256, I32)],
    lambda a, n, o, t: n[0] == (iv > 0).sum() and (np.sort(o[:n[0]]) == np.sort(iv[iv > 0])).all(), sample="defaults")
add("named_barriers", 'KERNEL(const int* a, int* o) { __shared__ int s[128]; int i = threadIdx.x, w = i / 64; s[i] = a[i]; asm volatile("bar.sync %0, 64;" :: "r"(w + 1) : "memory"); o[i] = s[i ^ 63]; }', 1, 128, [iv[:128].copy(), zeros(128, I32)], lambda a, o, t: [iv[:128][np.arange(128) ^ 63]], exact=True, sample="defaults")
add("producer_consumer", """KERNEL(const float* a, float* o) { __shared__ float s[32]; int l = threadIdx.x & 31; float sum = 0; for (int k = 0; k < 4; k++) { if (threadIdx.x < 32) { s[l] = a[k * 32 + l] * 2; asm volatile("bar.arrive 1, 64;" ::: "memory"); asm volatile("bar.sync 2, 64;" ::: "memory"); }
  else { asm volatile("bar.sync 1, 64;" ::: "memory"); sum += s[31 - l]; asm volatile("bar.arrive 2, 64;" ::: "memory"); } } if (threadIdx.x >= 32) o[l] = sum; }""", 1, 64, [x[:128].copy(), zeros(32)], lambda a, o, t: [(2 * x[:128].astype(F64)).reshape(4, 32).sum(0)[::-1]], slack=1000)
add("count_barrier", "KERNEL(const int* a, int* o) { int p = a[threadIdx.x] > 0; o[threadIdx.x] = __syncthreads_count(p) + 1000 * __syncthreads_or(a[threadIdx.x] == 12345) + 2000 * __syncthreads_and(a[threadIdx.x] > -2000); }", 1, 256, [iv, zeros(256, I32)], lambda a, o, t: [[(iv > 0).sum() + 2000] * 256], exact=True)
add("struct_parameter", "struct V { float a; int n; double d; }; KERNEL(const float* x, float* o, int k) { V v = {x[0], k, 0.5}; V* p = &v; p->n += threadIdx.x; o[threadIdx.x] = p->a * p->n + p->d; }", 1, 32, [x, zeros(32), "i32:3"], lambda a, o, t: [x[0].astype(F64) * (3 + np.arange(32)) + 0.5], slack=30)
add("levenshtein", "KERNEL(const unsigned char* a, int* o) { int d[17]; for (int j = 0; j <= 16; j++) d[j] = j; const unsigned char *p = a + threadIdx.x * 16, *q = a + 512; for (int i = 1; i <= 16; i++) { int left = i, diag = i - 1; for (int j = 1; j <= 16; j++) { int up = d[j], c = min(min(up, left) + 1, diag + ((p[i - 1] & 3) != (q[j - 1] & 3))); diag = up; d[j] = left = c; } } o[threadIdx.x] = d[16]; }", 1, 32, [bytes_[:1024].copy(), zeros(32, I32)],
    lambda a, o, t: (o[32 - 32] >= 0) and (o <= 16).all() and o[0] == (lambda p, q: (lambda d: [[d.__setitem__((i, j), max(i, j) if not i or not j else min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + (p[i - 1] != q[j - 1]))) for j in range(17)] for i in range(17)] and d[16, 16])({}))(bytes_[:16] & 3, bytes_[512:528] & 3))
add("union_bits", "KERNEL(const float* x, unsigned* o) { union { float f; unsigned u; } v; v.f = x[threadIdx.x]; o[threadIdx.x] = (v.u >> 23 & 255) - 127 + (v.u >> 31) * 1000; }", 1, 256, [xs, zeros(256, U32)], lambda a, o, t: [[(math.frexp(float(v))[1] - 1 + (1000 if v < 0 else 0)) % 2**32 for v in xs]], exact=True)
add("complex_power", "struct C { float r, i; }; __device__ C mul(C a, C b) { return {a.r * b.r - a.i * b.i, a.r * b.i + a.i * b.r}; } KERNEL(const float* x, float* o) { C z = {x[threadIdx.x], x[threadIdx.x + 64]}, w = {1, 0}; for (int k = 0; k < 3; k++) w = mul(w, z); o[threadIdx.x] = w.r + w.i; }", 1, 64, [x, zeros(64)],
    lambda a, o, t: (lambda z: [(z**3).real + (z**3).imag])(x[:64].astype(F64) + 1j * x[64:128]), slack=3000)
add("philox", "KERNEL(unsigned* o) { unsigned a = threadIdx.x, b = 1, k = 0x9E3779B9u; for (int i = 0; i < 10; i++) { unsigned h = __umulhi(0xD256D193u, a), l = 0xD256D193u * a; a = h ^ k ^ b; b = l; k += 0x9E3779B9u; } o[threadIdx.x] = a ^ b; }", 1, 64, [zeros(64, U32)],
    lambda o, t: [[(lambda f: f(f, i, 1, 0x9E3779B9, 0))(lambda f, a, b, k, n: a ^ b if n == 10 else f(f, (0xD256D193 * a >> 32) ^ k ^ b, 0xD256D193 * a % 2**32, (k + 0x9E3779B9) % 2**32, n + 1)) for i in range(64)]], exact=True)
