// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/input.hpp>

namespace imagewright::fs {

std::string read_input(const std::filesystem::path& path, const std::string& what,
                       base::ByteSize limit) {
  try {
    return read_file(path, limit);
  } catch (const base::Error& error) {
    // Nothing has failed yet: what was given is not what is needed.
    base::Diagnostic diagnostic = error.diagnostic();
    if (diagnostic.hint.empty()) diagnostic.hint = fmt::format("give the file with the {}", what);
    throw base::Error(base::FailureKind::input, std::move(diagnostic));
  }
}

} // namespace imagewright::fs
