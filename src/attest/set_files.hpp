// SPDX-License-Identifier: MIT
#pragma once

// The files of a published set: which there are, whose they are, what SHA256SUMS says of them.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/digest.hpp>

namespace imagewright::attest {

inline constexpr std::string_view k_manifest_suffix = ".manifest.json";
inline constexpr std::string_view k_report_suffix = ".report.json";
inline constexpr std::string_view k_statement_suffix = ".intoto.jsonl";
inline constexpr std::string_view k_sums_name = "SHA256SUMS";
inline constexpr base::ByteSize k_largest_document = base::ByteSize::mib(256);

/// The names in the directory, sorted. Throws base::Error (cli.missing-input) when it is none.
std::vector<std::string> names_in_set(const std::filesystem::path& directory);

/// Name → digest, as the text of SHA256SUMS says.
std::map<std::string, base::Digest> parse_sums(const std::string& text);

/// NAME-ARCH of every manifest among the names.
std::vector<std::string> images_among(const std::vector<std::string>& names);

} // namespace imagewright::attest
