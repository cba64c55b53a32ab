// SPDX-License-Identifier: MIT
#include "unit_id.hpp"

#include <algorithm>

#include <imagewright/base/digest.hpp>

namespace imagewright::fleet {

namespace {

// RFC 1123: what a label holds, and Kubernetes takes as a name.
constexpr std::size_t k_longest = 63;
constexpr std::size_t k_digest_digits = 8;

bool is_letter(char character) {
  return character >= 'a' && character <= 'z';
}

bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

void append(std::string& id, std::string_view part) {
  if (!id.empty() && id.back() != '-') id += '-';
  for (const char character : part) {
    const char lower =
        character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
    if (is_letter(lower) || is_digit(lower)) {
      id += lower;
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
}

} // namespace

std::string unit_id(std::string_view variant, std::string_view architecture,
                    std::string_view platform) {
  std::string id;
  append(id, variant);
  append(id, architecture);
  append(id, platform);
  while (!id.empty() && id.back() == '-')
    id.pop_back();
  // Services of Kubernetes and jobs of Azure Pipelines begin with a letter.
  if (id.empty() || !is_letter(id.front())) id.insert(0, "u-");
  if (id.size() <= k_longest) return id;
  const std::string digest = base::digest_of(id).hex.substr(0, k_digest_digits);
  id.resize(k_longest - k_digest_digits - 1);
  while (id.back() == '-')
    id.pop_back();
  return id + "-" + digest;
}

bool is_unit_id(std::string_view text) {
  return !text.empty() && text.size() <= k_longest && is_letter(text.front()) &&
         text.back() != '-' && std::ranges::all_of(text, [](char character) {
           return is_letter(character) || is_digit(character) || character == '-';
         });
}

} // namespace imagewright::fleet
