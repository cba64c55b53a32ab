// SPDX-License-Identifier: MIT
#include "image_options.hpp"

namespace imagewright::cli {

void add_input_format_option(CLI::App& parser, std::string& word) {
  parser
      .add_option("--input-format", word,
                  "Format of the image that is read (default: found from its content)")
      ->check(CLI::IsMember(model::image_format_words(model::ImageKind::disk)));
}

std::optional<model::ImageFormat> input_format_from(const std::string& word) {
  return model::find_image_format(word);
}

} // namespace imagewright::cli
