#include <sys/prctl.h>

#include "cli/command.h"

int main(int argc, char** argv) {
  // In the portable bundle the kernel names the process after the loader that it executed.
  ::prctl(PR_SET_NAME, "layerwatt");
  layerwatt::cli::Terminal terminal = layerwatt::cli::process_terminal();
  return layerwatt::cli::run(argc, argv, terminal);
}
