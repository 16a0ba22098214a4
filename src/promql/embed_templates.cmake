# Writes promql-templates/*.promql into a C++ source, so that the files and the program cannot differ.
# cmake -DFOLDER=... -DOUTPUT=... -P embed_templates.cmake
set(source "// Made from promql-templates/ by src/promql/embed_templates.cmake.\n#include \"built_in_templates.hpp\"\n\nnamespace spm::promql {\n")
foreach(kind latency call_rate error_rate native_latency native_call_rate native_error_rate)
  file(READ ${FOLDER}/${kind}.promql text)
  string(APPEND source "const std::string_view kBuiltIn_${kind} = R\"promql(${text})promql\";\n")
endforeach()
string(APPEND source "}  // namespace spm::promql\n")
file(WRITE ${OUTPUT} "${source}")
