/* A driver without a GPU that fails when it is told to. Behind this text stand lines `CALL(name, body)`, one for each function, which
   tests/driver_words.rs writes from the list of functions in src/cuda/seam/table.rs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static __thread void *current;
static const char *failing = "";
static int failing_code;
static int retain_code[2];
static int devices = 1;
static int major[2] = {9, 9};
static char called[1 << 14];
static int takes_two;

/* What the test says. */
void stub_fail(const char *name, int code) { failing = name; failing_code = code; }
void stub_retain(int device, int code) { retain_code[device] = code; }
void stub_takes_two(int yes) { takes_two = yes; }
void stub_devices(int count, int first, int second) { devices = count; major[0] = first; major[1] = second; }
/* The functions that were called since the last question, each once, with a blank behind it. */
const char *stub_called(void) { static char last[sizeof called]; memcpy(last, called, sizeof called); called[0] = 0; return last; }

static int enter(const char *name) {
  char word[80];
  snprintf(word, sizeof word, "%s ", name);
  if (!strstr(called, word) && strlen(called) + strlen(word) < sizeof called) strcat(called, word);
  return strcmp(name, failing) ? 0 : failing_code;
}

int cuGetErrorString(int code, const char **text) {
  static __thread char words[64];
  *text = 0;
  if (code == 1234) return 1; /* a number that this driver does not know itself */
  snprintf(words, sizeof words, "stub words %d.", code);
  *text = words;
  return 0;
}

static int attribute(int which, int device) {
  switch (which) {
  case 1: return 1024;
  case 10: return 32;
  case 16: return 132;
  case 75: return major[device];
  case 97: return 232448;
  default: return 0;
  }
}

/* The last launch: grid, block, shared bytes, and the first two parameters, of 8 and of 4 bytes. */
struct launch { unsigned grid[3], block[3], shared, number; unsigned long address; };
static struct launch last;
const struct launch *stub_launched(void) { return &last; }

int cuLaunchKernel(void *function, unsigned x, unsigned y, unsigned z, unsigned bx, unsigned by, unsigned bz, unsigned shared,
                   void *stream, void **parameters, void **extra) {
  int code = enter("cuLaunchKernel");
  if (code) return code;
  struct launch now = {{x, y, z}, {bx, by, bz}, shared, 0, 0};
  memcpy(&now.address, parameters[0], 8);
  if (takes_two) memcpy(&now.number, parameters[1], 4);
  last = now;
  return 0;
}

#define INT(p) ((int)(long)(p))
#define CALL(name, body) \
  int name(void *a, void *b, void *c, void *d, void *e, void *f) { \
    int code = enter(#name); \
    if (code) return code; \
    body; \
    return 0; \
  }

