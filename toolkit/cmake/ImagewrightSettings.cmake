# SPDX-License-Identifier: MIT
# What every target of ours is compiled with: the language standard, sanitizers, assertions, hardening.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

find_program(IMAGEWRIGHT_CCACHE ccache)
if(IMAGEWRIGHT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${IMAGEWRIGHT_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${IMAGEWRIGHT_CCACHE})
endif()

# A quarter of a test build is linking, and mold takes a tenth of the time.
find_program(IMAGEWRIGHT_MOLD mold)
if(IMAGEWRIGHT_MOLD AND NOT CMAKE_EXE_LINKER_FLAGS MATCHES "fuse-ld")
  add_link_options(-fuse-ld=mold)
endif()

set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(imagewright_settings INTERFACE)
target_compile_features(imagewright_settings INTERFACE cxx_std_20)
# Large files on every architecture; source paths must not end up in the binary, so that builds can be compared.
target_compile_definitions(imagewright_settings INTERFACE _FILE_OFFSET_BITS=64)
target_compile_options(imagewright_settings INTERFACE -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)

if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(imagewright_settings INTERFACE _GLIBCXX_ASSERTIONS)
else()
  target_compile_options(imagewright_settings INTERFACE -fstack-protector-strong)
  if(NOT IMAGEWRIGHT_SANITIZE)
    target_compile_definitions(imagewright_settings INTERFACE _FORTIFY_SOURCE=2)
  endif()
  target_link_options(imagewright_settings INTERFACE -Wl,-z,relro -Wl,-z,now)
endif()

if(IMAGEWRIGHT_SANITIZE)
  target_compile_options(imagewright_settings INTERFACE
    -fsanitize=${IMAGEWRIGHT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(imagewright_settings INTERFACE -fsanitize=${IMAGEWRIGHT_SANITIZE})
  # g++ says it itself.
  if(IMAGEWRIGHT_SANITIZE MATCHES "address" AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_compile_definitions(imagewright_settings INTERFACE __SANITIZE_ADDRESS__=1)
  endif()
endif()

# What is tested is optimized, the tests themselves need not be: Catch2 takes long to compile otherwise.
set(imagewright_test_options -O0 -g1 -U_FORTIFY_SOURCE)

# Every module reports its coverage to the fuzzing engine; only the harnesses link it.
if(IMAGEWRIGHT_FUZZERS)
  target_compile_options(imagewright_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()
