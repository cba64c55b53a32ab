// SPDX-License-Identifier: MIT
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/parallel_for.hpp>
#include <imagewright/cli/run.hpp>

#include "command.hpp"
#include "guarded.hpp"
#include "help_text.hpp"
#include "parse.hpp"
#include "version.hpp"

namespace imagewright::cli {

namespace {

struct GlobalWords {
  std::string level = "info";
  std::string progress = "auto";
  std::string color = "auto";
  unsigned jobs = 0;
  std::string cache_directory;
  bool is_quiet = false;
  bool is_verbose = false;
};

constexpr const char* k_exit_codes =
    "Exit codes: 0 done, 1 the build failed, 2 wrong usage or config, 3 packages cannot be "
    "resolved, 4 this host cannot do it, 5 verification failed, 70 a bug in Imagewright, 130 "
    "interrupted, 143 ended by SIGTERM.";
constexpr const char* k_start =
    "Start with: imagewright validate CONFIG, then imagewright plan CONFIG, then imagewright build "
    "CONFIG.";
constexpr const char* k_pages =
    "Pages and example configs are in share/doc/imagewright below the directory that the program "
    "is installed into: /usr/share/doc/imagewright/docs/how-to and /usr/share/doc/imagewright/"
    "examples of a package.";
constexpr const char* k_codes =
    "A message ends with its code in brackets; imagewright help error CODE explains it.";
constexpr const char* k_environment =
    "Environment: IMAGEWRIGHT_DATA is a directory with a directory of release profiles, releases; "
    "SOURCE_DATE_EPOCH the time stamp of images; CI makes a lock that is there binding; NO_COLOR, "
    "FORCE_COLOR and TERM=dumb say whether there are colours, COLUMNS how wide help is; "
    "XDG_CACHE_HOME and HOME where the cache is; IMAGEWRIGHT_SHARED_CACHE, "
    "IMAGEWRIGHT_SHARED_CACHE_KEY, IMAGEWRIGHT_SHARED_CACHE_SIGN and "
    "IMAGEWRIGHT_SHARED_CACHE_LOGIN what build shares with other machines, JOB_COMPLETION_INDEX "
    "and SLURM_ARRAY_TASK_ID which unit it builds; http_proxy, https_proxy, no_proxy and "
    "SSL_CERT_FILE by which way servers are reached, and whose certificates count.";

std::vector<Argument> global_arguments(GlobalWords& words) {
  return {{.names = {"--log-level"},
           .value = "LEVEL",
           .description = "How much to say",
           .target = &words.level,
           .choices = {"debug", "info", "warning", "error"}},
          {.names = {"-v", "--verbose"},
           .description = "The same as --log-level debug",
           .target = &words.is_verbose,
           .excludes = "--quiet"},
          {.names = {"-q", "--quiet"},
           .description = "Only results and errors: --progress none --log-level error",
           .target = &words.is_quiet},
          {.names = {"--progress"},
           .value = "MODE",
           .description = "How to show progress, on standard error",
           .target = &words.progress,
           .choices = {"auto", "plain", "json", "none"}},
          {.names = {"--color"},
           .value = "WHEN",
           .description = "When to colour messages",
           .target = &words.color,
           .choices = {"auto", "always", "never"}},
          {.names = {"-j", "--jobs"},
           .value = "N",
           .description = "Threads to use, by default one per processor",
           .target = &words.jobs,
           .range = std::pair{std::int64_t{1}, std::int64_t{1024}}},
          {.names = {"--cache-dir"},
           .value = "DIR",
           .description = "Where packages and metadata are kept, by default "
                          "$XDG_CACHE_HOME/imagewright, else ~/.cache/imagewright",
           .target = &words.cache_directory,
           .completes = Completes::directories}};
}

bool is_set(const std::optional<std::string>& variable) {
  return variable && !variable->empty();
}

bool is_dumb(const Invocation& invocation) {
  return invocation.environment("TERM") == "dumb";
}

/// An option outweighs the environment, and there a wish for colours outweighs what the terminal
/// is (https://no-color.org, https://force-color.org).
base::Color color_for(const std::string& word, const Invocation& invocation) {
  if (word == "always") return base::Color::on;
  if (word == "never" || is_set(invocation.environment("NO_COLOR"))) return base::Color::off;
  if (is_set(invocation.environment("FORCE_COLOR"))) return base::Color::on;
  return report::is_terminal(2) && !is_dumb(invocation) ? base::Color::on : base::Color::off;
}

/// A terminal that cannot move its cursor gets lines.
report::ProgressMode progress_for(const GlobalWords& words, const Invocation& invocation) {
  if (words.is_quiet) return report::ProgressMode::none;
  const auto mode =
      report::find_progress_mode(words.progress).value_or(report::ProgressMode::automatic);
  const bool is_plain = mode == report::ProgressMode::automatic && is_dumb(invocation);
  return is_plain ? report::ProgressMode::plain : mode;
}

report::Level level_for(const GlobalWords& words) {
  if (words.is_quiet) return report::Level::error;
  if (words.is_verbose) return report::Level::debug;
  return report::find_level(words.level).value_or(report::Level::info);
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
  if (is_set(home)) return std::filesystem::path(*home) / ".cache/imagewright";
  return std::nullopt;
}

GlobalOptions options_from(const GlobalWords& words, const Invocation& invocation) {
  return {.level = level_for(words),
          .progress = progress_for(words, invocation),
          .color = color_for(words.color, invocation),
          .jobs = words.jobs > 0 ? words.jobs : base::default_thread_count(),
          .cache_directory = cache_directory_for(words.cache_directory, invocation)};
}

void fill(CommandTable& table, GlobalWords& words) {
  table.summary = "Composes bootable node images for RPM distributions.";
  table.globals = global_arguments(words);
  table.commands = {
      build_command(),        plan_command(),     lock_command(),        matrix_command(),
      collect_command(),      validate_command(), why_command(),         boot_command(),
      inspect_command(),      measure_command(),  diff_command(),        advisories_command(),
      drift_command(),        sign_command(),     sign_policy_command(), lint_command(),
      export_command(),       verify_command(),   convert_command(),     customize_command(),
      inject_files_command(), upload_command(),   releases_command(),    doctor_command(),
      cache_command(),        schema_command(),   import_command(),      completion_command(table),
      help_command(table)};
  table.notes = {k_start, k_pages, k_codes, k_exit_codes, k_environment};
  note_defaults(table);
}

/// Help and version go to standard output and are no failure.
ExitCode show_help(const CommandTable& table, const ParsedLine& line, const Console& console,
                   std::size_t width) {
  if (line.wish == Wish::version) {
    console.print(fmt::format("imagewright {}\n", k_version));
  } else if (line.command == nullptr) {
    console.print(program_help(table, width));
  } else {
    console.print(command_help(table, *line.command, line.nested, width));
  }
  return ExitCode::done;
}

} // namespace

int run(const Invocation& invocation, const base::Cancellation& cancellation) {
  const report::MonotonicClock clock;
  GlobalWords words;
  // A mistake in the line itself is coloured as the environment says.
  const Console plain(color_for("auto", invocation), std::make_unique<report::NullReporter>());
  const ExitCode code = guarded(plain, [&] {
    CommandTable table;
    fill(table, words);
    const ParsedLine line = parse_line(table, invocation.arguments);
    if (line.wish != Wish::command)
      return show_help(table, line, plain, help_width(invocation.environment("COLUMNS")));
    const GlobalOptions options = options_from(words, invocation);
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
    const Command& command = line.nested != nullptr ? *line.nested : *line.command;
    return guarded(console, [&] { return command.action(context); });
  });
  return static_cast<int>(code);
}

} // namespace imagewright::cli
