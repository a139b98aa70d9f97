#include "cli/command.h"

int main(int argc, char** argv) {
  layerwatt::cli::Terminal terminal = layerwatt::cli::process_terminal();
  return layerwatt::cli::run(argc, argv, terminal);
}
