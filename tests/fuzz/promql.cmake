spm_fuzz_target(promql fuzz_promql.cpp LIBS spm_promql)
spm_fuzz_target(templates fuzz_templates.cpp LIBS spm_promql)
spm_fuzz_target(jaeger_query fuzz_jaeger_query.cpp LIBS spm_promql)
