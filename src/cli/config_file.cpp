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

/// Empty of what is no regular file: a pipe would wait, and those who read the config refuse it.
std::string beginning_of(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return {};
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

/// Documents that this program and others write, by a word of their beginning.
struct OtherDocument {
  std::string_view beginning;
  std::string_view what;
  std::string_view hint;
};

constexpr std::string_view k_its_config = "give the config that it belongs to";
constexpr std::string_view k_a_config = "give the YAML file that describes the image";
constexpr std::array k_json_documents = {
    OtherDocument{"\"imagewrightManifest\"", "the manifest of an image",
                  "give the config that it belongs to; imagewright diff compares two manifests"},
    OtherDocument{"\"architectures\": {", "a lock", k_its_config},
    OtherDocument{"\"imagewrightReport\"", "the report of a build", k_its_config},
    OtherDocument{"\"imagewrightUnits\"", "a list of units",
                  "build one of them: imagewright build --units FILE --index 0"},
    OtherDocument{"\"imagewrightRelease\"", "the record of a fleet's release", k_its_config},
    OtherDocument{"\"spdxVersion\"", "a list of parts (SPDX)", k_its_config},
    OtherDocument{"\"bomFormat\"", "a list of parts (CycloneDX)", k_its_config},
};
constexpr std::array k_other_documents = {
    OtherDocument{"\x7f"
                  "ELF",
                  "a program", k_a_config},
    OtherDocument{"MZ", "a program", k_a_config},
    OtherDocument{"\xed\xab\xee\xdb", "an RPM package", k_a_config},
    OtherDocument{"-----BEGIN ", "a key or a certificate", k_a_config},
    OtherDocument{"<!DOCTYPE html", "a page of HTML", k_a_config},
};

const OtherDocument* other_document(std::string_view text) {
  for (const OtherDocument& each : k_other_documents)
    if (text.starts_with(each.beginning)) return &each;
  const std::string_view content = base::trimmed(text);
  if (!content.starts_with('{')) return nullptr;
  const std::string_view first_keys = content.substr(0, 160);
  for (const OtherDocument& each : k_json_documents)
    if (first_keys.find(each.beginning) != std::string_view::npos) return &each;
  return nullptr;
}

/// Release profiles look much like configs, but only they have a name.
bool is_release_profile(std::string_view text) {
  const auto lines = base::split(text, '\n');
  const auto has = [&](std::string_view key) {
    return std::ranges::any_of(lines,
                               [&](const std::string& line) { return line.starts_with(key); });
  };
  return has("name:") && has("roles:") && !has("release:") && !has("os:");
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
           "give the config that it belongs to; imagewright diff compares two manifests");
  if (path.ends_with(".lock.json") && text.starts_with('{'))
    refuse(path, "a lock", std::string(k_its_config));
  if (const OtherDocument* other = other_document(text))
    refuse(path, other->what, std::string(other->hint));
  if (is_release_profile(text)) {
    refuse(path, "a release profile",
           fmt::format("give a config, and the profile with it: imagewright validate CONFIG "
                       "--release {}",
                       word));
  }
}

} // namespace imagewright::cli
