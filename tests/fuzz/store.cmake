foreach(target store_json store_lists)
  spm_fuzz_target(${target} fuzz_${target}.cpp LIBS spm_prometheus)
  target_include_directories(fuzz_${target} PRIVATE ${PROJECT_SOURCE_DIR}/src/prometheus)
endforeach()
