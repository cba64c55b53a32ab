// SPDX-License-Identifier: MIT
#include <sys/stat.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/process/host_packages.hpp>
#include <imagewright/process/program.hpp>

namespace imagewright::process {

namespace {

bool is_executable_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

} // namespace

std::optional<std::filesystem::path> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (is_executable_file(name)) return name;
    return std::nullopt;
  }
  if (name.empty()) return std::nullopt;
  for (const std::string& directory : base::split(k_program_path, ':')) {
    const std::string path = directory + "/" + name;
    if (is_executable_file(path)) return path;
  }
  return std::nullopt;
}

std::filesystem::path program(const std::string& name) {
  if (auto path = find_program(name)) return *path;
  throw base::Error(base::FailureKind::host, "process.missing-tool",
                    "the program " + base::quoted(name) + " is not on this host",
                    how_to_install(name));
}

} // namespace imagewright::process
