// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include <imagewright/base/secret_words.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/url.hpp>

namespace imagewright::base {

namespace {

constexpr std::array<std::string_view, 10> k_parts{
    "passw", "passphrase", "passcode",   "pwd",    "secret",
    "token", "credential", "privatekey", "apikey", "accesskey"};
constexpr std::array<std::string_view, 3> k_whole{"pass", "pw", "psw"};
constexpr std::size_t k_most_slips = 2;
/// A sentence or a path is no name of an option or a variable.
constexpr std::string_view k_of_no_name = " \t\n/\"'";

} // namespace

bool names_a_secret(std::string_view name) {
  std::string letters;
  for (const char character : name) {
    const auto byte = static_cast<unsigned char>(character);
    if (std::isalnum(byte) != 0) letters.push_back(static_cast<char>(std::tolower(byte)));
  }
  return std::ranges::find(k_whole, letters) != k_whole.end() ||
         std::ranges::any_of(
             k_parts,
             [&](std::string_view part) { return letters.find(part) != std::string::npos; }) ||
         (letters.size() < 16 && edit_distance(letters, "password") <= k_most_slips);
}

std::vector<std::string> arguments_without_secrets(std::vector<std::string> arguments) {
  bool is_value = false;
  for (std::string& argument : arguments) {
    const bool is_option = argument.starts_with('-');
    const std::size_t sign = argument.find_first_of("=:");
    const std::string_view name = std::string_view(argument).substr(0, sign);
    const bool is_named =
        name.find_first_of(k_of_no_name) == std::string_view::npos && names_a_secret(name);
    if (is_value && !is_option) {
      argument = k_mask;
      is_value = false;
      continue;
    }
    is_value = is_option && is_named && sign == std::string::npos;
    if (is_named && sign != std::string::npos && sign + 1 < argument.size())
      argument.replace(sign + 1, std::string::npos, k_mask);
  }
  return arguments;
}

std::string without_login(std::string_view address) {
  const std::string visible = without_secrets(address);
  const std::size_t at = visible.rfind('@');
  return at == std::string::npos ? visible : std::string(k_mask) + visible.substr(at);
}

} // namespace imagewright::base
