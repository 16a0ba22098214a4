# spm_python_test(SUITE NAME FILE...): ctest SUITE.NAME runs these files of tests/SUITE with Debian's Python, against
# the program of this build directory.
function(spm_python_test suite name)
  set(files ${ARGN})
  list(TRANSFORM files PREPEND ${PROJECT_SOURCE_DIR}/tests/${suite}/)
  add_test(NAME ${suite}.${name}
    COMMAND /usr/bin/python3 -m pytest -q -rs --no-header --tb=short -p no:cacheprovider
            --rootdir=${PROJECT_SOURCE_DIR}/tests/${suite} ${files}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${suite}.${name} PROPERTIES LABELS ${suite} TIMEOUT 900
    ENVIRONMENT "SPM_BINARY=${PROJECT_BINARY_DIR}/jaeger-spm-proxy;PYTHONDONTWRITEBYTECODE=1")
endfunction()
