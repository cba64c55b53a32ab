# SPDX-License-Identifier: MIT
# Standard headers, parsed once for all modules and once for all tests: half of the time of most files is the parsing of them.
# Where ccache is there it is the better help, and it does not cache what was compiled with precompiled headers by default.
# Each file still includes what it uses; builds with ccache compile without this and would not pass otherwise.

set(precompile_by_default ON)
if(IMAGEWRIGHT_CCACHE)
  set(precompile_by_default OFF)
endif()
option(IMAGEWRIGHT_PRECOMPILE "Parse standard headers once" ${precompile_by_default})

set(imagewright_standard_headers
  <algorithm> <array> <cstdint> <filesystem> <functional> <map> <memory> <optional> <set> <span> <string> <string_view>
  <utility> <variant> <vector>)

# imagewright_precompile(NAME HEADERS…): a library whose precompiled headers other targets can reuse
function(imagewright_precompile name)
  set(source ${PROJECT_BINARY_DIR}/precompiled/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "// Made by toolkit/cmake/ImagewrightPrecompiled.cmake.\n")
  add_library(${name} OBJECT ${source})
  # With the warnings of who uses them: pedantry is seen by macros, and headers of another kind are refused.
  target_link_libraries(${name} PRIVATE imagewright_settings imagewright_warnings)
  target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()

if(IMAGEWRIGHT_PRECOMPILE)
  # g++ 12 forgets that what it has precompiled are system headers, and shows its false alarms in std::string; builds without
  # precompiled headers keep these warnings.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(imagewright_warnings INTERFACE -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
  endif()
  imagewright_precompile(imagewright_module_headers ${imagewright_standard_headers} <fmt/format.h>)
  target_link_libraries(imagewright_module_headers PRIVATE third_party::fmt)
endif()
if(IMAGEWRIGHT_PRECOMPILE AND IMAGEWRIGHT_TESTS)
  imagewright_precompile(imagewright_test_headers ${imagewright_standard_headers} <catch2/catch.hpp>)
  target_link_libraries(imagewright_test_headers PRIVATE Catch2::Catch2)
  target_compile_options(imagewright_test_headers PRIVATE ${imagewright_test_options})
  set_target_properties(imagewright_test_headers PROPERTIES POSITION_INDEPENDENT_CODE OFF)
endif()
