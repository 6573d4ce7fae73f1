// Written by bakelite from the plan of "Product": make the plan again rather than edit this.
// Element i of lane l: base_bytes + i * element_stride_bytes + l * lane_stride_bytes.
#ifndef BAKELITE_LAYOUT_tiled_H
#define BAKELITE_LAYOUT_tiled_H
namespace bakelite {
namespace tiled {
struct plan {
  static constexpr unsigned sm = 80;
  static constexpr unsigned block = 256;
  static constexpr unsigned dynamic_shared_bytes = 12288;
  static constexpr unsigned run_stride_bytes = 16;
  static constexpr unsigned per_block_base_bytes = 4096;
  static constexpr unsigned shared_bytes = 16;
  static constexpr unsigned shared_elements = 4;
  static constexpr unsigned local_bytes = 0;
  static constexpr unsigned local_elements = 0;
  static constexpr unsigned local_persistent_bytes = 0;
  static constexpr unsigned local_persistent_elements = 0;
  static constexpr unsigned shared_per_block_bytes = 8192;
  static constexpr unsigned shared_per_block_elements = 3104;
};
namespace tiles {
struct a { // [f32; 1024] in shared_per_block
  typedef float element;
  static constexpr bool enabled = true;
  static constexpr bool in_shared = true;
  static constexpr bool per_block = true;
  static constexpr unsigned length = 1024;
  static constexpr unsigned bytes = 4096;
  static constexpr unsigned offset_bytes = 0;
  static constexpr unsigned base_bytes = 4096;
  static constexpr unsigned element_stride_bytes = 4;
  static constexpr unsigned lane_stride_bytes = 0;
};
struct b { // [f32; 1024] in shared_per_block
  typedef float element;
  static constexpr bool enabled = true;
  static constexpr bool in_shared = true;
  static constexpr bool per_block = true;
  static constexpr unsigned length = 1024;
  static constexpr unsigned bytes = 4096;
  static constexpr unsigned offset_bytes = 4096;
  static constexpr unsigned base_bytes = 8192;
  static constexpr unsigned element_stride_bytes = 4;
  static constexpr unsigned lane_stride_bytes = 0;
};
namespace accumulate {
struct sums { // [f32; 4] in shared
  typedef float element;
  static constexpr bool enabled = true;
  static constexpr bool in_shared = true;
  static constexpr bool per_block = false;
  static constexpr unsigned length = 4;
  static constexpr unsigned bytes = 16;
  static constexpr unsigned offset_bytes = 0;
  static constexpr unsigned base_bytes = 0;
  static constexpr unsigned element_stride_bytes = 1024;
  static constexpr unsigned lane_stride_bytes = 4;
};
}
}
struct staged { // [f32; 1056] in shared_per_block
  typedef float element;
  static constexpr bool enabled = true;
  static constexpr bool in_shared = true;
  static constexpr bool per_block = true;
  static constexpr unsigned length = 1056;
  static constexpr unsigned bytes = 4224;
  static constexpr unsigned offset_bytes = 0;
  static constexpr unsigned base_bytes = 4096;
  static constexpr unsigned element_stride_bytes = 4;
  static constexpr unsigned lane_stride_bytes = 0;
};
}
}
#endif
