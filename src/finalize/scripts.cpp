// SPDX-License-Identifier: MIT
#include "scripts.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/source_location.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/process/command.hpp>

namespace imagewright::finalize {
namespace {

/// Text of a script as a file of the root, for as long as it runs.
class ScriptFile {
public:
  ScriptFile(const fs::RootDir& root, const std::string& content) : root_(root) {
    root_.write(k_path, content, 0700);
  }
  ScriptFile(const ScriptFile&) = delete;
  ScriptFile& operator=(const ScriptFile&) = delete;
  ScriptFile(ScriptFile&&) = delete;
  ScriptFile& operator=(ScriptFile&&) = delete;
  ~ScriptFile() {
    try {
      root_.remove(k_path);
    } catch (const base::Error&) {
      // The build fails at the next use of such a root anyway, ignoring.
    }
  }

  static constexpr auto k_path = "/.imagewright-script";

private:
  const fs::RootDir& root_;
};

std::string name_of(const model::ScriptConfig& script) {
  if (!script.name.empty()) return base::quoted(script.name);
  if (!script.path.empty()) return base::quoted(script.path);
  return "at " + base::to_string(script.where);
}

/// The directory for what scripts leave behind, while they run. Where nothing is asked for there is
/// none, and a script that wants it fails.
class FilesDirectory {
public:
  FilesDirectory(const fs::RootDir& root, const std::vector<model::LocatedText>& names)
      : root_(root), names_(names) {
    if (names_.empty()) return;
    root_.remove_tree(k_path);
    root_.make_directories(k_path, 0700);
  }
  FilesDirectory(const FilesDirectory&) = delete;
  FilesDirectory& operator=(const FilesDirectory&) = delete;
  FilesDirectory(FilesDirectory&&) = delete;
  FilesDirectory& operator=(FilesDirectory&&) = delete;
  ~FilesDirectory() {
    try {
      if (!names_.empty()) root_.remove_tree(k_path);
    } catch (const base::Error&) {
      // The build fails at the next use of such a root anyway, ignoring.
    }
  }

  std::vector<model::ScriptFile> take() const {
    std::vector<model::ScriptFile> files;
    if (names_.empty()) return files;
    std::uint64_t left = k_largest_files.bytes();
    for (const std::string& name : root_.list(k_path)) {
      const model::LocatedText& wanted = wanted_as(name);
      const std::string path = std::string(k_path) + "/" + name;
      const auto status = root_.find_status(path);
      if (!status || status->type != fs::FileType::regular)
        refuse("finalize.unknown-script-file",
               "a script has left " + base::quoted(name) + ", which is no regular file",
               wanted.where, "write a file of that name");
      if (status->size > left)
        refuse("finalize.large-script-file",
               "scripts have left more than " + base::to_string(k_largest_files) + ", with " +
                   base::quoted(name),
               wanted.where, "leave less behind");
      left -= status->size;
      files.push_back({name, root_.read(path)});
    }
    return files;
  }

  static constexpr const char* k_path = "/.imagewright-files";

private:
  /// Notes and lists of parts, not images: they are kept in memory on their way.
  static constexpr base::ByteSize k_largest_files = base::ByteSize::mib(64);

  [[noreturn]] static void refuse(const std::string& code, const std::string& message,
                                  const base::SourceLocation& where, const std::string& hint) {
    throw base::Error(base::FailureKind::input,
                      {.code = code, .message = message, .where = where, .hint = hint});
  }

  const model::LocatedText& wanted_as(const std::string& name) const {
    const auto found = std::ranges::find(names_, name, &model::LocatedText::text);
    if (found != names_.end()) return *found;
    refuse("finalize.unknown-script-file",
           "a script has left " + base::quoted(base::escape_controls(name)) +
               ", which output.scriptFiles does not name",
           names_.front().where, "name it there, or have the script remove it");
  }

  const fs::RootDir& root_;
  const std::vector<model::LocatedText>& names_;
};

/// The directory of scripts is no place of the image, and not the config's on the host either.
void refuse_files_beside(const fs::RootDir& files, const model::ScriptConfig& script) {
  if (!files.exists(k_script_directory)) return;
  const auto names = files.list(k_script_directory);
  throw base::Error(base::FailureKind::input,
                    {.code = "finalize.unknown-script-file",
                     .message = "a script has left " +
                                base::quoted(base::escape_controls(
                                    std::string(k_script_directory) +
                                    (names.empty() ? std::string() : "/" + names.front()))) +
                                ", which would be in the image, and not beside the config",
                     .where = script.where,
                     .hint = "write it into the directory $IMAGEWRIGHT_FILES, and name it in "
                             "output.scriptFiles; or have the script remove it"});
}

void run_script(const ScriptInput& input, root::WorkRoot& root, const model::ScriptConfig& script,
                const std::string& log_name) {
  const FinalizeServices& services = input.services;
  process::Command command{.description = "run script " + name_of(script),
                           .environment = script.environment};
  if (!input.files.empty())
    command.environment[std::string(k_files_variable)] = FilesDirectory::k_path;
  if (!services.log_directory.empty()) {
    command.log_file = services.log_directory / log_name;
  }
  if (script.path.empty()) {
    const ScriptFile file(root.files(), script.content);
    command.argv = {script.interpreter, ScriptFile::k_path};
    command.argv.insert(command.argv.end(), script.arguments.begin(), script.arguments.end());
    process::require_success(root.programs()->run(command));
    return;
  }
  // The script and nothing beside it: files of passwords may stand in the config's directory.
  const std::string place = std::string(k_script_directory) + "/" + script.path;
  const bool was_there = root.files().exists(k_script_directory);
  auto programs = root.programs({{.source = script.directory / script.path, .target = place}});
  command.argv = {script.interpreter, place};
  command.argv.insert(command.argv.end(), script.arguments.begin(), script.arguments.end());
  process::require_success(programs->run(command));
  programs.reset();
  if (!was_there) refuse_files_beside(root.files(), script);
}

/// GRUB's programs look for the devices of a running machine. Scripts for one call them, although
/// menus of an image follow the settings by themselves.
bool is_about_devices_of_grub(const base::Diagnostic& diagnostic) {
  return std::ranges::any_of(diagnostic.context, [](const std::string& line) {
    return line.find("grub") != std::string::npos &&
           line.find("-probe: error") != std::string::npos;
  });
}

/// Throws what went wrong with the script, at its place in the config unless something closer is
/// known.
[[noreturn]] void throw_at(const model::ScriptConfig& script, const base::Error& error) {
  base::Diagnostic diagnostic = error.diagnostic();
  if (!diagnostic.where) diagnostic.where = script.where;
  if (is_about_devices_of_grub(diagnostic))
    diagnostic.hint = "an image that is being made has no devices for grub-mkconfig to look at: "
                      "leave that command out; what the script makes of /etc/default/grub is in "
                      "the image's menu without it" +
                      (diagnostic.hint.empty() ? "" : "; " + diagnostic.hint);
  diagnostic.context.push_back("while running script " + name_of(script));
  throw base::Error(error.kind(), std::move(diagnostic));
}

} // namespace

StepYield run_scripts(const ScriptInput& input, root::WorkRoot& root, const std::string& stage) {
  if (input.scripts.empty()) return {};
  const FilesDirectory files(root.files(), input.files);
  for (std::size_t i = 0; i < input.scripts.size(); ++i) {
    input.services.cancellation.check();
    try {
      run_script(input, root, input.scripts[i],
                 stage + "-script-" + std::to_string(i + 1) + ".log");
    } catch (const base::Error& error) {
      throw_at(input.scripts[i], error);
    }
  }
  StepYield yield;
  yield.script_files = files.take();
  return yield;
}

} // namespace imagewright::finalize
