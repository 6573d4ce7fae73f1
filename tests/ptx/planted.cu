// 46 kernels, most with a planted bug: what becomes of each is in tests/device/planted_kernels.rs. Two more are legal code as it is written.

// shared RAW: missing barrier, other warp
extern "C" __global__ void raw_other_warp(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s[64]; s[t]=t; g[t]=s[63-t];
}

// shared RAW: missing barrier, same warp
extern "C" __global__ void raw_same_warp(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s[32]; s[t]=t; g[t]=s[31-t];
}

// shared WAR: read then overwritten, other warp
extern "C" __global__ void war_other_warp(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s[64]; s[t]=t; __syncthreads(); int v=s[63-t]; s[t]=v+1; __syncthreads(); g[t]=s[t];
}

// shared WAR same warp
extern "C" __global__ void war_same_warp(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s[32]; s[t]=t; __syncthreads(); int v=s[31-t]; s[t]=v+1; __syncthreads(); g[t]=s[t];
}

// shared WAW different values
extern "C" __global__ void waw(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s; s=t; __syncthreads(); g[t]=s;
}

// shared WAW same value (benign flag)
extern "C" __global__ void waw_same_value(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s; if(t==0)s=0; __syncthreads(); if(g[t]==0) s=1; __syncthreads(); g[t]=s;
}

// shared atomic vs plain
extern "C" __global__ void atomic_beside_plain(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s; if(t==0)s=0; __syncthreads(); atomicAdd(&s,1); g[t]=s;
}

// tree reduction missing barrier
extern "C" __global__ void tree_without_barrier(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s[64]; s[t]=g[t]; __syncthreads(); for(int o=32;o;o>>=1){ if(t<o) s[t]+=s[t+o]; } if(t==0) g[0]=s[0];
}

// byte race within one word
extern "C" __global__ void byte_race(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ char s[64]; s[t]=t; __syncthreads(); s[t]=s[t^1]+1; __syncthreads(); g[t]=s[t];
}

// byte-wise write by neighbours (legal!)
extern "C" __global__ void bytes_of_neighbours(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ char s[64]; s[t]=t; __syncthreads(); g[t]=s[63-t];
}

// short-wise write by neighbours (legal!)
extern "C" __global__ void shorts_of_neighbours(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ short s[64]; s[t]=t*3; __syncthreads(); g[t]=s[63-t];
}

// byte own read-back (legal!)
extern "C" __global__ void byte_of_its_own(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ char s[64]; s[t]=t; g[t]=s[t];
}

// global OOB by one (read)
extern "C" __global__ void global_read_behind(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  g[i]=g[i+1];
}

// global OOB by one (write)
extern "C" __global__ void global_write_behind(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  g[i+1]=i;
}

// global OOB before start
extern "C" __global__ void global_read_before(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  g[i]=g[i-1];
}

// global OOB 300 elements (beyond the 256-byte gap)
extern "C" __global__ void global_far_behind(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  g[i]=i; if(t==0) g[64+300]=1;
}

// shared OOB by one
extern "C" __global__ void shared_behind(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s[64]; s[t]=t; __syncthreads(); g[t]=s[t+1];
}

// shared OOB by one into next array
extern "C" __global__ void shared_next_array(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s[64]; __shared__ int r[64]; s[t]=t; r[t]=7; __syncthreads(); g[t]=s[t+1]+r[t];
}

// local OOB
extern "C" __global__ void local_behind(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  int a[4]; for(int k=0;k<4;k++)a[k]=k*n; int s=0; for(int k=0;k<=(n>>4);k++) s+=a[k+(g[t]&1)]; g[t]=s;
}

// uninitialised shared read
extern "C" __global__ void shared_unset(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s[64]; if(t<63) s[t]=t; __syncthreads(); g[t]=s[t];
}

// uninitialised local read
extern "C" __global__ void local_unset(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  int a[8]; for(int k=0;k<n/16;k++) a[k]=k; g[t]=a[(t&7)];
}

// uninitialised global read (cudaMalloc memory)
extern "C" __global__ void global_unset(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  g[i]=g[i]+1;
}

// misaligned int
extern "C" __global__ void misaligned_int(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  *(int*)((char*)g+1+4*t)=t;
}

// misaligned int4
extern "C" __global__ void misaligned_int4(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  ((int4*)(g+1))[t&7]=make_int4(1,2,3,4);
}

// divergent barrier (half the block)
extern "C" __global__ void barrier_of_half(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s[64]; s[t]=t; if(t<32) __syncthreads(); g[t]=s[t];
}

// divergent barrier within warp
extern "C" __global__ void barrier_within_warp(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s[64]; s[t]=t; if(t&1) __syncthreads(); g[t]=s[t];
}

// barrier after early return
extern "C" __global__ void barrier_after_return(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s[64]; if(t>=50) return; s[t]=t; __syncthreads(); g[t]=s[49-t];
}

// different barriers in if/else
extern "C" __global__ void barriers_in_branches(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s[64]; s[t]=t; if(t<32){ __syncthreads(); g[t]=1; } else { __syncthreads(); g[t]=2; }
}

// shfl from inactive lane
extern "C" __global__ void shuffle_absent(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  int v=t; if(t<16) v=__shfl_sync(0xffffffffu,v,20); g[t]=v;
}

// shfl mask without own lane
extern "C" __global__ void shuffle_not_in_mask(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  int v=__shfl_sync(0x0000ffffu,t,3); g[t]=v;
}

// syncwarp mask mismatch
extern "C" __global__ void syncwarp_of_some(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  if(t<16) __syncwarp(0xffffffffu); g[t]=t;
}

// race on global between blocks
extern "C" __global__ void global_race_of_blocks(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  g[t]=blockIdx.x;
}

// race on global within block
extern "C" __global__ void global_race_in_block(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  g[t]=t; g[(t+1)&63]+=1;
}

// div by zero
extern "C" __global__ void divided_by_zero(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  g[t]=n/(g[t]);
}

// int overflow shift
extern "C" __global__ void shift_too_far(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  g[t]=n<<(t);
}

// null pointer
extern "C" __global__ void null_pointer(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  int*p=0; if(n>0) p[t]=1;
}

// stack pointer escaped to other thread
extern "C" __global__ void escaped_stack(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int* p; int a[4]={t,1,2,3}; if(t==0) p=a; __syncthreads(); g[t]=p[n>>6];
}

// write const
__constant__ int constants[4]={1,2,3,4};
extern "C" __global__ void write_constant(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  *(int*)&constants[0]=1; g[t]=constants[t&3];
}

// volatile spin on other warp (hang)
extern "C" __global__ void spin(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  volatile __shared__ int f; if(t==0) f=0; __syncthreads(); if(t==40) f=1; else if(t==0) while(f==0); g[t]=t;
}

// warp-synchronous legacy reduction (volatile, no syncwarp)
extern "C" __global__ void legacy_reduction(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ volatile int s[64]; s[t]=g[t]; __syncthreads(); if(t<32){ s[t]+=s[t+32]; s[t]+=s[t+16]; s[t]+=s[t+8]; s[t]+=s[t+4]; s[t]+=s[t+2]; s[t]+=s[t+1]; } if(t==0) g[0]=s[0];
}

// dynamic shared too small
extern "C" __global__ void dynamic_too_small(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  extern __shared__ int dynamic[]; dynamic[t]=t; __syncthreads(); g[t]=dynamic[63-t];
}

// dynamic shared not zeroed assumption
extern "C" __global__ void dynamic_unset(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  extern __shared__ int dynamic[]; atomicAdd(&dynamic[t&3],1); __syncthreads(); g[t]=dynamic[t&3];
}

// __syncwarp sufficient (legal)
extern "C" __global__ void syncwarp_is_enough(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s[64]; s[t]=t; __syncwarp(); g[t]=s[t^1];
}

// cross-warp after syncwarp only
extern "C" __global__ void syncwarp_of_two_warps(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s[64]; s[t]=t; __syncwarp(); g[t]=s[63-t];
}

// partial syncwarp(half) then read other half
extern "C" __global__ void syncwarp_of_half(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s[32]; s[t]=t; if(t<16) __syncwarp(0xffff); else __syncwarp(0xffff0000u); g[t]=s[31-t];
}

// atomic race behind syncwarp
extern "C" __global__ void atomic_behind_syncwarp(int *g, int n) {
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
  __shared__ int s[32]; s[t]=0; __syncthreads(); if(t==0) s[1]=5; __syncwarp(); if(t==32) atomicAdd(&s[1],1); __syncthreads(); g[t]=s[t&31];
}

// A tile of bytes: every thread has its own byte.
extern "C" __global__ void byte_tile(int *g, int n) {
  __shared__ unsigned char tile[64];
  tile[threadIdx.x] = (unsigned char)(g[threadIdx.x] + 3 * threadIdx.x);
  __syncthreads();
  g[threadIdx.x] = tile[63 - threadIdx.x];
}

// Flags of one byte, set by many threads to the same, and counts of two bytes beside each other.
extern "C" __global__ void flags_and_counts(int *g, int n) {
  __shared__ bool raised[3];
  __shared__ short counts[64];
  int t = threadIdx.x;
  if (t < 3) raised[t] = false;
  counts[t] = (short)(t - 32);
  __syncthreads();
  if (counts[63 - t] > 0) raised[1] = true;
  __syncthreads();
  g[t] = raised[t % 3] * 1000 + counts[t];
}
