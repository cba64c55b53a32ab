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

/// Annotations cost more than reading does: they are made for some inputs, whatever these say.
void check_annotations(const base::Diagnostics& diagnostics) {
  const std::string annotations = config::to_github_annotations(diagnostics.items());
  require(annotations.ends_with('\n'));
  require(!json::to_line(config::to_sarif(diagnostics.items(), "0")).empty());
}

void check_diagnostics(const base::Diagnostics& diagnostics, std::string_view text) {
  require(!diagnostics.empty());
  for (const base::Diagnostic& each : diagnostics.items()) {
    require(!each.code.empty() && !each.message.empty() && each.where.has_value());
    require(base::render(each, {}, base::Color::off).find('\x1b') == std::string::npos);
  }
  if (std::hash<std::string_view>()(text) % 16 == 0) check_annotations(diagnostics);
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
  if (text.find("roles") != std::string_view::npos) {
    load_release(text);
  } else {
    load_config(text);
  }
  if (text.starts_with('{')) import_config(text);
  return 0;
}
