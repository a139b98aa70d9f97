/* What a user's C program does: marks regions by layerwatt/markers.h. How is its argument. */
#include <stdio.h>
#include <sys/types.h>

#include "layerwatt/markers.h"

static void rest(void) {
  const struct timespec time = {0, 60 * 1000 * 1000};
  nanosleep(&time, NULL);
}

static void region(const char* name) {
  const uint32_t id = lw_region_id(name);
  lw_region_begin(id);
  rest();
  lw_region_end(id);
}

static void* worker(void* name) {
  region((const char*)name);
  return NULL;
}

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "nested";
  const uint32_t pass = lw_region_id("pass");
  if (strcmp(how, "nested") == 0) {
    lw_region_begin(pass);
    region("backbone");
    region("head");
    lw_region_end(pass);
  } else if (strcmp(how, "cross") == 0) {
    const uint32_t other = lw_region_id("other");
    lw_region_begin(pass);
    rest();
    lw_region_begin(other);
    rest();
    lw_region_end(pass);
    rest();
    lw_region_end(other);
  } else if (strcmp(how, "open") == 0) {
    lw_region_begin(pass);
    rest();
  } else if (strcmp(how, "threads") == 0) {
    char one[] = "one";
    char two[] = "two";
    pthread_t threads[2];
    if (pthread_create(&threads[0], NULL, worker, one) != 0) return 3;
    if (pthread_create(&threads[1], NULL, worker, two) != 0) return 3;
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
  } else if (strcmp(how, "leave") == 0) {
    lw_region_begin(pass);
    if (fork() == 0) {
      region("left behind");
      region("left behind");
      return 0;
    }
    lw_region_end(pass);
    rest();
  } else {
    fprintf(stderr, "how?\n");
    return 2;
  }
  return 0;
}
