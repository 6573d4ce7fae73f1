// What the unrolled and the looped kernel of integrators have in common.
typedef unsigned int u32;
typedef unsigned long long u64;

enum Status : u32 { SUCCESS = 0, STEP_TOO_SMALL = 1, ITERATION_LIMIT = 2, NON_FINITE = 3, NOT_SOLVED = 4 };

// The first fields of `Arguments`, mirrored by `CommonArguments` in src/ptx/kernels/arguments.rs.
#define COMMON_ARGUMENTS                                                                                        \
  const real *initial;      /* [state][run] */                                                                  \
  const real *parameters;   /* [parameter][run] */                                                              \
  real *last;               /* [state][run] */                                                                  \
  double *reached;          /* [run] */                                                                         \
  u32 *status;              /* [run] */                                                                         \
  u32 *accepted;            /* [run] */                                                                         \
  u32 *rejected;            /* [run] */                                                                         \
  const double *save_times; /* [save] */                                                                        \
  real *saved;              /* [save][state][run] */                                                            \
  u64 saves;                                                                                                    \
  double start, end, min_step;                                                                                  \
  u64 runs;                                                                                                     \
  u32 max_steps;                                                                                                \
  u32 choose_step;          /* 1: choose the first step */                                                      \
  u32 stops;                /* 1: steps end where states are saved */                                           \
  u32 keep_last;            /* 1: a run that failed keeps its last state */                                     \
  real first_step, rtol, beta1, beta2, beta3, safety, min_factor, max_factor;

extern __shared__ __align__(16) char scratch[];

static __device__ __forceinline__ u32 lane_address() {
  u32 stride;
  asm("mov.u32 %0, bk_lane_stride;" : "=r"(stride));
  return (u32)__cvta_generic_to_shared(scratch) + threadIdx.x * stride;
}

// Whether the next time to save at lies in the step that reached `time`.
#define IS_DUE(a, save, time) \
  ((save) < (a).saves && ((a).start < (a).end ? (a).save_times[save] <= (time) : (time) <= (a).save_times[save]))
