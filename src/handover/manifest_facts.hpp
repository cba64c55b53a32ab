// SPDX-License-Identifier: MIT
#pragma once

// What several of the texts ask of a manifest.

#include <initializer_list>
#include <string>
#include <string_view>

#include <imagewright/audit/manifest.hpp>

namespace imagewright::handover {

/// The output in the first of the formats that there is. Throws base::Error (handover.no-artifact).
const audit::ArtifactRecord& artifact_in(const audit::Manifest& manifest,
                                         std::initializer_list<model::ImageFormat> formats);

/// Throws base::Error (handover.bad-text) for an architecture that nobody here knows.
void require_known_architecture(const audit::Manifest& manifest);

/// Has the disk an EFI system partition?
bool starts_by_uefi(const audit::Manifest& manifest);

/// Text that becomes part of another language: one line, valid UTF-8. Throws base::Error
/// (handover.bad-text); `what` is its name.
const std::string& checked_text(const std::string& text, std::string_view what);

} // namespace imagewright::handover
