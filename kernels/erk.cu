// The integration loop of explicit Runge-Kutta methods, for N states of type real. One thread integrates one run.
//
// Control flow only: every marker line (@params, @begin, @choose, @step, @end) is replaced by instructions that are traced
// from the Rust source that the host executor runs (src/ode), so the two give the same bits. Placement, tableau and controller
// live in those instructions; this text is the same for all of them.
#include "erk.h"
#include "markers.h" // made by kernels/build for each N and precision

// The most states that a kernel has. `reserved` below fills `Arguments` up to a multiple of 8 bytes for both floats.
enum { MAX_STATES = 8 };
static_assert(N <= MAX_STATES, "atol is too short");

// Mirrored by `ErkArguments` in src/ptx/erk.rs. No padding: the host reads every byte of it.
struct Arguments {
  const real *initial;    // [state][run]
  const real *parameters; // [parameter][run]
  real *last;             // [state][run]
  double *reached;        // [run]
  u32 *status;            // [run]
  u32 *accepted;          // [run]
  u32 *rejected;          // [run]
  double start, end, min_step;
  u64 runs;
  u32 max_steps;
  u32 choose_step;        // 1: choose the first step
  real first_step, rtol, beta1, beta2, safety, min_factor, max_factor;
  real atol[MAX_STATES];  // N of them count
  real reserved;
};

extern "C" __global__ void erk(const __grid_constant__ Arguments a) {
  u64 run = blockIdx.x * (u64)blockDim.x + threadIdx.x;
  if (run >= a.runs) return;
  u32 lane = lane_address();
  PARAMS(a.parameters, run, a.runs, lane);

  // Registers of what crosses from one marker to the next; unused where the plan puts the buffer into shared memory.
  real state[N], first_derivative[N], step_size = 0, history = 0, y[N];
#pragma unroll
  for (int i = 0; i < N; i++) {
    state[i] = 0;
    first_derivative[i] = 0;
    y[i] = a.initial[run + i * a.runs];
  }
  double time = a.start;
  BEGIN(state, first_derivative, step_size, history, time, a.first_step, y, lane);
  if (a.choose_step) CHOOSE(state, first_derivative, step_size, history, time, a, lane);

  u32 status = SUCCESS, accepted = 0, rejected = 0;
#pragma unroll 1
  while (time != a.end) {
    if (accepted + rejected >= a.max_steps) {
      status = ITERATION_LIMIT;
      break;
    }
    u32 ok, failed, finite;
    STEP(state, first_derivative, step_size, history, time, ok, failed, finite, a, lane);
    accepted += ok;
    rejected += 1 - ok;
    if (failed) {
      status = finite ? STEP_TOO_SMALL : NON_FINITE;
      break;
    }
  }

  END(state, y, lane);
#pragma unroll
  for (int i = 0; i < N; i++) a.last[run + i * a.runs] = status == SUCCESS ? y[i] : CANONICAL_NAN;
  a.reached[run] = time;
  a.status[run] = status;
  a.accepted[run] = accepted;
  a.rejected[run] = rejected;
}
