# Counts tests in ctest's LastTest.log and prints "PASSED FAILED SKIPPED": each cmocka test
# function is one, a program without cmocka is one, and so is a program that crashed.
/^[0-9]+\/[0-9]+ Testing: / { inner_passed = inner_failed = inner = 0 }
/^\[  PASSED  \] [0-9]+ test/ { inner_passed += $4; inner = 1 }
/^\[  FAILED  \] [0-9]+ test/ { inner_failed += $4; inner = 1 }
/^\[  SKIPPED \] [0-9]+ test/ { skipped += $4 }
/^Test Passed\.$/ {
    passed += inner ? inner_passed : 1
}
/^Test (Failed|Timeout)\.|^Test time = .*Exception/ {
    passed += inner_passed
    failed += inner_failed > 0 ? inner_failed : 1
}
END { print passed + 0, failed + 0, skipped + 0 }
