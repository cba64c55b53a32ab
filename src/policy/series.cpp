// SPDX-License-Identifier: MIT
#include <imagewright/policy/system_policy.hpp>

namespace imagewright::policy {

bool is_in_series(const std::string& version, const std::string& series) {
  if (series.empty() || !version.starts_with(series)) return false;
  if (version.size() == series.size()) return true;
  const char next = version[series.size()];
  return next < '0' || next > '9';
}

} // namespace imagewright::policy
