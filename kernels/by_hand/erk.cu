// An integration loop as a CUDA programmer writes it, with every constant in the source: the yardstick for the baked kernels.
// The same arithmetic in the same order as src/ode, so the same bits. benches/by_hand makes config.h and plan.h, compiles this,
// compares its results on the reference device with those of the host, and puts ptxas' numbers beside those of the baked kernel.
#include "config.h" // real, SYSTEM, METHOD, and ACCESS: nothing, or volatile for shared memory
#include "plan.h"   // PlanView::cuda_header of the baked kernel's plan
#include "numbers.h"
#include "systems.h"
#include "tableaus.h"
#include "../arguments.h"

using namespace bakelite::by_hand;
enum { N = SYSTEM::STATES, Q = SYSTEM::PARAMETERS };
enum Status : u32 { SUCCESS = 0, STEP_TOO_SMALL = 1, ITERATION_LIMIT = 2, NON_FINITE = 3 };

extern __shared__ __align__(16) char scratch[];

// A buffer of one run: where the plan has it, or in registers.
template <class Slot, bool SHARED = Slot::in_shared> struct Buffer {
  static_assert(Slot::lane_stride_bytes == sizeof(real), "lanes interleave");
  __device__ __forceinline__ ACCESS real &operator[](int i) {
    real *lane = reinterpret_cast<real *>(scratch) + threadIdx.x;
    return lane[(Slot::base_bytes + i * Slot::element_stride_bytes) / sizeof(real)];
  }
};
template <class Slot> struct Buffer<Slot, false> {
  real values[Slot::length ? Slot::length : 1];
  __device__ __forceinline__ real &operator[](int i) { return values[i]; }
};

template <class Method> struct Run {
  const UnrolledArguments &arguments;
  Buffer<state> y;
  Buffer<parameters> p;
  Buffer<step_size> planned;
  Buffer<step::first_derivative> first;
  Buffer<step::stage_state> stage;
  Buffer<step::stage_derivatives> derivatives;
  Buffer<step::proposed_state> proposed;
  Buffer<step::last_derivative> last;
#ifdef HISTORY
  Buffer<control::history> history;
#endif
  double time;
  bool accepted, failed, finite;

  __device__ __forceinline__ Run(const UnrolledArguments &arguments) : arguments(arguments) {}

  __device__ __forceinline__ real derivative(int j, int i) {
    if (Method::SAME) return j == 0 ? first[i] : derivatives[(j - 1) * N + i];
    return derivatives[j * N + i];
  }

  template <class State, class To> __device__ __forceinline__ void evaluate(double t, State &at, To &to, int offset = 0) {
    real d[N];
    SYSTEM::rhs(t, at, p, d);
#pragma unroll
    for (int i = 0; i < N; i++) to[offset + i] = d[i];
  }

  __device__ __forceinline__ real scale(real reference, int i) { return fused(arguments.rtol, size(reference), arguments.atol[i]); }

  // Hairer, Norsett, Wanner, Solving ODEs I, section II.4, "starting step size", with RMS norms.
  __device__ __forceinline__ void choose() {
    real d0 = 0, d1 = 0, d2 = 0;
#pragma unroll
    for (int i = 0; i < N; i++) {
      real s = scale(y[i], i), a = y[i] / s, b = first[i] / s;
      d0 = fused(a, a, d0);
      d1 = fused(b, b, d1);
    }
    d0 *= (real)(1.0 / N);
    d1 *= (real)(1.0 / N);
    real guess = (real)0.01 * root(d0 / d1);
    bool usable = 0 < guess && is_finite(guess);
    real h0 = d0 < (real)1e-10 || d1 < (real)1e-10 || !usable ? (real)1e-6 : guess;
    real remaining = (real)(arguments.end - time);
    h0 = least(h0, size(remaining));
    real h = remaining < 0 ? -h0 : h0;
#pragma unroll
    for (int i = 0; i < N; i++) stage[i] = fused(h, first[i], y[i]);
    evaluate(time + (double)h, stage, last);
#pragma unroll
    for (int i = 0; i < N; i++) {
      real a = (last[i] - first[i]) / scale(y[i], i);
      d2 = fused(a, a, d2);
    }
    d2 = d2 * (real)(1.0 / N) / (h0 * h0);
    real largest = most(d1, d2);
    real curved = exp2_of((real)(0.5 / (Method::ORDER + 1)) * log2_of((real)1e-4 / largest));
    real flat = most((real)1e-6, h0 * (real)1e-3);
    real h1 = largest <= (real)1e-30 ? flat : curved;
    real smallest = (real)(longer(arguments.min_step, 4 * EPSILON * size(time)) * (1.0 + 1e-6));
    h1 = least(longer(least(100 * h0, h1), smallest), size(remaining));
    planned[0] = remaining < 0 ? -h1 : h1;
  }

  // The factor for the next step, after an error of mean square `error2`.
  __device__ __forceinline__ real factor(real error2) {
#ifdef HISTORY
    real now = most(log2_of(error2), (real)-60);
    real integral = -((real)0.5 * arguments.beta1) * now;
    real both = fused((real)0.5 * arguments.beta2, history[0], integral);
    if (accepted) history[0] = now;
    real f = exp2_of(accepted ? both : integral);
    f = least(most(arguments.safety * f, arguments.min_factor), arguments.max_factor);
    return accepted ? f : least(f, (real)0.98);
#else
    return 1;
#endif
  }

  __device__ __forceinline__ void attempt() {
    const real h_planned = planned[0];
    const double wide = size((double)h_planned), remaining = arguments.end - time;
    const bool ends = size(remaining) <= wide * 1.01;
    const real h = ends ? (real)remaining : h_planned;
    const double h_wide = (double)h;

#pragma unroll
    for (int s = Method::SAME; s < Method::LOOPED; s++) {
      const int offset = (s - Method::SAME) * N;
      if (s == 0) {
        evaluate(time, y, derivatives);
        continue;
      }
#pragma unroll
      for (int i = 0; i < N; i++) {
        real sum = 0;
#pragma unroll
        for (int j = 0; j < s; j++)
          if (Method::a(s, j) != 0) sum = fused((real)Method::a(s, j), derivative(j, i), sum);
        stage[i] = fused(h, sum, y[i]);
      }
      evaluate(__fma_rn(Method::c(s), h_wide, time), stage, derivatives, offset);
    }
#pragma unroll
    for (int i = 0; i < N; i++) {
      real sum = 0;
#pragma unroll
      for (int j = 0; j < Method::LOOPED; j++) sum = fused((real)Method::b(j), derivative(j, i), sum);
      proposed[i] = fused(h, sum, y[i]);
    }
    if constexpr (Method::SAME) evaluate(time + h_wide, proposed, last);

    real poison = 0; // 0 x is 0 for a finite x, else NaN
#pragma unroll
    for (int i = 0; i < N; i++) poison = fused((real)proposed[i], (real)0, poison);
    finite = poison == 0;
    if constexpr (Method::ADAPTIVE) {
      real error2 = 0;
#pragma unroll
      for (int i = 0; i < N; i++) {
        real sum = 0;
#pragma unroll
        for (int j = 0; j < Method::LOOPED; j++) sum = fused((real)Method::error(j), derivative(j, i), sum);
        sum = fused((real)Method::error(Method::LOOPED), (real)last[i], sum);
        real ratio = h * sum / scale(longer(size((real)y[i]), size((real)proposed[i])), i);
        error2 = fused(ratio, ratio, error2);
      }
      error2 *= (real)(1.0 / N);
      finite = finite && is_finite(error2);
      failed = (wide < arguments.min_step || wide <= 4 * EPSILON * size(time)) && !ends;
      accepted = finite && error2 <= 1 && !failed;
      planned[0] = h * factor(finite ? error2 : (real)INFINITE);
    } else {
      accepted = finite;
      failed = !finite;
    }
    if (accepted) {
#pragma unroll
      for (int i = 0; i < N; i++) {
        y[i] = proposed[i];
        if constexpr (Method::SAME) first[i] = last[i];
      }
      time = ends ? arguments.end : time + h_wide;
    }
  }
};

extern "C" __global__ void integrate(const __grid_constant__ UnrolledArguments a) {
  const u64 run = blockIdx.x * (u64)blockDim.x + threadIdx.x;
  if (run >= a.runs) return;
  Run<METHOD> r(a);
#pragma unroll
  for (int i = 0; i < Q; i++) r.p[i] = a.parameters[run + i * a.runs];
#pragma unroll
  for (int i = 0; i < N; i++) r.y[i] = a.initial[run + i * a.runs];
  r.time = a.start;
  r.planned[0] = a.first_step;
#ifdef HISTORY
  r.history[0] = 0;
#endif
  if constexpr (METHOD::SAME) r.evaluate(r.time, r.y, r.first);
  if constexpr (METHOD::ADAPTIVE) {
    if (a.choose_step) r.choose();
  }

  u32 status = SUCCESS, accepted = 0, rejected = 0;
#pragma unroll 1
  while (r.time != a.end) {
    if (accepted + rejected >= a.max_steps) {
      status = ITERATION_LIMIT;
      break;
    }
    r.attempt();
    if (r.accepted) accepted++;
    else rejected++;
    if (r.failed) {
      status = r.finite ? STEP_TOO_SMALL : NON_FINITE;
      break;
    }
  }

#pragma unroll
  for (int i = 0; i < N; i++) a.last[run + i * a.runs] = status == SUCCESS || a.keep_last ? (real)r.y[i] : CANONICAL_NAN;
  a.reached[run] = r.time;
  a.status[run] = status;
  a.accepted[run] = accepted;
  a.rejected[run] = rejected;
}
