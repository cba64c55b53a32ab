// SPDX-License-Identifier: MIT
#include "scripts.hpp"

#include <filesystem>
#include <string>

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

void run_script(const FinalizeServices& services, root::WorkRoot& root,
                const model::ScriptConfig& script, const std::string& log_name) {
  process::Command command{.description = "run script " + name_of(script),
                           .environment = script.environment};
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
  const auto programs =
      root.programs({{.source = script.directory / script.path, .target = place}});
  command.working_directory = std::string(k_script_directory);
  command.argv = {script.interpreter, place};
  command.argv.insert(command.argv.end(), script.arguments.begin(), script.arguments.end());
  process::require_success(programs->run(command));
}

} // namespace

void run_scripts(const ScriptInput& input, root::WorkRoot& root, const std::string& stage) {
  for (std::size_t i = 0; i < input.scripts.size(); ++i) {
    input.services.cancellation.check();
    try {
      run_script(input.services, root, input.scripts[i],
                 stage + "-script-" + std::to_string(i + 1) + ".log");
    } catch (base::Error& error) {
      error.add_context("while running script " + name_of(input.scripts[i]));
      throw;
    }
  }
}

} // namespace imagewright::finalize
