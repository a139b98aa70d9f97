/* Marks regions of a program, so that layerwatt tells what energy each takes.
 *
 * For C99 and C++, with nothing to link (POSIX threads on a C library older than glibc 2.34):
 *
 *   static uint32_t head;
 *   if (head == 0) head = lw_region_id("head");
 *   lw_region_begin(head);
 *   ...
 *   lw_region_end(head);
 *
 * Run the program under `layerwatt run --markers -- ./program`. Without that every call returns at
 * once, so that marks may stay in a program for good. Regions may nest, and threads and processes
 * may each have their own. No call allocates, locks or, once a thread has marked, asks the system
 * for anything; a begin or end takes some tens of nanoseconds (benchmarks/recorder).
 *
 * Work that is only queued (on a GPU) is not done where its call returns: wait for it before the
 * region ends.
 */
#ifndef LAYERWATT_MARKERS_H
#define LAYERWATT_MARKERS_H

#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#if !defined(__GNUC__)
#error "layerwatt/markers.h needs the atomics and weak symbols of GCC or Clang"
#endif
#if !defined(CLOCK_MONOTONIC) || !defined(O_CLOEXEC)
#error "layerwatt/markers.h needs POSIX.1-2008: -std=gnu99, or -D_POSIX_C_SOURCE=200809L"
#endif

#ifdef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wzero-as-null-pointer-constant"
extern "C" {
#endif

/* The file that both sides map: this header, then the table of names, then `capacity` marks. Mark i
 * of all ever written lies in slot i modulo capacity. */
#define LW_MARKERS_MAGIC UINT64_C(0x31534B52414D574C) /* "LWMARKS1" */
#define LW_MARKERS_NAMES 4096
#define LW_MARKERS_NAME_SIZE 124
#define LW_MARKERS_VARIABLE "LAYERWATT_MARKERS"

enum { LW_NAME_FREE = 0, LW_NAME_BEING_WRITTEN = 1, LW_NAME_WRITTEN = 2 };

typedef struct lw_markers_header {
  uint64_t magic;
  uint64_t capacity; /* a power of two */
  /* Marks ever written, and lanes ever given out; each alone in its cache line. */
  uint64_t written __attribute__((aligned(64)));
  uint32_t lanes __attribute__((aligned(64)));
  uint32_t padding[15];
} lw_markers_header;

typedef struct lw_markers_name {
  uint32_t state;
  char text[LW_MARKERS_NAME_SIZE]; /* ends with a zero unless it fills the place */
} lw_markers_name;

typedef struct lw_mark {
  uint64_t sequence; /* index + 1 once the rest is written */
  int64_t at_ns;     /* CLOCK_MONOTONIC */
  uint32_t lane;     /* of one thread, or of what stands for one */
  uint32_t what;     /* name's index times two, plus one where it begins */
  uint64_t padding;
} lw_mark;

/* What a process knows of the ring. Weak, so that all parts of a program that include this file
 * share one. `state`: 0 not looked for yet, 1 being attached, 2 attached, 3 there is none. */
typedef struct lw_markers_shared {
  uint32_t state;
  uint64_t mask;
  lw_markers_header* header;
  lw_markers_name* names;
  lw_mark* marks;
} lw_markers_shared;

__attribute__((weak)) lw_markers_shared lw_markers_of_process;
__attribute__((weak)) __thread uint32_t lw_markers_lane;

/* A child of fork() has this thread alone, whose marks are no longer the parent's. */
static inline void lw_markers_after_fork(void) { lw_markers_lane = 0; }

/* Maps the ring at `path`; 0 where it is one. */
static inline int lw_markers_attach(const char* path) {
  struct stat info;
  void* memory = MAP_FAILED;
  lw_markers_header* header;
  size_t names = (size_t)LW_MARKERS_NAMES * sizeof(lw_markers_name);
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return -1;
  if (fstat(file, &info) == 0 && (size_t)info.st_size >= sizeof(lw_markers_header) + names) {
    memory = mmap(NULL, (size_t)info.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  close(file);
  if (memory == MAP_FAILED) return -1;
  header = (lw_markers_header*)memory;
  if (header->magic != LW_MARKERS_MAGIC || header->capacity == 0 ||
      (header->capacity & (header->capacity - 1)) != 0 ||
      header->capacity >
          ((size_t)info.st_size - sizeof(lw_markers_header) - names) / sizeof(lw_mark)) {
    munmap(memory, (size_t)info.st_size);
    return -1;
  }
  lw_markers_of_process.names = (lw_markers_name*)(void*)(header + 1);
  lw_markers_of_process.marks = (lw_mark*)(void*)(lw_markers_of_process.names + LW_MARKERS_NAMES);
  lw_markers_of_process.mask = header->capacity - 1;
  lw_markers_of_process.header = header;
  pthread_atfork(NULL, NULL, lw_markers_after_fork);
  return 0;
}

/* Looks for the ring once. Whether marks go anywhere. */
static inline int lw_markers_ready(void) {
  uint32_t state = __atomic_load_n(&lw_markers_of_process.state, __ATOMIC_ACQUIRE);
  int waited;
  if (__builtin_expect(state == 2, 1)) return 1;
  if (state == 3) return 0;
  if (state == 0 && __atomic_compare_exchange_n(&lw_markers_of_process.state, &state, 1, 0,
                                                __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
    const char* path = getenv(LW_MARKERS_VARIABLE);
    state = path != NULL && lw_markers_attach(path) == 0 ? 2 : 3;
    __atomic_store_n(&lw_markers_of_process.state, state, __ATOMIC_RELEASE);
    return state == 2;
  }
  /* Another thread is attaching, which takes microseconds: an identifier of 0 might be kept for
   * good. A signal handler on top of that thread would wait for ever. */
  for (waited = 0; state == 1 && waited < 2000; ++waited) {
    struct timespec moment = {0, 50000};
    nanosleep(&moment, NULL);
    state = __atomic_load_n(&lw_markers_of_process.state, __ATOMIC_ACQUIRE);
  }
  return state == 2;
}

/* A lane of one's own, for what is not a thread (a coroutine); 0 where there is no ring. */
static inline uint32_t lw_new_lane(void) {
  if (!lw_markers_ready()) return 0;
  return __atomic_add_fetch(&lw_markers_of_process.header->lanes, 1, __ATOMIC_RELAXED);
}

/* The number of a name, for begin and end: the same for the same name, in all processes under one
 * ring. 0 where there is no ring. Names longer than 124 bytes are cut; those beyond the 4,095th
 * share the number 1, "(other regions)". Looks through all names: call it once a name. */
static inline uint32_t lw_region_id(const char* name) {
  char text[LW_MARKERS_NAME_SIZE];
  size_t length;
  uint32_t i;
  int waited;
  if (!lw_markers_ready()) return 0;
  length = strlen(name);
  memset(text, 0, sizeof text);
  memcpy(text, name, length < sizeof text ? length : sizeof text);
  for (i = 2; i < LW_MARKERS_NAMES; ++i) {
    lw_markers_name* entry = &lw_markers_of_process.names[i];
    uint32_t state = __atomic_load_n(&entry->state, __ATOMIC_ACQUIRE);
    if (state == LW_NAME_FREE &&
        __atomic_compare_exchange_n(&entry->state, &state, LW_NAME_BEING_WRITTEN, 0,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      memcpy(entry->text, text, sizeof text);
      __atomic_store_n(&entry->state, LW_NAME_WRITTEN, __ATOMIC_RELEASE);
      return i;
    }
    /* Whoever writes it may have died: then the name gets a second place, which is no harm. */
    for (waited = 0; state == LW_NAME_BEING_WRITTEN && waited < 100000; ++waited) {
      state = __atomic_load_n(&entry->state, __ATOMIC_ACQUIRE);
    }
    if (state == LW_NAME_WRITTEN && memcmp(entry->text, text, sizeof text) == 0) return i;
  }
  return 1;
}

static inline void lw_markers_write(uint32_t lane, uint32_t what) {
  struct timespec now;
  uint64_t index;
  lw_mark* mark;
  clock_gettime(CLOCK_MONOTONIC, &now);
  index = __atomic_fetch_add(&lw_markers_of_process.header->written, 1, __ATOMIC_RELAXED);
  mark = &lw_markers_of_process.marks[index & lw_markers_of_process.mask];
  __atomic_store_n(&mark->sequence, 0, __ATOMIC_RELAXED);
  /* Release, each: a reader that sees new content also sees that the slot was about to change. */
  __atomic_store_n(&mark->at_ns, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, __ATOMIC_RELEASE);
  __atomic_store_n(&mark->lane, lane, __ATOMIC_RELEASE);
  __atomic_store_n(&mark->what, what, __ATOMIC_RELEASE);
  __atomic_store_n(&mark->sequence, index + 1, __ATOMIC_RELEASE);
}

/* A region begins and ends here, in a lane from lw_new_lane(). */
static inline void lw_region_begin_in(uint32_t lane, uint32_t id) {
  if (id != 0 && lw_markers_ready()) lw_markers_write(lane, id * 2 + 1);
}
static inline void lw_region_end_in(uint32_t lane, uint32_t id) {
  if (id != 0 && lw_markers_ready()) lw_markers_write(lane, id * 2);
}

/* The same in the lane of this thread. */
static inline void lw_region_begin(uint32_t id) {
  if (id == 0 || !lw_markers_ready()) return;
  if (lw_markers_lane == 0) lw_markers_lane = lw_new_lane();
  lw_markers_write(lw_markers_lane, id * 2 + 1);
}
static inline void lw_region_end(uint32_t id) {
  if (id == 0 || !lw_markers_ready()) return;
  if (lw_markers_lane == 0) lw_markers_lane = lw_new_lane();
  lw_markers_write(lw_markers_lane, id * 2);
}

#ifdef __cplusplus
} /* extern "C" */
#pragma GCC diagnostic pop

/// A region as long as a scope: `const lw_region region(id);`
class lw_region {
 public:
  explicit lw_region(uint32_t id) : id_(id) { lw_region_begin(id_); }
  ~lw_region() { lw_region_end(id_); }
  lw_region(const lw_region&) = delete;
  lw_region& operator=(const lw_region&) = delete;

 private:
  uint32_t id_;
};
#endif

#endif /* LAYERWATT_MARKERS_H */
