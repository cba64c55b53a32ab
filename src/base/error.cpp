// SPDX-License-Identifier: MIT
#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::base {

Error::Error(FailureKind kind, Diagnostic diagnostic)
    : kind_(kind), diagnostic_(std::move(diagnostic)),
      what_(fmt::format("{} [{}]", diagnostic_.message, diagnostic_.code)) {}

Error::Error(FailureKind kind, std::string code, std::string message, std::string hint)
    : Error(kind, Diagnostic{.code = std::move(code),
                             .message = std::move(message),
                             .hint = std::move(hint)}) {}

namespace {

/// What can be done about a refusal of the host; empty where the words say it.
std::string remedy_for(int error_number, const std::string& path) {
  switch (error_number) {
  case ENOSPC:
  case EDQUOT:
    return "make room there, or choose another place: --output-dir, --cache-dir";
  case EFBIG:
    return "raise the limit on the size of files (ulimit -f), or choose a filesystem that holds "
           "larger ones: --output-dir, --cache-dir";
  case EMFILE:
  case ENFILE:
    return "raise the limit on open files (ulimit -n)";
  case ENOENT:
    return path.starts_with("/dev/") ? "this place lacks devices that every host and container "
                                       "has: mount its /dev"
                                     : "";
  default:
    return {};
  }
}

} // namespace

void throw_system_error(const std::string& code, const std::string& what, const std::string& path,
                        int error_number) {
  throw Error(FailureKind::build, code,
              fmt::format("{} {}: {}", what, base::quoted(path),
                          std::generic_category().message(error_number)),
              remedy_for(error_number, path));
}

void throw_assertion_failed(const char* expression, const char* file, int line) {
  throw BugError(fmt::format("assertion failed: {} ({}:{})", expression, file, line));
}

} // namespace imagewright::base
