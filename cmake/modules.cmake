# spm_module(NAME SOURCES a.cpp b.cpp [PUBLIC lib...] [PRIVATE lib...])
# One static library a folder, with an explicit list of sources. A .cpp that is not listed fails the configure step.
function(spm_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  spm_require_listed("*.cpp" ${arg_SOURCES})
  add_library(spm_${name} STATIC ${arg_SOURCES})
  target_include_directories(spm_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(spm_${name} PUBLIC ${arg_PUBLIC} PRIVATE spm_compile_options ${arg_PRIVATE})
  # Files that include Asio's or Beast's headers must see the same definitions as the ones that compile them.
  target_compile_definitions(spm_${name} PUBLIC
    $<TARGET_PROPERTY:spm_compile_options,INTERFACE_COMPILE_DEFINITIONS>)
endfunction()

# spm_unit_test(NAME SOURCES ... LIBS ...): one GoogleTest program; run by ctest as unit.NAME.
function(spm_unit_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
  spm_require_listed("*.cpp" ${arg_SOURCES})
  add_executable(test_${name} ${arg_SOURCES})
  target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src/${name} ${PROJECT_SOURCE_DIR}/tests/support)
  target_link_libraries(test_${name} PRIVATE spm_compile_options ${arg_LIBS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(test_${name} PRIVATE SPM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  # What is tested is optimised; the tests' own code is not, which halves its compile time.
  target_compile_options(test_${name} PRIVATE $<$<CONFIG:Release>:-O0>)
  add_test(NAME unit.${name} COMMAND test_${name} --gtest_brief=1)
  set_tests_properties(unit.${name} PROPERTIES TIMEOUT 300 LABELS unit
    ENVIRONMENT "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/tsan-asio.supp")
endfunction()

# spm_fuzz_target(NAME SOURCE LIBS ...): a program with a plain main (tests/fuzz/README.md); ctest runs it briefly.
function(spm_fuzz_target name source)
  cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
  add_executable(fuzz_${name} ${source})
  target_link_libraries(fuzz_${name} PRIVATE spm_compile_options spm_fuzz_main ${arg_LIBS})
  # Longer where the sanitizers watch; elsewhere it only must not rot.
  set(seconds 1)
  if(SPM_SANITIZER STREQUAL "address")
    set(seconds 10)
  endif()
  add_test(NAME fuzz.${name} COMMAND fuzz_${name} --seconds=${seconds} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
  set_tests_properties(fuzz.${name} PROPERTIES TIMEOUT 120 LABELS fuzz)
endfunction()

function(spm_require_listed pattern)
  file(GLOB present RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS ${pattern})
  foreach(file IN LISTS present)
    if(NOT file IN_LIST ARGN)
      message(FATAL_ERROR "${CMAKE_CURRENT_SOURCE_DIR}/${file} is not listed in its CMakeLists.txt: add it or delete it")
    endif()
  endforeach()
endfunction()
