// SPDX-License-Identifier: MIT
#include "package_url.hpp"

#include <charconv>

#include <fmt/format.h>

namespace imagewright::advisory {

namespace {

constexpr std::string_view k_beginning = "pkg:rpm/";

std::optional<std::string> decoded(std::string_view text) {
  std::string result;
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (text[index] != '%') {
      result += text[index];
      continue;
    }
    unsigned value = 0;
    if (index + 2 >= text.size()) return std::nullopt;
    const char* first = text.data() + index + 1;
    const auto [stopped, error] = std::from_chars(first, first + 2, value, 16);
    if (error != std::errc() || stopped != first + 2 || value == 0) return std::nullopt;
    result += static_cast<char>(value);
    index += 2;
  }
  return result;
}

std::string encoded(std::string_view text) {
  std::string result;
  for (const char character : text) {
    const bool is_plain = (character >= '0' && character <= '9') ||
                          (character >= 'A' && character <= 'Z') ||
                          (character >= 'a' && character <= 'z') ||
                          std::string_view("-._~").find(character) != std::string_view::npos;
    result += is_plain ? std::string(1, character)
                       : fmt::format("%{:02X}", static_cast<unsigned char>(character));
  }
  return result;
}

/// The value of "epoch" among the qualifiers, with a colon; empty: there is none.
std::string epoch_of(std::string_view qualifiers) {
  constexpr std::string_view k_word = "epoch=";
  while (!qualifiers.empty()) {
    const auto end = qualifiers.find('&');
    const std::string_view qualifier = qualifiers.substr(0, end);
    if (qualifier.starts_with(k_word)) return std::string(qualifier.substr(k_word.size())) + ":";
    qualifiers.remove_prefix(end == std::string_view::npos ? qualifiers.size() : end + 1);
  }
  return "";
}

} // namespace

std::optional<PackageUrl> parse_package_url(std::string_view url) {
  if (!url.starts_with(k_beginning)) return std::nullopt;
  const std::string_view whole = url.substr(k_beginning.size(), url.find('#') - k_beginning.size());
  const auto question = whole.find('?');
  const std::string_view path = whole.substr(0, question);
  const auto at = path.rfind('@');
  const std::string_view name_path = path.substr(0, at);
  const auto name = decoded(name_path.substr(name_path.rfind('/') + 1));
  if (!name || name->empty()) return std::nullopt;
  if (at == std::string_view::npos) return PackageUrl{*name, std::nullopt};
  const auto text = decoded(path.substr(at + 1));
  if (!text) return std::nullopt;
  const std::string epoch =
      question == std::string_view::npos ? std::string() : epoch_of(whole.substr(question + 1));
  const auto version = base::PackageVersion::parse(epoch + *text);
  if (!version) return std::nullopt;
  return PackageUrl{*name, version};
}

std::string to_text(const PackageUrl& url) {
  std::string text = std::string(k_beginning) + encoded(url.name);
  if (!url.version) return text;
  base::PackageVersion version = *url.version;
  version.epoch = 0;
  text += "@" + encoded(version.to_string());
  return url.version->epoch == 0 ? text : text + fmt::format("?epoch={}", url.version->epoch);
}

} // namespace imagewright::advisory
