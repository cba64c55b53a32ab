// SPDX-License-Identifier: MIT
#pragma once

// Options of the commands that read an image file.

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include <imagewright/model/image_format.hpp>

namespace imagewright::cli {

/// `--input-format`; empty: found from the content.
void add_input_format_option(CLI::App& parser, std::string& word);
std::optional<model::ImageFormat> input_format_from(const std::string& word);

} // namespace imagewright::cli
