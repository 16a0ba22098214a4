spm_fuzz_target(store_json fuzz_store_json.cpp LIBS spm_prometheus)
target_include_directories(fuzz_store_json PRIVATE ${PROJECT_SOURCE_DIR}/src/prometheus)
