// SPDX-License-Identifier: MIT
#pragma once

// What a machine is asked that customizes an image, and what it answers, as bytes.

#include <string>
#include <string_view>
#include <vector>

#include <imagewright/pipeline/customize.hpp>
#include <imagewright/sandbox/emulation.hpp>

#include "pipeline/install_request.hpp"

namespace imagewright::pipeline {

/// Everything that decides about the image. Config and base are read again inside.
struct CustomizeQuestion {
  std::string working_directory; ///< of the command: configs may be named relative to it
  CustomizeOptions options;      ///< with what was decided before, as something to be repeated
  FetchedPackages fetched;
  std::string base_reference;            ///< in a registry; empty: the base is a file
  std::vector<std::string> remote_files; ///< where they are, in the config's order
  std::optional<sandbox::Emulator> emulator;
  unsigned thread_count = 1;
};

std::string encode(const CustomizeQuestion& question);
CustomizeQuestion decode_customize_question(std::string_view bytes);
std::string encode(const CustomizeResult& result);
CustomizeResult decode_customize_result(std::string_view bytes);

} // namespace imagewright::pipeline
