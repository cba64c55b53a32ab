// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include <imagewright/audit/package_list.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/model/architecture.hpp>

namespace imagewright::audit {

namespace {

constexpr std::string_view k_begin = "=== Installed Packages Begin";
constexpr std::string_view k_end = "=== Installed Packages End";
/// What rpm writes where a package has no architecture.
constexpr std::string_view k_none = "(none)";
/// Packages of 32 bits are on many a node of 64.
constexpr std::array<std::string_view, 4> k_older_architectures{"i386", "i486", "i586", "i686"};
/// What some editors put before a text.
constexpr std::string_view k_byte_order_mark = "\xEF\xBB\xBF";

[[noreturn]] void throw_damaged(const std::string& file, const std::string& why) {
  throw base::Error(base::FailureKind::input, "audit.damaged-list",
                    fmt::format("{} is no list of packages: {}", base::quoted(file), why),
                    "give a manifest, a lock, or lines of name-version-release.architecture");
}

bool is_architecture(std::string_view word) {
  return std::ranges::find(k_older_architectures, word) != k_older_architectures.end() ||
         std::ranges::any_of(model::all_architectures(), [&](const model::Architecture& each) {
           return std::ranges::find(each.rpm_accepts, word) != each.rpm_accepts.end();
         });
}

/// Without an architecture the end of a version would be taken for one, so only keys may lack it.
std::optional<model::Nevra> find_package(std::string_view line) {
  auto nevra = line.ends_with(k_none) ? model::Nevra::parse(line)
                                      : model::Nevra::parse_without_architecture(line);
  if (nevra && nevra->is_key()) {
    nevra->architecture.clear();
    return nevra;
  }
  nevra = model::Nevra::parse(line);
  const bool is_whole =
      nevra && is_architecture(nevra->architecture) && base::is_plain_word(nevra->name);
  return is_whole ? nevra : std::nullopt;
}

std::string_view listed_part(std::string_view text, const std::string& file) {
  const auto begin = text.find(k_begin);
  if (begin == std::string_view::npos) return text;
  const auto end = text.find(k_end, begin);
  if (end == std::string_view::npos) throw_damaged(file, "its list of packages does not end");
  return text.substr(begin + k_begin.size(), end - begin - k_begin.size());
}

std::string_view without_mark(std::string_view text) {
  if (text.starts_with(k_byte_order_mark)) text.remove_prefix(k_byte_order_mark.size());
  return text;
}

} // namespace

std::vector<model::Nevra> read_package_list(std::string_view text, const std::string& file) {
  std::vector<model::Nevra> packages;
  for (const std::string& whole :
       base::split(std::string(listed_part(without_mark(text), file)), '\n')) {
    const std::string_view line = base::trimmed(whole);
    if (line.empty() || line.starts_with('#')) continue;
    const auto package = find_package(line);
    if (!package)
      throw_damaged(file,
                    fmt::format("{} is no name-version-release.architecture", base::quoted(line)));
    packages.push_back(*package);
  }
  if (packages.empty()) throw_damaged(file, "it names no package");
  return packages;
}

} // namespace imagewright::audit
