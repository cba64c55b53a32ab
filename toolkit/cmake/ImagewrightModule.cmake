# SPDX-License-Identifier: MIT
# The one way to declare a module and its tests. tests/architecture reads these declarations.

# imagewright_add_module(NAME USES modules… THIRD_PARTY libraries… SOURCES files…)
#   static library imagewright::NAME from src/NAME, contract in include/imagewright/NAME
function(imagewright_add_module name)
  cmake_parse_arguments(PARSE_ARGV 1 module "" "" "USES;THIRD_PARTY;SOURCES")
  if(module_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "imagewright_add_module(${name}): unknown arguments ${module_UNPARSED_ARGUMENTS}")
  endif()
  add_library(imagewright_${name} STATIC ${module_SOURCES})
  add_library(imagewright::${name} ALIAS imagewright_${name})
  target_include_directories(imagewright_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(imagewright_${name} PUBLIC imagewright_settings PRIVATE imagewright_warnings)
  foreach(used IN LISTS module_USES)
    target_link_libraries(imagewright_${name} PUBLIC imagewright::${used})
  endforeach()
  foreach(library IN LISTS module_THIRD_PARTY)
    target_link_libraries(imagewright_${name} PRIVATE third_party::${library})
  endforeach()
endfunction()

# imagewright_add_test(NAME USES modules… SOURCES files… [LABELS labels…] [THIRD_PARTY libraries…] [ALONE])
#   one Catch2 program and one ctest entry; ALONE: it fills the machine (fork bombs, deadlines), nothing runs beside it
function(imagewright_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 test "ALONE" "" "USES;THIRD_PARTY;SOURCES;LABELS")
  add_executable(${name} ${test_SOURCES})
  target_link_libraries(${name} PRIVATE imagewright_test_support imagewright_warnings)
  # What is tested is optimized, the tests themselves need not be: Catch2 takes long to compile otherwise.
  target_compile_options(${name} PRIVATE -O0 -g1 -U_FORTIFY_SOURCE)
  foreach(used IN LISTS test_USES)
    target_link_libraries(${name} PRIVATE imagewright::${used})
  endforeach()
  foreach(library IN LISTS test_THIRD_PARTY)
    target_link_libraries(${name} PRIVATE third_party::${library})
  endforeach()
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  # Exit code 77: everything in it was skipped, and it said why.
  set_tests_properties(${name} PROPERTIES LABELS "${test_LABELS}" SKIP_RETURN_CODE 77)
  if(test_ALONE)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
  add_dependencies(imagewright_test_programs ${name})
endfunction()

# What the tests of modules and the replays of corpora need: a build with sanitizers compiles these alone.
add_custom_target(imagewright_test_programs)

# imagewright_module_directory(NAME): src/NAME and, when tests are wanted, tests/{unit,component}/NAME
function(imagewright_module_directory name)
  if(NOT EXISTS ${PROJECT_SOURCE_DIR}/src/${name}/CMakeLists.txt)
    return()
  endif()
  add_subdirectory(src/${name})
  if(NOT IMAGEWRIGHT_TESTS)
    return()
  endif()
  foreach(layer unit component)
    if(EXISTS ${PROJECT_SOURCE_DIR}/tests/${layer}/${name}/CMakeLists.txt)
      add_subdirectory(tests/${layer}/${name})
    endif()
  endforeach()
endfunction()
