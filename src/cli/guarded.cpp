// SPDX-License-Identifier: MIT
#include "guarded.hpp"

#include <exception>
#include <new>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>

namespace imagewright::cli {

namespace {

ExitCode refused(const Console& console, const std::string& what) {
  console.show(base::Diagnostic{
      .code = "cli.host-refuses",
      .message = fmt::format("this host refuses what the program needs: {}", what),
      .hint = "look at its memory, its disk, and the limits of this process (ulimit -a)"});
  return exit_code_of(base::FailureKind::host);
}

} // namespace

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
  } catch (const std::system_error& error) {
    // Threads that cannot be made, and files that cannot be looked at.
    return refused(console, error.what());
  } catch (const std::bad_alloc&) {
    return refused(console, "there is no memory left");
  } catch (const std::exception& error) {
    console.show(
        base::Diagnostic{.code = "cli.bug",
                         .message = fmt::format("this is a bug in Imagewright: {}", error.what()),
                         .hint = "please report it with the config, the command and this message"});
    return ExitCode::bug;
  }
}

} // namespace imagewright::cli
