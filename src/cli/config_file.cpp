// SPDX-License-Identifier: MIT
#include "config_file.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/shell.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::cli {

namespace {

using namespace std::string_view_literals;

/// A config of this size would be the first; an image is hardly smaller.
constexpr std::size_t k_looked_at = 65536;
/// The first bytes of qcow2, VHDX, dynamic VHD, zstd, gzip and xz.
constexpr std::array k_beginnings = {"QFI\xfb"sv,
                                     "vhdxfile"sv,
                                     "conectix"sv,
                                     "\x28\xb5\x2f\xfd"sv,
                                     "\x1f\x8b"sv,
                                     "\xfd"
                                     "7zXZ"sv};

/// Empty for what is no file: a pipe can be read once, and a device may never end.
std::string beginning_of(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return {};
  std::string text(k_looked_at, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return text;
}

bool is_image(std::string_view text) {
  const bool is_known = std::ranges::any_of(
      k_beginnings, [&](std::string_view beginning) { return text.starts_with(beginning); });
  const bool has_boot_record = text.size() >= 512 && text.substr(510, 2) == "\x55\xaa";
  return is_known || has_boot_record || text.starts_with(std::string(64, '\0'));
}

/// Release profiles look much like configs, and each key of one is unknown in the other.
bool is_release_profile(std::string_view text) {
  const auto lines = base::split(text, '\n');
  const auto has = [&](std::string_view key) {
    return std::ranges::any_of(lines,
                               [&](const std::string& line) { return line.starts_with(key); });
  };
  return has("roles:") && !has("release:") && !has("os:");
}

[[noreturn]] void refuse(const std::string& path, std::string_view what, std::string hint) {
  throw base::Error(base::FailureKind::input, "cli.not-a-config",
                    fmt::format("{} is {}, not an image config", base::quoted(path), what),
                    std::move(hint));
}

} // namespace

void refuse_what_is_no_config(const std::string& path) {
  const std::string text = beginning_of(path);
  const std::string word = base::shell_word(path);
  if (is_image(text))
    refuse(path, "an image or an archive",
           fmt::format("look into it: imagewright inspect {}", word));
  if (path.ends_with(".manifest.json") && text.starts_with('{'))
    refuse(path, "the manifest of an image",
           fmt::format("look into it: imagewright inspect {}", word));
  if (path.ends_with(".lock.json") && text.starts_with('{'))
    refuse(path, "a lock", "give the config that it belongs to");
  if (is_release_profile(text)) {
    refuse(path, "a release profile",
           fmt::format("give a config, and the profile with it: imagewright validate CONFIG "
                       "--release {}",
                       word));
  }
}

} // namespace imagewright::cli
