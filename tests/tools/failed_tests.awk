# What failed in the log of one stage of scripts/test.sh, each with the last lines that it printed:
#   awk -v stage=ci -f tests/tools/failed_tests.awk build/stages/ci.log
# A test failed if ctest lists it at its end: one that passed when it was tried again did not. Where no such list
# stands (compiling, linting, Node's tests, Python's), it is the stage that failed: its first errors and its end.

BEGIN { kept_lines = 15; kept_errors = 5 }

function keep(test, text) { printed[test, count[test]++ % kept_lines] = text }

function show(test,    line) {
  line = count[test] > kept_lines ? count[test] - kept_lines : 0
  for (; line < count[test]; line++) print "      " printed[test, line % kept_lines]
}

# GoogleTest's frame around one test says nothing that the test's name does not.
/^\[(=+|-+| RUN      |  PASSED  |  FAILED  )\]/ || /^ *[0-9]+ FAILED TESTS?$/ {next}
/^Note: Google Test filter/ || /^Running main\(\)/ || /^[ \t]*$/ {next}

/^ +Start +[0-9]+: / || /^[0-9]+% tests passed/ {current = ""; next}
/^ *([0-9]+\/[0-9]+ )?Test +#[0-9]+: / {
  current = ""
  if ($0 ~ /\*\*\*/) {
    current = $0
    sub(/^.*#[0-9]+: /, "", current)
    sub(/ .*$/, "", current)
    count[current] = 0
  }
  next
}
/^The following tests FAILED:/ {listed = 1; next}
listed && /^\t *[0-9]+ - / {
  names[++failed] = $3
  why[failed] = $0
  sub(/^.*\(/, "(", why[failed])
  next
}
{
  listed = 0
  if (current == "" && errors < kept_errors && /(error|Error|FAILED)[: ]/) {
    error_lines[++errors] = $0
    error_places[errors] = count[current] + 0
  }
  keep(current, $0)
}

END {
  for (n = 1; n <= failed; n++) {
    print "  " stage ": " names[n] " " why[n]
    show(names[n])
  }
  if (failed == 0) {
    print "  " stage
    for (n = 1; n <= errors; n++) if (error_places[n] < count[""] - kept_lines) print "      " error_lines[n]
    show("")
  }
}
