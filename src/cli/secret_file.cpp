// SPDX-License-Identifier: MIT
#include "secret_file.hpp"

#include "command.hpp"

namespace imagewright::cli {

std::string first_line_of(const std::string& path, const std::string& what) {
  const std::string text = read_input(path, what, base::ByteSize::mib(1));
  std::string line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

} // namespace imagewright::cli
