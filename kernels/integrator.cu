// The integration loop of every method, for N states of type real. One thread integrates one run.
//
// Control flow only: every marker line (@params, @begin, @choose, @step, ..) is replaced by instructions that are traced
// from the Rust source that the host executor runs (src/ode), so the two give the same bits. Placement, step, tableau, solver and controller
// live in those instructions, and so do the registers of buffers; this text is the same for all of them.
#include "integrator.h"
#include "markers.h" // made by kernels/build for each N, precision and output
#include "arguments.h"

static_assert(N <= MAX_STATES, "atol is too short");

extern "C" __global__ void integrate(const __grid_constant__ UnrolledArguments a) {
  u64 run = blockIdx.x * (u64)blockDim.x + threadIdx.x;
  if (run >= a.runs) return;
  u32 lane = lane_address();
  PARAMS(a.parameters, run, a.runs, lane);

  real y[N];
#pragma unroll
  for (int i = 0; i < N; i++) y[i] = a.initial[run + i * a.runs];
  double time = a.start;
  BEGIN(time, a.first_step, y, lane);
  if (a.choose_step) CHOOSE(time, a, lane);
#ifdef SAVING
  u64 save = 0;
  if (a.save_times[0] == time) {
#pragma unroll
    for (int i = 0; i < N; i++) a.saved[run + i * a.runs] = y[i];
    save = 1;
  }
#endif

  u32 status = SUCCESS, accepted = 0, rejected = 0;
#pragma unroll 1
  while (time != a.end) {
    if (accepted + rejected >= a.max_steps) {
      status = ITERATION_LIMIT;
      break;
    }
    u32 ok, failed, finite, solved;
#ifdef SAVING
    double before = time, end = a.stops && save < a.saves ? a.save_times[save] : a.end;
    real tried;
    STEP(time, ok, failed, finite, solved, tried, end, a, lane);
    if (ok) {
      if (IS_DUE(a, save, time)) {
        EXTEND(before, tried, lane);
#pragma unroll 1
        do {
          double due = a.save_times[save];
          INTERPOLATE(before, time, tried, due, y, lane);
#pragma unroll
          for (int i = 0; i < N; i++) a.saved[(save * N + i) * a.runs + run] = y[i];
          save++;
        } while (IS_DUE(a, save, time));
      }
      COMMIT(lane);
    }
#else
    STEP(time, ok, failed, finite, solved, a, lane);
#endif
    accepted += ok;
    rejected += 1 - ok;
    if (failed) {
      status = !solved ? NOT_SOLVED : finite ? STEP_TOO_SMALL : NON_FINITE;
      break;
    }
  }

#ifdef SAVING
#pragma unroll 1
  for (; save < a.saves; save++) {
#pragma unroll
    for (int i = 0; i < N; i++) a.saved[(save * N + i) * a.runs + run] = CANONICAL_NAN;
  }
#endif
  END(y, lane);
#pragma unroll
  for (int i = 0; i < N; i++) a.last[run + i * a.runs] = status == SUCCESS || a.keep_last ? y[i] : CANONICAL_NAN;
  a.reached[run] = time;
  a.status[run] = status;
  a.accepted[run] = accepted;
  a.rejected[run] = rejected;
}
