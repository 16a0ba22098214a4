spm_fuzz_target(yaml fuzz_yaml.cpp LIBS spm_config)
