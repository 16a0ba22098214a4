# What is fuzzed is private to the module, as in its unit tests.
foreach(target query_string form http_head)
  spm_fuzz_target(${target} fuzz_${target}.cpp LIBS spm_http)
  target_include_directories(fuzz_${target} PRIVATE ${PROJECT_SOURCE_DIR}/src/http)
endforeach()
