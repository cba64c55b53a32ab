// SPDX-License-Identifier: MIT
#pragma once

// The record that a job leaves beside what it built: which unit, from what, and how it ended.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/digest.hpp>

namespace imagewright::fleet {

enum class RecordState : std::uint8_t {
  started, ///< it runs, or its machine was lost
  done,
  failed,
};
/// "started", "done", "failed"
std::string_view to_string(RecordState state);

struct UnitFile {
  std::string name; ///< without directory
  std::uint64_t size = 0;
  base::Digest digest;

  bool operator==(const UnitFile&) const = default;
};

struct UnitRecord {
  std::string id;
  base::Digest inputs; ///< of the unit as it was planned
  RecordState state = RecordState::started;
  std::uint64_t attempt = 1;
  int exit_code = 0;           ///< of a failed one
  std::string code;            ///< of its first error
  std::string message;         ///< likewise
  std::vector<UnitFile> files; ///< of one that is done, sorted by name

  bool operator==(const UnitRecord&) const = default;
};

inline constexpr std::string_view k_record_name = "unit.json";
inline constexpr base::ByteSize k_largest_record = base::ByteSize::mib(16);

/// Replaces the record at once, making the directory when it is missing. Throws base::Error
/// (fs.cannot-write).
void write_record(const std::filesystem::path& directory, const UnitRecord& record);

/// Throws base::Error (fleet.damaged-record, json.…).
UnitRecord parse_record(std::string_view text, const std::string& file);

/// One more than the record says that is there; a record of something else, or of other inputs,
/// counts as none.
std::uint64_t next_attempt(const std::filesystem::path& directory, const std::string& id,
                           const base::Digest& inputs);

} // namespace imagewright::fleet
