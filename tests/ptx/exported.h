// Written by bakelite from the plan of "Outer": make the plan again rather than edit this.
// Element i of lane l: base_bytes + i * element_stride_bytes + l * lane_stride_bytes.
#ifndef BAKELITE_LAYOUT_exported_H
#define BAKELITE_LAYOUT_exported_H
namespace bakelite {
namespace exported {
struct plan {
  static constexpr unsigned sm = 80;
  static constexpr unsigned block = 64;
  static constexpr unsigned dynamic_shared_bytes = 3072;
  static constexpr unsigned run_stride_bytes = 48;
  static constexpr unsigned per_block_base_bytes = 3072;
  static constexpr unsigned shared_bytes = 44;
  static constexpr unsigned shared_elements = 7;
  static constexpr unsigned local_bytes = 0;
  static constexpr unsigned local_elements = 0;
  static constexpr unsigned local_persistent_bytes = 16;
  static constexpr unsigned local_persistent_elements = 4;
  static constexpr unsigned shared_per_block_bytes = 0;
  static constexpr unsigned shared_per_block_elements = 0;
};
struct state { // [f64; 2] in shared
  typedef double element;
  static constexpr bool enabled = true;
  static constexpr bool in_shared = true;
  static constexpr bool per_block = false;
  static constexpr unsigned length = 2;
  static constexpr unsigned bytes = 16;
  static constexpr unsigned offset_bytes = 0;
  static constexpr unsigned base_bytes = 0;
  static constexpr unsigned element_stride_bytes = 512;
  static constexpr unsigned lane_stride_bytes = 8;
};
struct history { // [u32; 4] in local_persistent
  typedef unsigned element;
  static constexpr bool enabled = true;
  static constexpr bool in_shared = false;
  static constexpr bool per_block = false;
  static constexpr unsigned length = 4;
  static constexpr unsigned bytes = 16;
  static constexpr unsigned offset_bytes = 0;
  static constexpr unsigned base_bytes = 0;
  static constexpr unsigned element_stride_bytes = 4;
  static constexpr unsigned lane_stride_bytes = 0;
};
struct spare { // [f32; 0] in shared, disabled
  typedef float element;
  static constexpr bool enabled = false;
  static constexpr bool in_shared = true;
  static constexpr bool per_block = false;
  static constexpr unsigned length = 0;
  static constexpr unsigned bytes = 0;
  static constexpr unsigned offset_bytes = 0;
  static constexpr unsigned base_bytes = 0;
  static constexpr unsigned element_stride_bytes = 256;
  static constexpr unsigned lane_stride_bytes = 4;
};
namespace inner {
struct wide { // [f64; 2] in shared
  typedef double element;
  static constexpr bool enabled = true;
  static constexpr bool in_shared = true;
  static constexpr bool per_block = false;
  static constexpr unsigned length = 2;
  static constexpr unsigned bytes = 16;
  static constexpr unsigned offset_bytes = 16;
  static constexpr unsigned base_bytes = 1024;
  static constexpr unsigned element_stride_bytes = 512;
  static constexpr unsigned lane_stride_bytes = 8;
};
struct narrow { // [f32; 3] in shared
  typedef float element;
  static constexpr bool enabled = true;
  static constexpr bool in_shared = true;
  static constexpr bool per_block = false;
  static constexpr unsigned length = 3;
  static constexpr unsigned bytes = 12;
  static constexpr unsigned offset_bytes = 32;
  static constexpr unsigned base_bytes = 2048;
  static constexpr unsigned element_stride_bytes = 256;
  static constexpr unsigned lane_stride_bytes = 4;
};
}
}
}
#endif
