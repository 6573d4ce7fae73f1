// The integration loop of explicit Runge-Kutta methods, for any number of states of type real. One thread integrates one run.
//
// As erk.cu, but nothing crosses from one marker to the next in registers: every buffer is in shared memory or in the kernel's array in
// local memory, and the traced parts have loops over the states. So this text does not know their number.
#include "erk.h"
#include "markers.h" // made by kernels/build for each precision

// Mirrored by `LoopedArguments` in src/ptx/looped.rs. No padding: the host reads every byte of it.
struct Arguments {
  const real *initial;    // [state][run]
  const real *parameters; // [parameter][run]
  real *last;             // [state][run]
  double *reached;        // [run]
  u32 *status;            // [run]
  u32 *accepted;          // [run]
  u32 *rejected;          // [run]
  const real *atol;       // [state]
  double start, end, min_step;
  u64 runs;
  u32 max_steps;
  u32 choose_step;        // 1: choose the first step
  real first_step, rtol, beta1, beta2, safety, min_factor, max_factor;
  real reserved;
};

extern "C" __global__ void erk_looped(const __grid_constant__ Arguments a) {
  u64 run = blockIdx.x * (u64)blockDim.x + threadIdx.x;
  if (run >= a.runs) return;
  u32 lane = lane_address();
  u64 stride = a.runs * sizeof(real), atol = __cvta_generic_to_global(a.atol);
  double time = a.start;
  BEGIN(__cvta_generic_to_global(a.initial + run), __cvta_generic_to_global(a.parameters + run), stride, time, a.first_step, lane);
  if (a.choose_step) CHOOSE(time, a, atol, lane);

  u32 status = SUCCESS, accepted = 0, rejected = 0;
#pragma unroll 1
  while (time != a.end) {
    if (accepted + rejected >= a.max_steps) {
      status = ITERATION_LIMIT;
      break;
    }
    u32 ok, failed, finite;
    STEP(time, ok, failed, finite, a, atol, lane);
    accepted += ok;
    rejected += 1 - ok;
    if (failed) {
      status = finite ? STEP_TOO_SMALL : NON_FINITE;
      break;
    }
  }

  real keep = status == SUCCESS;
  END(__cvta_generic_to_global(a.last + run), stride, keep, lane);
  a.reached[run] = time;
  a.status[run] = status;
  a.accepted[run] = accepted;
  a.rejected[run] = rejected;
}
