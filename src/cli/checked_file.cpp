// SPDX-License-Identifier: MIT
#include "checked_file.hpp"

#include <cstdint>
#include <system_error>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::cli {

namespace {

constexpr std::uintmax_t k_largest = std::uintmax_t{256} << 30U;

} // namespace

CheckedFile::CheckedFile(const std::filesystem::path& path) : path_(path) {
  std::error_code ignored; // reading says what is wrong
  const std::uintmax_t size = std::filesystem::file_size(path, ignored);
  if (ignored || size <= k_largest) digest_ = fs::digest_of_file(path);
}

json::Value CheckedFile::named_in(const json::Value& report) const {
  const json::Object* members = report.find_object();
  IMAGEWRIGHT_ASSERT(members != nullptr);
  json::Object named = *members;
  if (!digest_) return named;
  named.emplace_back("subject",
                     json::Object{{"file", base::escape_controls(path_.filename().string())},
                                  {"digest", digest_->to_string()}});
  return named;
}

} // namespace imagewright::cli
