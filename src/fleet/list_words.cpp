// SPDX-License-Identifier: MIT
#include "list_words.hpp"

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>

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
  const std::string message = base::without_secrets(diagnostic.message);
  return diagnostic.where ? base::to_string(*diagnostic.where) + ": " + message : message;
}

} // namespace imagewright::fleet
