// SPDX-License-Identifier: MIT
#include "list_words.hpp"

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::fleet {

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         !base::has_control_characters(name);
}

base::Digest digest_member(const json::Value& object, std::string_view name,
                           const std::string& file) {
  const auto digest = base::Digest::parse(json::string_member(object, name, file));
  if (digest) return *digest;
  throw base::Error(base::FailureKind::input, "json.unexpected-value",
                    fmt::format("{}: {} must be a digest", file, base::quoted(name)));
}

std::string told(const base::Diagnostic& diagnostic) {
  if (!diagnostic.where) return diagnostic.message;
  return base::to_string(*diagnostic.where) + ": " + diagnostic.message;
}

} // namespace imagewright::fleet
