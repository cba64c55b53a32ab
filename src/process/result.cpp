// SPDX-License-Identifier: MIT
#include <csignal>
#include <cstring>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/secret_words.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/process/command.hpp>

namespace imagewright::process {

namespace {

constexpr std::size_t k_quoted_lines = 12;

/// For messages: arguments that a shell would take apart are quoted.
std::string readable_arguments(const std::vector<std::string>& argv) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,+@%^";
  std::vector<std::string> words;
  for (const std::string& argument : base::arguments_without_secrets(argv)) {
    const bool is_plain =
        !argument.empty() && argument.find_first_not_of(plain) == std::string::npos;
    words.push_back(is_plain ? argument : base::quoted(argument));
  }
  return base::join(words, " ");
}

} // namespace

std::vector<std::string> last_lines(std::string_view text, std::size_t line_count) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.remove_suffix(1);
  if (text.empty() || line_count == 0) return {};
  std::size_t begin = text.size();
  for (std::size_t count = 0; count < line_count && begin != 0; ++count) {
    const std::size_t newline = text.rfind('\n', begin - 1);
    begin = newline == std::string_view::npos ? 0 : newline;
  }
  if (text[begin] == '\n') ++begin;
  std::vector<std::string> lines;
  for (const std::string& line : base::split(text.substr(begin), '\n')) {
    lines.push_back(base::escape_controls(base::trimmed(line)));
  }
  return lines;
}

std::string describe_end(const CommandResult& result) {
  if (result.is_timed_out) {
    return fmt::format("no end within {:.1f} s",
                       static_cast<double>(result.duration.count()) / 1000.0);
  }
  if (result.signal) {
    return fmt::format("signal {} ({})", *result.signal, ::strsignal(*result.signal));
  }
  return fmt::format("exit status {}", result.exit_code.value_or(-1));
}

CommandResult require_success(CommandResult result) {
  if (result.is_success()) return result;
  const std::string what = result.description.empty()
                               ? "the program " + base::quoted(result.argv.front())
                               : result.description;
  base::Diagnostic diagnostic;
  diagnostic.code = result.is_timed_out ? "process.timed-out" : "process.command-failed";
  diagnostic.message = fmt::format("{} failed: {}", what, describe_end(result));
  diagnostic.context.push_back("while running: " + readable_arguments(result.argv));
  const std::string& output =
      base::trimmed(result.standard_error).empty() ? result.standard_output : result.standard_error;
  for (const std::string& line : last_lines(output, k_quoted_lines)) {
    diagnostic.context.push_back("while it wrote: " + line);
  }
  if (!result.log_file.empty()) {
    diagnostic.log = result.log_file.string();
    diagnostic.hint = "the complete output is in " + diagnostic.log;
  }
  throw base::Error(base::FailureKind::build, std::move(diagnostic));
}

} // namespace imagewright::process
