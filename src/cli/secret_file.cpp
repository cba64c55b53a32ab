// SPDX-License-Identifier: MIT
#include "secret_file.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>

#include "command.hpp"

namespace imagewright::cli {

std::string first_line_of(const std::string& path, const std::string& what) {
  // Somebody may have given the secret in the place of its file. A path below a directory that is
  // there is none.
  std::error_code error;
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  const bool is_path = !directory.empty() && std::filesystem::is_directory(directory, error);
  if (!path.empty() && !is_path && !std::filesystem::exists(path, error)) {
    throw base::Error(base::FailureKind::input, "cli.missing-input",
                      fmt::format("the file with the {} is not there", what),
                      "give the path of a file; what was given is not shown, as it may be the "
                      "secret itself");
  }
  const std::string text = read_input(path, what, base::ByteSize::mib(1));
  std::string line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

} // namespace imagewright::cli
