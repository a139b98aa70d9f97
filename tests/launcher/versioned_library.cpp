// Symbols for the version scripts beside this file.
extern "C" {
int standin_one() { return 1; }
int standin_two() { return 2; }
}
