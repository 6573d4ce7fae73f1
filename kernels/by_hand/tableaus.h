// Coefficients of the two methods: sources in src/ode/steps/erk/tableaus. Row i of A has those of stage i.
struct Tsit5 {
  enum { STAGES = 7, LOOPED = 6, ORDER = 5 };
  static constexpr bool SAME = true, ADAPTIVE = true; // the last stage is the first of the next step
  static __device__ __forceinline__ constexpr double a(int i, int j) {
    constexpr double A[6][5] = {{}, {0.161}, {-0.008480655492356989, 0.335480655492357},
      {2.8971530571054935, -6.359448489975075, 4.3622954328695815},
      {5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525},
      {5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383}};
    return A[i][j];
  }
  static __device__ __forceinline__ constexpr double b(int j) {
    constexpr double B[6] = {0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774};
    return B[j];
  }
  static __device__ __forceinline__ constexpr double c(int i) {
    constexpr double C[7] = {0, 0.161, 0.327, 0.9, 0.9800255409045097, 1, 1};
    return C[i];
  }
  static __device__ __forceinline__ constexpr double error(int j) {
    constexpr double E[7] = {-0.001780011052225777, -0.0008164344596567469, 0.007880878010261995, -0.1447110071732629,
      0.5823571654525552, -0.45808210592918697, 1.0 / 66.0};
    return E[j];
  }
};

struct Rk4 {
  enum { STAGES = 4, LOOPED = 4, ORDER = 4 };
  static constexpr bool SAME = false, ADAPTIVE = false;
  static __device__ __forceinline__ constexpr double a(int i, int j) {
    constexpr double A[4][3] = {{}, {0.5}, {0, 0.5}, {0, 0, 1}};
    return A[i][j];
  }
  static __device__ __forceinline__ constexpr double b(int j) {
    constexpr double B[4] = {1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0};
    return B[j];
  }
  static __device__ __forceinline__ constexpr double c(int i) {
    constexpr double C[4] = {0, 0.5, 0.5, 1};
    return C[i];
  }
};
