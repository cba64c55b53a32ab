// SPDX-License-Identifier: MIT
#include "scripts.hpp"

#include <filesystem>
#include <memory>
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

/// What runs a script: programs that see its directory, or those of every step when the caller has
/// no others.
class ScriptPrograms {
public:
  ScriptPrograms(const FinalizeServices& services, const std::filesystem::path& directory)
      : own_(services.script_programs ? services.script_programs(directory) : nullptr),
        programs_(own_ ? *own_ : services.programs) {}

  process::CommandResult run(const process::Command& command) const {
    return programs_.run(command);
  }

private:
  std::unique_ptr<process::CommandRunner> own_;
  process::CommandRunner& programs_;
};

std::string name_of(const model::ScriptConfig& script) {
  if (!script.name.empty()) return base::quoted(script.name);
  if (!script.path.empty()) return base::quoted(script.path);
  return "at " + base::to_string(script.where);
}

void run_script(const Context& context, const model::ScriptConfig& script,
                const std::string& log_name) {
  process::Command command{.description = "run script " + name_of(script),
                           .environment = script.environment,
                           .working_directory = std::string(k_script_directory)};
  if (!context.plan.log_directory.empty()) {
    command.log_file = context.plan.log_directory / log_name;
  }
  const ScriptPrograms programs(context.services, script.directory);
  if (script.path.empty()) {
    const ScriptFile file(context.root, script.content);
    command.argv = {script.interpreter, ScriptFile::k_path};
    command.argv.insert(command.argv.end(), script.arguments.begin(), script.arguments.end());
    process::require_success(programs.run(command));
    return;
  }
  command.argv = {script.interpreter, std::string(k_script_directory) + "/" + script.path};
  command.argv.insert(command.argv.end(), script.arguments.begin(), script.arguments.end());
  process::require_success(programs.run(command));
}

} // namespace

void run_scripts(const Context& context, const std::vector<model::ScriptConfig>& scripts,
                 const std::string& stage) {
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    context.services.cancellation.check();
    try {
      run_script(context, scripts[i], stage + "-script-" + std::to_string(i + 1) + ".log");
    } catch (base::Error& error) {
      error.add_context("while running script " + name_of(scripts[i]));
      throw;
    }
  }
}

} // namespace imagewright::finalize
