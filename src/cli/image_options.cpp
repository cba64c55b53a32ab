// SPDX-License-Identifier: MIT
#include "image_options.hpp"

namespace imagewright::cli {

Argument input_format_argument(std::string& word) {
  return {.names = {"--input-format"},
          .value = "FORMAT",
          .description = "Format of the image that is read, by default found from its content",
          .target = &word,
          .choices = model::image_format_words(model::ImageKind::disk)};
}

std::optional<model::ImageFormat> input_format_from(const std::string& word) {
  return model::find_image_format(word);
}

} // namespace imagewright::cli
