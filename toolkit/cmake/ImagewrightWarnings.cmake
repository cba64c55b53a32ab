# SPDX-License-Identifier: MIT
# Warnings for our own code. They are errors in a git checkout and in CI, so that a packager with a newer compiler is not broken.

add_library(imagewright_warnings INTERFACE)
target_compile_options(imagewright_warnings INTERFACE
  -Wall -Wextra -Wpedantic
  -Wshadow               # a name that hides another is read wrongly
  -Wconversion -Wsign-conversion  # sizes from files must be narrowed on purpose
  -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual
  -Wswitch-enum)         # a new enumerator must be met everywhere
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(imagewright_warnings INTERFACE -Wduplicated-cond -Wlogical-op
    # g++ 12 with -O2 takes the unused alternatives of a moved std::variant or std::optional for uninitialised members.
    -Wno-maybe-uninitialized
    # g++ 12 with -O2 sees impossible overlaps in std::string's own operator+ (fixed in g++ 13).
    -Wno-restrict
    # g++ 12 asks for initialisers that designated initialisers leave out on purpose.
    -Wno-missing-field-initializers)
else()
  target_compile_options(imagewright_warnings INTERFACE -Wno-missing-field-initializers)
endif()

set(_strict_default OFF)
if(EXISTS ${PROJECT_SOURCE_DIR}/.git OR DEFINED ENV{CI})
  set(_strict_default ON)
endif()
option(IMAGEWRIGHT_STRICT "Warnings are errors" ${_strict_default})
if(IMAGEWRIGHT_STRICT)
  target_compile_options(imagewright_warnings INTERFACE -Werror)
endif()
