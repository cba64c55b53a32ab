// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fleet/unit_record.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/json/value.hpp>

#include "foreign_file.hpp"
#include "list_words.hpp"
#include "unit_id.hpp"

namespace imagewright::fleet {

namespace {

constexpr std::uint64_t k_most_attempts = 1'000'000;

[[noreturn]] void throw_damaged(const std::string& file, const std::string& why) {
  throw base::Error(base::FailureKind::verification, "fleet.damaged-record",
                    fmt::format("{} is no record of a unit: {}", base::quoted(file), why),
                    "build the unit again");
}

RecordState state_from(const std::string& word, const std::string& file) {
  for (const RecordState state : {RecordState::started, RecordState::done, RecordState::failed}) {
    if (to_string(state) == word) return state;
  }
  throw_damaged(file, fmt::format("{} is no state", base::quoted(word)));
}

} // namespace

std::string_view to_string(RecordState state) {
  switch (state) {
  case RecordState::started:
    return "started";
  case RecordState::done:
    return "done";
  case RecordState::failed:
    return "failed";
  }
  throw base::BugError("unknown state of a unit");
}

void write_record(const std::filesystem::path& directory, const UnitRecord& record) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    base::throw_system_error("fs.cannot-write", "cannot make", directory.string(), error.value());
  }
  const auto present = std::filesystem::symlink_status(directory / k_record_name, error);
  if (std::filesystem::exists(present) && !std::filesystem::is_regular_file(present)) {
    // Writing to a pipe would wait for whoever reads it.
    throw base::Error(
        base::FailureKind::build, "fs.cannot-write",
        fmt::format("{} is no regular file", base::quoted((directory / k_record_name).string())),
        "take it away");
  }
  json::Array files;
  for (const UnitFile& file : record.files) {
    files.push_back(json::Object{
        {"name", file.name}, {"bytes", file.size}, {"digest", file.digest.to_string()}});
  }
  fs::write_file_atomically(directory / k_record_name,
                            json::to_text(json::Object{{"imagewrightUnit", 1},
                                                       {"id", record.id},
                                                       {"inputsDigest", record.inputs.to_string()},
                                                       {"state", to_string(record.state)},
                                                       {"attempt", record.attempt},
                                                       {"exitCode", record.exit_code},
                                                       {"code", record.code},
                                                       {"message", record.message},
                                                       {"files", std::move(files)}}));
}

UnitRecord parse_record(std::string_view text, const std::string& file) {
  const json::Value document = json::parse(text, file);
  if (document.find("imagewrightUnit") == nullptr ||
      json::integer_member(document, "imagewrightUnit", file) != 1)
    throw_damaged(file, "it is of another kind");
  UnitRecord record{.id = json::string_member(document, "id", file),
                    .inputs = digest_member(document, "inputsDigest", file),
                    .state = state_from(json::string_member(document, "state", file), file),
                    .attempt = json::unsigned_member(document, "attempt", file),
                    .exit_code = 0,
                    .code = json::string_member(document, "code", file),
                    .message = json::string_member(document, "message", file),
                    .files = {}};
  if (!is_unit_id(record.id)) throw_damaged(file, "its id is none");
  if (record.attempt == 0 || record.attempt > k_most_attempts)
    throw_damaged(file, "its number of tries is none");
  const std::int64_t exit_code = json::integer_member(document, "exitCode", file);
  if (exit_code < 0 || exit_code > 255) throw_damaged(file, "its exit code is none");
  record.exit_code = static_cast<int>(exit_code);
  for (const json::Value& item : json::array_member(document, "files", file)) {
    UnitFile entry{.name = json::string_member(item, "name", file),
                   .size = json::unsigned_member(item, "bytes", file),
                   .digest = digest_member(item, "digest", file)};
    if (!is_plain_name(entry.name)) throw_damaged(file, "it names files of other directories");
    record.files.push_back(std::move(entry));
  }
  return record;
}

std::uint64_t next_attempt(const std::filesystem::path& directory, const std::string& id,
                           const base::Digest& inputs) {
  const std::filesystem::path path = directory / k_record_name;
  try {
    const auto text = find_regular_file(path, k_largest_record);
    if (!text) return 1;
    const UnitRecord record = parse_record(*text, path.string());
    // What was built from something else, in the month before perhaps, was no try of this.
    return record.id == id && record.inputs == inputs ? record.attempt + 1 : 1;
  } catch (const base::Error&) {
    // Whatever it is, it is replaced.
    return 1;
  }
}

} // namespace imagewright::fleet
