// Right-hand sides: the derivative d of the state y at time t, which is rounded where it meets a state, for parameters p. State and Parameters may lie in shared memory.
struct Lorenz {
  enum { STATES = 3, PARAMETERS = 3 };
  template <class State, class Parameters> static __device__ __forceinline__ void rhs(double, State &y, Parameters &p, real (&d)[STATES]) {
    d[0] = p[0] * (y[1] - y[0]);
    d[1] = y[0] * (p[1] - y[2]) - y[1];
    d[2] = y[0] * y[1] - p[2] * y[2];
  }
};

struct VanDerPol {
  enum { STATES = 2, PARAMETERS = 1 };
  template <class State, class Parameters> static __device__ __forceinline__ void rhs(double, State &y, Parameters &p, real (&d)[STATES]) {
    d[0] = y[1];
    d[1] = p[0] * (y[1] - y[0] * y[0] * y[1]) - y[0];
  }
};

// Coupled oscillators with a forcing in time, as in tests/common/rings.rs.
struct Ring8 {
  enum { STATES = 8, PARAMETERS = 2 };
  template <class State, class Parameters> static __device__ __forceinline__ void rhs(double t, State &y, Parameters &p, real (&d)[STATES]) {
#pragma unroll
    for (int i = 0; i < STATES; i++) {
      real damp = (real)(p[1] * t) / (1 + root(y[i] * y[i] + 1));
      d[i] = fused(y[(i + 1) % STATES] - y[i], y[(i + STATES - 1) % STATES], p[0] - y[i]) + damp;
    }
  }
};
