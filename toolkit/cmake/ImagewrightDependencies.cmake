# SPDX-License-Identifier: MIT
# Third-party libraries, each under one name of ours. A module declares the ones that it may include (THIRD_PARTY).

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
if(IMAGEWRIGHT_TESTS)
  find_package(Catch2 2 REQUIRED)
endif()

# imagewright_third_party(NAME TARGETS…): the interface library third_party::NAME
function(imagewright_third_party name)
  add_library(third_party_${name} INTERFACE)
  add_library(third_party::${name} ALIAS third_party_${name})
  target_link_libraries(third_party_${name} INTERFACE ${ARGN})
endfunction()

function(imagewright_pkg_config name)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${ARGN})
  imagewright_third_party(${name} PkgConfig::${name})
endfunction()

imagewright_third_party(fmt fmt::fmt)
imagewright_third_party(spdlog spdlog::spdlog)
imagewright_third_party(yaml-cpp yaml-cpp)
imagewright_pkg_config(libcrypto libcrypto)
imagewright_pkg_config(expat expat)
imagewright_pkg_config(libarchive libarchive)
imagewright_pkg_config(liblzma liblzma)
imagewright_pkg_config(libzstd libzstd)
imagewright_pkg_config(zlib zlib)
imagewright_pkg_config(libcurl libcurl)
imagewright_pkg_config(librepo librepo gpgme)
imagewright_pkg_config(libsolv libsolv libsolvext)
# libsolv's headers have a struct field named "requires", a keyword of C++20.
target_compile_definitions(third_party_libsolv INTERFACE LIBSOLV_SOLVABLE_PREPEND_DEP)
imagewright_pkg_config(librpm rpm)
imagewright_pkg_config(libselinux libselinux)
imagewright_pkg_config(libfdisk fdisk)
imagewright_pkg_config(libext2fs ext2fs com_err)

find_path(CLI11_INCLUDE_DIR CLI/CLI.hpp REQUIRED)
add_library(cli11_headers INTERFACE)
target_include_directories(cli11_headers SYSTEM INTERFACE ${CLI11_INCLUDE_DIR})
imagewright_third_party(cli11 cli11_headers)

find_path(NLOHMANN_JSON_INCLUDE_DIR nlohmann/json.hpp REQUIRED)
add_library(nlohmann_json_headers INTERFACE)
target_include_directories(nlohmann_json_headers SYSTEM INTERFACE ${NLOHMANN_JSON_INCLUDE_DIR})
imagewright_third_party(nlohmann-json nlohmann_json_headers)
