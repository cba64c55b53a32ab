// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <filesystem>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/handover/handover.hpp>
#include <imagewright/json/value.hpp>

#include "handover/manifest_facts.hpp"

namespace imagewright::handover {

namespace {

/// Major.Minor.Patch, each a number that fits into 32 bits, as Azure's galleries count.
std::string version_of(base::Epoch epoch) {
  const auto day = std::chrono::floor<std::chrono::days>(epoch);
  const std::chrono::year_month_day date(day);
  return fmt::format("{}.{}.{}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()) * 100 + static_cast<unsigned>(date.day()),
                     (epoch - day).count());
}

bool is_version(const std::string& text) {
  const auto parts = base::split(text, '.');
  return parts.size() == 3 && std::ranges::all_of(parts, [](const std::string& part) {
           const bool is_number =
               !part.empty() && part.size() <= 10 &&
               std::ranges::all_of(part, [](char digit) { return digit >= '0' && digit <= '9'; });
           return is_number && (part == "0" || part.front() != '0') &&
                  std::stoull(part) <= 2147483647ULL;
         });
}

} // namespace

std::string terraform_variables(const audit::Manifest& manifest, const TerraformRequest& request) {
  const audit::ArtifactRecord& artifact = artifact_in(manifest, {model::ImageFormat::vhd_fixed});
  const std::string version =
      request.version.empty() ? version_of(manifest.epoch) : request.version;
  if (!is_version(version)) {
    throw base::Error(
        base::FailureKind::input, "handover.bad-version",
        fmt::format("{} is no version of an image in a gallery", base::quoted(version)),
        "give three numbers with dots between them, such as 2026.131.0");
  }
  const std::string file =
      request.directory.empty()
          ? artifact.file
          : (std::filesystem::path(request.directory) / artifact.file).string();
  return json::to_text(
      json::Object{{"image_name", manifest.name},
                   {"image_file", file},
                   {"image_sha256", artifact.digest.hex},
                   {"image_version", version},
                   {"architecture", manifest.architecture},
                   {"hyper_v_generation", starts_by_uefi(manifest) ? "V2" : "V1"}});
}

} // namespace imagewright::handover
