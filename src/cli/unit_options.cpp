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
#include <imagewright/fs/file.hpp>

#include "exit_code.hpp"

namespace imagewright::cli {

namespace {

// By which an Indexed Job and an array of Slurm tell a job its number.
constexpr std::array k_index_variables{"JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID"};

[[noreturn]] void throw_usage(std::string message, std::string hint) {
  throw base::Error(base::FailureKind::input, "cli.usage", std::move(message), std::move(hint));
}

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

struct Failure {
  int exit_code = 0;
  std::string code;
  std::string message;
};

Failure failure_of(const base::Diagnostics& diagnostics, base::FailureKind kind) {
  Failure failure{.exit_code = static_cast<int>(exit_code_of(kind)), .code = {}, .message = {}};
  for (const base::Diagnostic& item : diagnostics.items()) {
    if (item.severity != base::Severity::error) continue;
    failure.code = item.code;
    failure.message = item.message;
    break;
  }
  return failure;
}

/// A record of the end must not hide why it ended.
void write_end(const std::filesystem::path& directory, fleet::UnitRecord record,
               const Failure& failure) {
  record.state = fleet::RecordState::failed;
  record.exit_code = failure.exit_code;
  record.code = failure.code;
  record.message = failure.message;
  try {
    fleet::write_record(directory, record);
  } catch (const base::Error&) {
    // The beginning stands there, and the engine has the exit code.
  }
}

std::vector<fleet::UnitFile> files_of(const std::vector<fs::PublishedFile>& published) {
  std::vector<fleet::UnitFile> files;
  for (const fs::PublishedFile& file : published) {
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
  return fleet::parse_units(
      fs::read_file(input_file(path, "list of units"), base::ByteSize::mib(256)), path);
}

const fleet::Unit& chosen_unit(const fleet::UnitList& list, const UnitWords& words,
                               const CommandContext& context) {
  if (!words.id.empty()) return fleet::find_unit(list, words.id);
  if (words.index >= 0) return fleet::find_unit(list, static_cast<std::uint64_t>(words.index));
  return fleet::find_unit(list, index_of_environment(context));
}

std::vector<fs::PublishedFile>
with_record(const fleet::Unit& unit, const std::filesystem::path& directory,
            const std::function<std::vector<fs::PublishedFile>()>& build) {
  fleet::UnitRecord record{.id = unit.id,
                           .inputs = fleet::digest_of(unit.inputs),
                           .state = fleet::RecordState::started,
                           .attempt = fleet::next_attempt(directory, unit.id),
                           .exit_code = 0,
                           .code = {},
                           .message = {},
                           .files = {}};
  fleet::write_record(directory, record);
  try {
    std::vector<fs::PublishedFile> files = build();
    record.state = fleet::RecordState::done;
    record.files = files_of(files);
    fleet::write_record(directory, record);
    return files;
  } catch (const base::Error& error) {
    base::Diagnostics one;
    one.add(error.diagnostic());
    write_end(directory, record, failure_of(one, error.kind()));
    throw;
  } catch (const base::InputError& error) {
    write_end(directory, record, failure_of(error.diagnostics(), error.kind()));
    throw;
  } catch (const base::Cancelled&) {
    write_end(directory, record,
              {.exit_code = static_cast<int>(ExitCode::interrupted),
               .code = {},
               .message = "interrupted"});
    throw;
  } catch (const std::exception& error) {
    write_end(
        directory, record,
        {.exit_code = static_cast<int>(ExitCode::bug), .code = "cli.bug", .message = error.what()});
    throw;
  }
}

} // namespace imagewright::cli
