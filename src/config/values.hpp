// SPDX-License-Identifier: MIT
#pragma once

// Scalars of the config language as typed values. Each gives nothing when the text is not of its
// form.

#include <cstdint>
#include <optional>
#include <string_view>

#include <sys/types.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/config/time_text.hpp>
#include <imagewright/model/storage_config.hpp>

namespace imagewright::config {

/// "512M": a decimal number without leading zeros and K, M, G or T in powers of 1024; at most 2^62
/// bytes.
std::optional<base::ByteSize> parse_size(std::string_view text);
/// "644": octal, only the bits 0777.
std::optional<mode_t> parse_permissions(std::string_view text);
/// true and false as YAML 1.2 has them, and those words of YAML 1.1 that Image Customizer takes.
std::optional<bool> parse_boolean(std::string_view text);
/// Is this one of the ways to write true or false that are booleans by themselves?
bool is_boolean_literal(std::string_view text);
/// What somebody means who writes a word that is no boolean, such as "Yes" or "enabled".
std::optional<bool> meant_boolean(std::string_view text);
/// Decimal with an optional sign and without leading zeros, or 0x, 0o and 0b; "_" between digits;
/// a decimal fraction or power of ten when its value is whole.
std::optional<std::int64_t> parse_integer(std::string_view text);
/// A word for the type of a partition.
std::optional<model::PartitionKind> parse_partition_kind(std::string_view text);

} // namespace imagewright::config
