// SPDX-License-Identifier: MIT
#include "guarded.hpp"

#include <exception>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>

namespace imagewright::cli {

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

} // namespace imagewright::cli
