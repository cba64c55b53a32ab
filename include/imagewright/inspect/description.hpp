// SPDX-License-Identifier: MIT
#pragma once

// What is in an image, in words.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/inspect/image_checks.hpp>
#include <imagewright/inspect/opened_image.hpp>
#include <imagewright/inspect/system_facts.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::inspect {

enum class FileListing : std::uint8_t { omitted, included };

/// For people. With answers to checks, these too.
std::string to_text(const OpenedImage& image, const SystemFacts& facts,
                    std::span<const CheckAnswer> answers = {});

/// Every file of one image, one a line, for people.
std::string files_to_text(const OpenedImage& image, const base::Cancellation& cancellation);

/// For programs; with `files` every file and the digest of its content, with `answers` those.
json::Value to_json(const OpenedImage& image, const SystemFacts& facts, FileListing files,
                    const base::Cancellation& cancellation,
                    std::optional<std::span<const CheckAnswer>> answers = {});

} // namespace imagewright::inspect
