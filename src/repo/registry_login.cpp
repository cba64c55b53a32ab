// SPDX-License-Identifier: MIT
#include "registry_login.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::repo {

namespace {

constexpr const char* k_variable = "REGISTRY_AUTH_FILE";
constexpr base::ByteSize k_largest_file = base::ByteSize::mib(1);

[[noreturn]] void fail(const std::string& file, const std::string& why) {
  throw base::Error(
      base::FailureKind::input, "repo.registry-login",
      fmt::format("the logins in {} cannot be used: {}", base::quoted(file), why),
      fmt::format("make the file with \"skopeo login --authfile\", or unset {}", k_variable));
}

/// RFC 4648, section 4. What is in it is nobody's business here.
bool is_base64(std::string_view text) {
  constexpr std::size_t k_longest = 16384;
  const std::size_t end = text.find_last_not_of('=');
  const std::string_view digits = text.substr(0, end == std::string_view::npos ? 0 : end + 1);
  const auto is_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  };
  return !digits.empty() && text.size() <= k_longest && text.size() - digits.size() <= 2 &&
         std::ranges::all_of(digits, is_digit);
}

/// "registry.example/team/agent", "registry.example/team", "registry.example".
const json::Value* find_longest(const json::Value& logins, std::string name) {
  while (true) {
    if (const json::Value* found = logins.find(name)) return found;
    const std::size_t slash = name.rfind('/');
    if (slash == std::string::npos) return nullptr;
    name.resize(slash);
  }
}

} // namespace

std::optional<std::string> registry_login_in(std::string_view text, const std::string& file,
                                             const std::string& host, const std::string& name) {
  json::Value document;
  try {
    document = json::parse(std::string(text), file);
  } catch (const base::Error&) {
    // What the parser says could show a piece of a password.
    fail(file, "it is no JSON");
  }
  const json::Value* logins = document.find("auths");
  if (logins == nullptr) return std::nullopt;
  const json::Value* entry = find_longest(*logins, host + "/" + name);
  if (entry == nullptr) return std::nullopt;
  const json::Value* login = entry->find("auth");
  const std::string* value = login == nullptr ? nullptr : login->find_string();
  // Programs that keep logins elsewhere leave an entry that is empty.
  if (value == nullptr)
    fail(file, fmt::format("it has no login for {}, but says that there is one", host));
  if (!is_base64(*value)) fail(file, fmt::format("the login for {} is not in base64", host));
  return *value;
}

std::optional<std::string> find_registry_login(const std::string& host, const std::string& name) {
  const char* file = ::secure_getenv(k_variable);
  if (file == nullptr || *file == '\0') return std::nullopt;
  std::string text;
  try {
    text = fs::read_file(file, k_largest_file);
  } catch (const base::Error& error) {
    fail(file, error.diagnostic().message);
  }
  return registry_login_in(text, file, host, name);
}

} // namespace imagewright::repo
