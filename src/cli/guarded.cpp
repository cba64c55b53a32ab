// SPDX-License-Identifier: MIT
#include "guarded.hpp"

#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>

namespace imagewright::cli {

namespace {

Ending refused(const std::string& what) {
  base::Diagnostics diagnostics;
  diagnostics.add({.code = "cli.host-refuses",
                   .message = fmt::format("this host refuses what the program needs: {}", what),
                   .hint = "look at its memory, its disk, and the limits of this process "
                           "(ulimit -a)"});
  return {.code = exit_code_of(base::FailureKind::host), .diagnostics = std::move(diagnostics)};
}

Ending bug(const std::string& what) {
  base::Diagnostics diagnostics;
  diagnostics.add({.code = "cli.bug",
                   .message = fmt::format("this is a bug in Imagewright: {}", what),
                   .hint = "please report it with the config, the command and this message"});
  return {.code = ExitCode::bug, .diagnostics = std::move(diagnostics)};
}

} // namespace

Ending ending_of(const std::exception& exception) {
  if (const auto* error = dynamic_cast<const base::Error*>(&exception)) {
    base::Diagnostics one;
    one.add(error->diagnostic());
    return {.code = exit_code_of(error->kind()), .diagnostics = std::move(one)};
  }
  if (const auto* mistakes = dynamic_cast<const base::InputError*>(&exception))
    return {.code = exit_code_of(mistakes->kind()), .diagnostics = mistakes->diagnostics()};
  if (dynamic_cast<const base::Cancelled*>(&exception) != nullptr)
    return {.code = ExitCode::interrupted, .diagnostics = {}};
  // Threads that cannot be made, and files that cannot be looked at.
  if (dynamic_cast<const std::system_error*>(&exception) != nullptr)
    return refused(exception.what());
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr)
    return refused("there is no memory left");
  return bug(exception.what());
}

ExitCode guarded(const Console& console, const std::function<ExitCode()>& action) {
  try {
    return action();
  } catch (const base::InputError& error) {
    console.show(error.diagnostics());
    return exit_code_of(error.kind());
  } catch (const base::Cancelled&) {
    console.reporter().message(report::Level::warning, "interrupted; nothing partial is left");
    return ExitCode::interrupted;
  } catch (const std::exception& error) {
    const Ending ending = ending_of(error);
    for (const base::Diagnostic& diagnostic : ending.diagnostics.items())
      console.show(diagnostic);
    return ending.code;
  }
}

} // namespace imagewright::cli
