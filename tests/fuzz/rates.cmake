spm_fuzz_target(chunks fuzz_chunks.cpp LIBS spm_rates)
target_include_directories(fuzz_chunks PRIVATE ${PROJECT_SOURCE_DIR}/src/rates ${PROJECT_SOURCE_DIR}/tests/support)
