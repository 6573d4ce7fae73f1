// Every lane stores to its buffers where the header of a plan says, then reads what its neighbour stored.
#include "exported.h"
using namespace bakelite::exported;

struct Arguments {
  double *to; // [lane][element of state, then of inner.wide, then of inner.narrow]
};

static_assert(sizeof(state::element) == state::lane_stride_bytes && !history::in_shared && !spare::enabled, "as planned");
extern __shared__ double scratch[];

template <class Buffer> __device__ typename Buffer::element &at(unsigned lane, unsigned element) {
  unsigned byte = Buffer::base_bytes + element * Buffer::element_stride_bytes + lane * Buffer::lane_stride_bytes;
  return *reinterpret_cast<typename Buffer::element *>(reinterpret_cast<char *>(scratch) + byte);
}

template <class Buffer> __device__ void fill(unsigned lane, unsigned from) {
  for (unsigned i = 0; i < Buffer::length; ++i) at<Buffer>(lane, i) = 100 * (from + i) + lane;
}

template <class Buffer> __device__ void take(unsigned lane, double *to) {
  for (unsigned i = 0; i < Buffer::length; ++i) to[i] = at<Buffer>(lane, i);
}

extern "C" __global__ void exported(const __grid_constant__ Arguments a) {
  const unsigned wide = state::length, narrow = wide + inner::wide::length, all = narrow + inner::narrow::length;
  unsigned lane = threadIdx.x;
  fill<state>(lane, 0);
  fill<inner::wide>(lane, wide);
  fill<inner::narrow>(lane, narrow);
  __syncthreads();
  unsigned other = lane ^ 1;
  double *to = a.to + lane * all;
  take<state>(other, to);
  take<inner::wide>(other, to + wide);
  take<inner::narrow>(other, to + narrow);
}
