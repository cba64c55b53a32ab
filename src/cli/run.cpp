// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <sstream>
#include <thread>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/cli/run.hpp>

#include "command.hpp"
#include "completion.hpp"
#include "version.hpp"

namespace imagewright::cli {

namespace {

struct GlobalWords {
  std::string level = "info";
  std::string progress = "auto";
  std::string color = "auto";
  unsigned jobs = 0;
  std::string cache_directory;
};

constexpr const char* k_footer =
    "Exit codes: 0 done, 1 the build failed, 2 wrong usage or config, 3 packages cannot be "
    "resolved,\n"
    "4 this host cannot do it, 5 verification failed, 70 a bug in Imagewright, 130 interrupted.\n"
    "Start with: imagewright validate CONFIG, then imagewright plan CONFIG, then imagewright build "
    "CONFIG.\n"
    "A message ends with its code in brackets; imagewright help error CODE explains it.";

void add_global_options(CLI::App& application, GlobalWords& words) {
  application
      .add_option("--log-level", words.level, "How much to say: debug, info, warning, error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  application.add_option("--progress", words.progress, "How to show progress, on standard error")
      ->check(CLI::IsMember({"auto", "plain", "json", "none"}))
      ->capture_default_str();
  application.add_option("--color", words.color, "When to colour messages")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  application.add_option("--jobs", words.jobs, "Threads to use (default: one per processor)")
      ->check(CLI::Range(1U, 1024U));
  application.add_option("--cache-dir", words.cache_directory,
                         "Where packages and metadata are kept (default: "
                         "$XDG_CACHE_HOME/imagewright, else ~/.cache/imagewright)");
}

base::Color color_for(const std::string& word, const Invocation& invocation) {
  if (word == "always") return base::Color::on;
  const auto no_color = invocation.environment("NO_COLOR");
  const bool is_wanted = word == "auto" && !(no_color && !no_color->empty());
  return is_wanted && report::is_terminal(2) ? base::Color::on : base::Color::off;
}

std::optional<std::filesystem::path> cache_directory_for(const std::string& option,
                                                         const Invocation& invocation) {
  if (!option.empty()) return std::filesystem::absolute(option);
  const auto cache_home = invocation.environment("XDG_CACHE_HOME");
  // The XDG base directory specification: relative paths in it are to be ignored.
  if (cache_home && std::filesystem::path(*cache_home).is_absolute()) {
    return std::filesystem::path(*cache_home) / "imagewright";
  }
  const auto home = invocation.environment("HOME");
  if (home && !home->empty()) return std::filesystem::path(*home) / ".cache/imagewright";
  return std::nullopt;
}

GlobalOptions options_from(const GlobalWords& words, const Invocation& invocation) {
  return {.level = report::find_level(words.level).value_or(report::Level::info),
          .progress =
              report::find_progress_mode(words.progress).value_or(report::ProgressMode::automatic),
          .color = color_for(words.color, invocation),
          .jobs = words.jobs > 0 ? words.jobs : std::max(1U, std::thread::hardware_concurrency()),
          .cache_place = cache_directory_for(words.cache_directory, invocation)};
}

/// Runs an action and turns whatever it throws into words and an exit code.
ExitCode guarded(const Console& console, const std::function<ExitCode()>& action) {
  try {
    return action();
  } catch (const base::Error& error) {
    console.show(error.diagnostic());
    return exit_code_of(error.kind());
  } catch (const base::InputError& error) {
    console.show(error.diagnostics());
    return exit_code_of(error.kind());
  } catch (const base::Cancelled&) {
    console.reporter().message(report::Level::warning, "interrupted; nothing partial is left");
    return ExitCode::interrupted;
  } catch (const std::exception& error) {
    console.show(
        base::Diagnostic{.code = "cli.bug",
                         .message = fmt::format("this is a bug in Imagewright: {}", error.what()),
                         .hint = "please report it with the config, the command and this message"});
    return ExitCode::bug;
  }
}

struct Parser {
  CLI::App application{"Composes bootable node images for RPM distributions.", "imagewright"};
  GlobalWords words;
  std::vector<RegisteredCommand> commands;

  Parser() {
    application.set_version_flag("--version", fmt::format("imagewright {}", k_version));
    application.require_subcommand(1);
    application.fallthrough();
    application.footer(k_footer);
    application.get_formatter()->column_width(34);
    add_global_options(application, words);
    commands = {add_build_command(application),      add_plan_command(application),
                add_lock_command(application),       add_validate_command(application),
                add_why_command(application),        add_boot_command(application),
                add_advisories_command(application), add_inspect_command(application),
                add_diff_command(application),       add_verify_command(application),
                add_doctor_command(application),     add_convert_command(application),
                add_cache_command(application),      add_completion_command(application),
                add_schema_command(application),     add_import_command(application),
                add_help_command(application)};
  }
};

/// What stands where a command should, when it is none.
std::optional<std::string> unknown_command(const CLI::App& application) {
  if (!application.get_subcommands().empty()) return std::nullopt;
  for (const std::string& word : application.remaining()) {
    if (!word.starts_with('-')) return word;
  }
  return std::nullopt;
}

/// The options of the command that was given, and those of all.
std::vector<std::string> known_options(const CLI::App& application) {
  std::vector<std::string> names;
  const auto add = [&](const CLI::App& parser) {
    for (const CLI::Option* option : parser.get_options()) {
      for (const std::string& name : option->get_lnames())
        names.push_back("--" + name);
    }
  };
  add(application);
  for (const CLI::App* command : application.get_subcommands())
    add(*command);
  return names;
}

base::Diagnostic usage_problem(const CLI::App& application, const CLI::ParseError& error) {
  base::Diagnostic problem{.code = "cli.usage",
                           .message = error.what(),
                           .hint = "imagewright --help, or imagewright COMMAND --help"};
  if (const auto word = unknown_command(application)) {
    std::vector<std::string> names;
    for (const CLI::App* command : commands_of(application))
      names.push_back(command->get_name());
    const std::string near = base::did_you_mean(*word, names);
    problem.message = fmt::format("there is no command {}", base::quoted(*word));
    problem.hint = near.empty() ? "imagewright --help lists all commands" : near;
    return problem;
  }
  std::vector<std::string> unexpected = application.remaining(true);
  const auto option = std::ranges::find_if(
      unexpected, [](const std::string& word) { return word.starts_with("--"); });
  if (option == unexpected.end()) return problem;
  const std::string near = base::did_you_mean(*option, known_options(application));
  if (!near.empty()) problem.hint = near;
  return problem;
}

/// Help and version go to standard output and are no failure; wrong usage goes to standard error.
ExitCode finish_parsing(const CLI::App& application, const CLI::ParseError& error,
                        const Console& console) {
  std::ostringstream output;
  std::ostringstream problems;
  application.exit(error, output, problems);
  console.print(output.str());
  if (error.get_exit_code() == 0) return ExitCode::done;
  console.show(usage_problem(application, error));
  return ExitCode::wrong_input;
}

} // namespace

const std::filesystem::path& GlobalOptions::cache_directory() const {
  if (cache_place) return *cache_place;
  throw base::Error(base::FailureKind::input, "cli.no-cache-directory",
                    "there is no place for the cache: neither XDG_CACHE_HOME nor HOME is set",
                    "give one with --cache-dir");
}

int run(const Invocation& invocation, const base::Cancellation& cancellation) {
  const report::MonotonicClock clock;
  const Console plain(base::Color::off, std::make_unique<report::NullReporter>());
  Parser parser;
  try {
    // CLI11 takes arguments from the back.
    parser.application.parse(
        std::vector<std::string>(invocation.arguments.rbegin(), invocation.arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return static_cast<int>(
        guarded(plain, [&] { return finish_parsing(parser.application, error, plain); }));
  }
  const ExitCode code = guarded(plain, [&] {
    const GlobalOptions options = options_from(parser.words, invocation);
    const Console console(options.color, report::make_reporter({.mode = options.progress,
                                                                .level = options.level,
                                                                .color = options.color,
                                                                .read_line = file_line_reader()},
                                                               clock));
    const CommandContext context{.options = options,
                                 .invocation = invocation,
                                 .console = console,
                                 .cancellation = cancellation,
                                 .clock = clock};
    for (const RegisteredCommand& command : parser.commands) {
      if (command.parser->parsed()) {
        return guarded(console, [&] { return command.action(context); });
      }
    }
    throw base::BugError("no command was chosen");
  });
  return static_cast<int>(code);
}

} // namespace imagewright::cli
