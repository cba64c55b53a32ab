// SPDX-License-Identifier: MIT
#include "checked_file.hpp"

#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::cli {

CheckedFile::CheckedFile(const std::filesystem::path& path)
    : path_(path), digest_(fs::digest_of_file(path)) {}

json::Value CheckedFile::named_in(const json::Value& report) const {
  const json::Object* members = report.find_object();
  IMAGEWRIGHT_ASSERT(members != nullptr);
  json::Object named = *members;
  named.emplace_back("subject",
                     json::Object{{"file", base::escape_controls(path_.filename().string())},
                                  {"digest", digest_.to_string()}});
  return named;
}

} // namespace imagewright::cli
