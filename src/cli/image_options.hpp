// SPDX-License-Identifier: MIT
#pragma once

// Options of the commands that read an image file.

#include <optional>
#include <string>

#include <imagewright/model/image_format.hpp>

#include "arguments.hpp"

namespace imagewright::cli {

/// `--input-format`; empty: found from the content.
Argument input_format_argument(std::string& word);
std::optional<model::ImageFormat> input_format_from(const std::string& word);

} // namespace imagewright::cli
