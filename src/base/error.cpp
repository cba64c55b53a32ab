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

void throw_system_error(const std::string& code, const std::string& what, const std::string& path,
                        int error_number) {
  const bool is_full = error_number == ENOSPC || error_number == EDQUOT;
  throw Error(FailureKind::build, code,
              fmt::format("{} {}: {}", what, base::quoted(path),
                          std::generic_category().message(error_number)),
              is_full ? "make room there, or choose another place: --output-dir, --cache-dir" : "");
}

void throw_assertion_failed(const char* expression, const char* file, int line) {
  throw BugError(fmt::format("assertion failed: {} ({}:{})", expression, file, line));
}

} // namespace imagewright::base
