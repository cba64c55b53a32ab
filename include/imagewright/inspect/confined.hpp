// SPDX-License-Identifier: MIT
#pragma once

// What is in an image file, found by a worker that has the file's descriptor and nothing else:
// whoever made the image is not trusted to be read in this process.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/image/image_file.hpp>
#include <imagewright/inspect/description.hpp>
#include <imagewright/inspect/system_facts.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/model/installed_package.hpp>
#include <imagewright/model/policy.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::inspect {

enum class DescriptionForm : std::uint8_t { text, json };

struct DescriptionRequest {
  std::filesystem::path image;
  std::optional<model::ImageFormat> format; ///< absent: from the content
  DescriptionForm form = DescriptionForm::text;
  FileListing files = FileListing::omitted;
  /// Of a manifest; absent: nobody asks for checks.
  std::optional<std::vector<model::Check>> checks = {};
};

struct DescribedImage {
  std::string text;
  std::uint64_t failed_checks = 0;
};

/// The description, without anything that a terminal could take for a command. Throws what opening
/// an image and reading its system throw, and sandbox.worker-….
DescribedImage describe(const DescriptionRequest& request, const base::Cancellation& cancellation);

/// Throws the same.
SystemFacts read_system_confined(const std::filesystem::path& image,
                                 std::optional<model::ImageFormat> format,
                                 const base::Cancellation& cancellation);

/// The same of a file that is open.
SystemFacts read_system_confined(const image::ImageFile& image,
                                 const base::Cancellation& cancellation);

/// What read_installed_packages gives and throws.
std::vector<model::InstalledPackage>
read_installed_packages_confined(const image::ImageFile& image,
                                 const base::Cancellation& cancellation);

/// The text of a worker that describes an image, for people or as JSON: lines, one at least, that
/// say nothing to a terminal, and nothing to a service that runs builds. Throws base::BugError.
std::string require_harmless(std::string_view answer);
/// What a program shall read has its form at least. Throws base::BugError.
void require_json(const std::string& text);

std::span<const sandbox::WorkerJob> worker_jobs();

} // namespace imagewright::inspect
