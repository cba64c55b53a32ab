// SPDX-License-Identifier: MIT
#include "unit_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fleet/unit_record.hpp>

#include "exit_code.hpp"
#include "guarded.hpp"
#include "usage_mistake.hpp"

namespace imagewright::cli {

namespace {

// By which an Indexed Job and an array of Slurm tell a job its number.
constexpr std::array k_index_variables{"JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID"};

std::uint64_t index_from(const std::string& name, const std::string& text) {
  std::uint64_t index = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, index);
  if (result.ec != std::errc() || result.ptr != end)
    throw_usage(fmt::format("{} is {}, no number of a unit", name, base::quoted(text)),
                "give --unit ID or --index N");
  return index;
}

std::uint64_t index_of_environment(const CommandContext& context) {
  std::optional<std::uint64_t> index;
  for (const char* name : k_index_variables) {
    const auto text = context.invocation.environment(name);
    if (!text || text->empty()) continue;
    const std::uint64_t found = index_from(name, *text);
    if (index && *index != found)
      throw_usage("two engines say different numbers", "give --unit ID or --index N");
    index = found;
  }
  if (!index)
    throw_usage("it is not said which unit",
                "give --unit ID or --index N, or have the engine set JOB_COMPLETION_INDEX or "
                "SLURM_ARRAY_TASK_ID");
  return *index;
}

/// A record of the end must not hide why it ended.
void write_end(const std::filesystem::path& directory, fleet::UnitRecord record,
               const std::exception& exception, const Invocation& invocation) {
  const Ending ending = ending_of(exception);
  const int code = static_cast<int>(ending.code);
  record.state = fleet::RecordState::failed;
  record.exit_code = invocation.final_code ? invocation.final_code(code) : code;
  if (ending.code == ExitCode::interrupted) record.message = "interrupted";
  for (const base::Diagnostic& item : ending.diagnostics.items()) {
    if (item.severity != base::Severity::error) continue;
    record.code = item.code;
    record.message = item.message;
    break;
  }
  try {
    fleet::write_record(directory, record);
  } catch (const base::Error&) {
    // The beginning stands there, and the engine has the exit code, ignoring.
  }
}

/// What stands in the unit's own directory. Files of output.artifacts stand where the config says,
/// for all units of the config: nobody can collect them with one.
std::vector<fleet::UnitFile> files_of(const std::vector<fs::PublishedFile>& published,
                                      const std::filesystem::path& directory) {
  std::vector<fleet::UnitFile> files;
  for (const fs::PublishedFile& file : published) {
    // What stays from an earlier build is named in full.
    if (!std::filesystem::equivalent(file.path.parent_path(), directory)) continue;
    files.push_back({.name = file.path.filename().string(),
                     .size = std::filesystem::file_size(file.path),
                     .digest = file.digest});
  }
  std::ranges::sort(files, {}, &fleet::UnitFile::name);
  return files;
}

} // namespace

void add_unit_options(Command& command, UnitWords& words) {
  const std::vector<Argument> more{
      {.names = {"--units"},
       .value = "FILE",
       .description = "Build one unit of this list, which matrix printed, in place of CONFIG; into "
                      "a directory of its name below the output directory",
       .target = &words.list,
       .completes = Completes::files},
      {.names = {"--unit"},
       .value = "ID",
       .description = "Which unit, by its name",
       .target = &words.id,
       .excludes = "--index"},
      {.names = {"--index"},
       .value = "N",
       .description = "Which unit, by its number, by default JOB_COMPLETION_INDEX or "
                      "SLURM_ARRAY_TASK_ID",
       .target = &words.index,
       .range = std::pair{std::int64_t{0}, std::int64_t{1'000'000}}}};
  command.arguments.insert(command.arguments.end(), more.begin(), more.end());
}

fleet::UnitList read_units(const std::string& path) {
  return fleet::parse_units(read_input(path, "list of units", base::ByteSize::mib(256)), path);
}

const fleet::Unit& chosen_unit(const fleet::UnitList& list, const UnitWords& words,
                               const CommandContext& context) {
  if (!words.id.empty()) return fleet::find_unit(list, words.id);
  if (words.index >= 0) return fleet::find_unit(list, static_cast<std::uint64_t>(words.index));
  return fleet::find_unit(list, index_of_environment(context));
}

std::vector<fs::PublishedFile>
with_record(const UnitPlace& place, const CommandContext& context,
            const std::function<std::vector<fs::PublishedFile>()>& build) {
  const base::Digest inputs = fleet::digest_of(place.unit.inputs);
  fleet::UnitRecord record{.id = place.unit.id,
                           .inputs = inputs,
                           .state = fleet::RecordState::started,
                           .attempt = fleet::next_attempt(place.directory, place.unit.id, inputs),
                           .exit_code = 0,
                           .code = {},
                           .message = {},
                           .files = {}};
  fleet::write_record(place.directory, record);
  try {
    std::vector<fs::PublishedFile> files = build();
    fleet::UnitRecord done = record;
    done.state = fleet::RecordState::done;
    done.files = files_of(files, place.directory);
    fleet::write_record(place.directory, done);
    return files;
  } catch (const std::exception& exception) {
    write_end(place.directory, record, exception, context.invocation);
    throw;
  }
}

} // namespace imagewright::cli
