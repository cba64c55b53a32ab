// SPDX-License-Identifier: MIT
#include "feed_options.hpp"

#include "command.hpp"

namespace imagewright::cli {

namespace {

constexpr base::ByteSize k_largest_vex = base::ByteSize::mib(64);

} // namespace

std::vector<advisory::Suppression> suppressions_in(const std::string& path) {
  if (path.empty()) return {};
  return advisory::read_openvex(read_input(path, "OpenVEX document", k_largest_vex), path);
}

Argument vex_argument(std::string& path) {
  return {.names = {"--vex"},
          .value = "FILE",
          .description = "An OpenVEX document: what does not matter, and why",
          .target = &path,
          .completes = Completes::files};
}

} // namespace imagewright::cli
