// SPDX-License-Identifier: MIT
#pragma once

// The options that say where an image is composed.

#include <optional>
#include <string>

#include <imagewright/sandbox/privilege.hpp>

#include "command.hpp"

namespace imagewright::cli {

struct RungWords {
  std::string rung = "auto";
  std::string machine_kernel;
};

/// `words` must outlive the command.
void add_rung_options(Command& command, RungWords& words);

/// Nothing: the first that works.
std::optional<sandbox::Rung> wanted_rung(const RungWords& words);

/// Throws base::Error (cli.missing-input) when there is no such file.
std::filesystem::path machine_kernel(const RungWords& words);

} // namespace imagewright::cli
