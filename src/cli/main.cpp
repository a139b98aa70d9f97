#include <sys/prctl.h>

#include <cstdio>
#include <new>

#include "cli/command.h"

int main(int argc, char** argv) {
  // In the portable bundle the kernel names the process after the loader that it executed.
  ::prctl(PR_SET_NAME, "layerwatt");
  layerwatt::cli::Terminal terminal = layerwatt::cli::process_terminal();
  try {
    return layerwatt::cli::run(argc, argv, terminal);
  } catch (const std::bad_alloc&) {
    // Drafts of files were removed on the way here. Nothing is left to put words together with.
    std::fputs(
        "layerwatt: out of memory: nothing more was written. Free some, or give it less to do at "
        "once ('map --jobs 1')\n",
        stderr);
    return 1;
  }
}
