// SPDX-License-Identifier: MIT
#include "context.hpp"

#include <filesystem>
#include <string>

#include <fcntl.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/sandbox/metadata_record.hpp>

namespace imagewright::finalize {

void own(const Context& context, const std::string& path, uid_t user, gid_t group) {
  const auto file = context.root.open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  sandbox::MetadataRecord record(context.services.metadata_record);
  const int error_number = record.change_owner(file.get(), user, group);
  if (error_number == 0) return;
  base::throw_system_error("finalize.cannot-own", "cannot change the owner of", path, error_number);
}

std::string content_of(const model::FileContent& content) {
  if (const auto* text = std::get_if<std::string>(&content)) return *text;
  return fs::read_file(std::get<std::filesystem::path>(content));
}

} // namespace imagewright::finalize
