// SPDX-License-Identifier: MIT
#include <imagewright/model/artifact.hpp>
#include <imagewright/model/image_format.hpp>

namespace imagewright::model {

std::string_view to_string(ImageFormat format) {
  return row_of(format).word;
}

std::string_view extension_of(ImageFormat format) {
  return row_of(format).extension;
}

bool is_disk(ImageFormat format) {
  return row_of(format).kind == ImageKind::disk;
}

std::optional<ImageFormat> find_image_format(std::string_view word) {
  for (const ImageFormatRow& row : k_image_formats) {
    if (row.word == word) return row.format;
  }
  return std::nullopt;
}

std::vector<std::string> image_format_words() {
  std::vector<std::string> words;
  for (const ImageFormatRow& row : k_image_formats)
    words.emplace_back(row.word);
  return words;
}

std::vector<std::string> image_format_words(ImageKind kind) {
  std::vector<std::string> words;
  for (const ImageFormatRow& row : k_image_formats) {
    if (row.kind == kind) words.emplace_back(row.word);
  }
  return words;
}

} // namespace imagewright::model
