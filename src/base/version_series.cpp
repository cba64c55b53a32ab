// SPDX-License-Identifier: MIT
#include <imagewright/base/version_series.hpp>

namespace imagewright::base {

namespace {

bool is_alphanumeric(char character) {
  return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
         (character >= 'A' && character <= 'Z');
}

} // namespace

bool is_in_series(std::string_view version, std::string_view series) {
  if (series.empty() || !version.starts_with(series)) return false;
  // What follows must begin a new part: "6.6" is not the beginning of "6.60".
  return version.size() == series.size() || !is_alphanumeric(version[series.size()]);
}

} // namespace imagewright::base
