// What kernels take by value. Made by kernels/build from the list in src/ptx/kernels/arguments.rs. The including file says what `real` is.

// The most states that an unrolled kernel has.
enum { MAX_STATES = 8 };

struct UnrolledArguments {
  const real *initial; // [state][run]
  const real *parameters; // [parameter][run]
  real *last; // [state][run]
  double *reached; // [run]
  u32 *status; // [run]: 0, or why the run ended early (Status).
  u32 *accepted; // [run]
  u32 *rejected; // [run]
  const double *save_times; // [save], read by kernels that save.
  real *saved; // [save][state][run], written by kernels that save.
  u64 saves; // How many saves.
  double start; // The start of the span.
  double end; // The end of the span.
  double min_step; // The smallest step.
  u64 runs; // How many runs.
  u32 max_steps; // Steps tried before a run gives up.
  u32 choose_step; // 1: choose the first step.
  u32 stops; // 1: steps end where states are saved.
  u32 keep_last; // 1: a run that failed keeps its last state.
  real first_step; // The first step, signed, where it is given.
  real rtol; // The relative tolerance.
  real beta1; // Beta 1 of the controller, dimensionless.
  real beta2; // Beta 2 of the controller, dimensionless.
  real beta3; // Beta 3 of the controller, dimensionless.
  real safety; // The factor on every proposed step.
  real min_factor; // The smallest ratio of a step to the one before.
  real max_factor; // The largest ratio of a step to the one before.
  real atol[MAX_STATES]; // The absolute tolerance of each state, and anything behind them.
};

struct LoopedArguments {
  const real *initial; // [state][run]
  const real *parameters; // [parameter][run]
  real *last; // [state][run]
  double *reached; // [run]
  u32 *status; // [run]: 0, or why the run ended early (Status).
  u32 *accepted; // [run]
  u32 *rejected; // [run]
  const double *save_times; // [save], read by kernels that save.
  real *saved; // [save][state][run], written by kernels that save.
  u64 saves; // How many saves.
  double start; // The start of the span.
  double end; // The end of the span.
  double min_step; // The smallest step.
  u64 runs; // How many runs.
  u32 max_steps; // Steps tried before a run gives up.
  u32 choose_step; // 1: choose the first step.
  u32 stops; // 1: steps end where states are saved.
  u32 keep_last; // 1: a run that failed keeps its last state.
  real first_step; // The first step, signed, where it is given.
  real rtol; // The relative tolerance.
  real beta1; // Beta 1 of the controller, dimensionless.
  real beta2; // Beta 2 of the controller, dimensionless.
  real beta3; // Beta 3 of the controller, dimensionless.
  real safety; // The factor on every proposed step.
  real min_factor; // The smallest ratio of a step to the one before.
  real max_factor; // The largest ratio of a step to the one before.
  const real *atol; // The absolute tolerance of each state.
  u64 saved_stride; // States times runs.
};
