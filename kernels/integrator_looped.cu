// The integration loop of every method, for any number of states of type real. One thread integrates one run.
//
// As integrator.cu, but every buffer is in shared memory or in the kernel's array in local memory, and the traced parts have loops over the
// states. So this text does not know their number.
#include "integrator.h"
#include "markers.h" // made by kernels/build for each precision and output
#include "arguments.h"

extern "C" __global__ void integrate_looped(const __grid_constant__ LoopedArguments a) {
  u64 run = blockIdx.x * (u64)blockDim.x + threadIdx.x;
  if (run >= a.runs) return;
  u32 lane = lane_address();
  u64 stride = a.runs * sizeof(real), atol = __cvta_generic_to_global(a.atol);
  double time = a.start;
  BEGIN(__cvta_generic_to_global(a.initial + run), __cvta_generic_to_global(a.parameters + run), stride, time, a.first_step, lane);
  if (a.choose_step) CHOOSE(time, a, atol, lane);
#ifdef SAVING
  u64 save = 0;
  if (a.save_times[0] == time) {
    END(__cvta_generic_to_global(a.saved + run), stride, (real)1, lane);
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
    STEP(time, ok, failed, finite, solved, tried, end, a, atol, lane);
    if (ok) {
      if (IS_DUE(a, save, time)) {
        EXTEND(before, tried, lane);
#pragma unroll 1
        do {
          double due = a.save_times[save];
          INTERPOLATE(before, time, tried, due, __cvta_generic_to_global(a.saved + save * a.saved_stride + run), stride, lane);
          save++;
        } while (IS_DUE(a, save, time));
      }
      COMMIT(lane);
    }
#else
    STEP(time, ok, failed, finite, solved, a, atol, lane);
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
    END(__cvta_generic_to_global(a.saved + save * a.saved_stride + run), stride, (real)0, lane);
  }
#endif
  real keep = status == SUCCESS || a.keep_last;
  END(__cvta_generic_to_global(a.last + run), stride, keep, lane);
  a.reached[run] = time;
  a.status[run] = status;
  a.accepted[run] = accepted;
  a.rejected[run] = rejected;
}
