// SPDX-License-Identifier: MIT
// Whatever a config, a release profile or a toolkit config holds, reading it ends with a value or
// with diagnostics that can be rendered.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include <imagewright/base/error.hpp>
#include <imagewright/base/render.hpp>
#include <imagewright/config/annotations.hpp>
#include <imagewright/config/import.hpp>
#include <imagewright/config/load.hpp>
#include <imagewright/config/support.hpp>

namespace {

using namespace imagewright;

constexpr const char* k_file = "/nonexistent/input.yaml";

void require(bool condition) {
  if (!condition) std::abort();
}

/// The replay of a corpus checks everything of every input. The engine makes millions of them, and
/// annotations cost more than reading does.
#ifdef IMAGEWRIGHT_FUZZING_ENGINE
constexpr bool k_is_replay = false;
#else
constexpr bool k_is_replay = true;
#endif
constexpr std::size_t k_inputs_per_annotation = 16;

void check_annotations(const base::Diagnostics& diagnostics) {
  const std::string annotations = config::to_github_annotations(diagnostics.items());
  require(annotations.ends_with('\n'));
  require(!json::to_line(config::to_sarif(diagnostics.items(), {.version = "0"})).empty());
}

void check_diagnostics(const base::Diagnostics& diagnostics, std::string_view text) {
  require(!diagnostics.empty());
  for (const base::Diagnostic& each : diagnostics.items()) {
    require(!each.code.empty() && !each.message.empty() && each.where.has_value());
    require(base::render(each, {}, base::Color::off).find('\x1b') == std::string::npos);
  }
  if (k_is_replay || std::hash<std::string_view>()(text) % k_inputs_per_annotation == 0)
    check_annotations(diagnostics);
}

void load_config(std::string_view text) {
  try {
    const config::LoadedImageConfig loaded =
        config::load_image_config_text(text, k_file, {.file_checks = config::FileChecks::skipped});
    config::unsupported_keys(loaded.config, config::Command::build);
  } catch (const base::InputError& error) {
    check_diagnostics(error.diagnostics(), text);
  }
}

void load_release(std::string_view text) {
  try {
    const config::LoadedReleaseProfile loaded = config::load_release_profile_text(text, k_file);
    require(!loaded.profile.name.empty());
    config::repositories_for(loaded.profile, {}, "x86_64");
  } catch (const base::InputError& error) {
    check_diagnostics(error.diagnostics(), text);
  }
}

/// What the importer writes is YAML: any complaint about it is about the language, not about the
/// syntax.
void import_config(std::string_view text) {
  try {
    for (const config::ImportedConfig& imported : config::import_toolkit_json(text, "input.json"))
      load_config(imported.text);
  } catch (const base::Error& error) {
    require(!error.diagnostic().code.empty());
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // A profile has to have roles, and a config cannot.
  const bool is_profile = text.find("roles") != std::string_view::npos;
  if (k_is_replay || !is_profile) load_config(text);
  if (k_is_replay || is_profile) load_release(text);
  if (text.starts_with('{')) import_config(text);
  return 0;
}
