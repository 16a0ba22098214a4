# Language, warnings, sanitizers, ccache and linker: one place for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(SPM_CCACHE ccache)
if(SPM_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SPM_CCACHE})
endif()

add_library(spm_compile_options INTERFACE)
target_compile_options(spm_compile_options INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Werror
  # Answers are promised to the last bit: a fused multiply-add rounds once where Go on amd64 rounds twice.
  -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 reports overlapping copies inside std::string that are not there (GCC bug 105651),
  # and null or uninitialised values inside its own coroutine frames and std::optional.
  target_compile_options(spm_compile_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()
target_compile_definitions(spm_compile_options INTERFACE
  # Compiled once, in src/base/asio_*.cpp, instead of in every file that includes Asio or Beast.
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED)

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

if(SPM_SANITIZER STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(SPM_SANITIZER STREQUAL "thread")
  # TSan does not understand fences; Asio has a mode without them, and every file must agree on it.
  add_compile_options(-fsanitize=thread -Wno-tsan)
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  add_link_options(-fsanitize=thread)
elseif(NOT SPM_SANITIZER STREQUAL "")
  message(FATAL_ERROR "SPM_SANITIZER is '${SPM_SANITIZER}': write 'address', 'thread' or nothing")
endif()

find_program(SPM_MOLD mold)
if(SPM_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
