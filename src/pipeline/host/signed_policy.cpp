// SPDX-License-Identifier: MIT
#include <cerrno>
#include <system_error>

#include <sys/stat.h>

#include <imagewright/base/error.hpp>
#include <imagewright/finalize/added_sections.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/unfinished_file.hpp>
#include <imagewright/pipeline/signed_policy.hpp>

namespace imagewright::pipeline {

void write_with_policy(const std::filesystem::path& program, const std::filesystem::path& output,
                       const PolicySections& sections, const base::Cancellation& cancellation) {
  const fs::UniqueFd file = fs::open_for_reading(program);
  fs::UnfinishedFile target = fs::UnfinishedFile::make_beside(output);
  finalize::add_sections(
      {.program = file.get(),
       .target = target.fd(),
       .name = program.string(),
       .sections = {{".pcrpkey", sections.public_key}, {".pcrsig", sections.signatures}}},
      cancellation);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || ::fchmod(target.fd(), status.st_mode & 0777U) != 0)
    base::throw_system_error("fs.cannot-write", "cannot write", output.string(), errno);
  fs::sync_path(target.path());
  std::error_code error;
  std::filesystem::rename(target.path(), output, error);
  if (error)
    base::throw_system_error("fs.cannot-write", "cannot write", output.string(), error.value());
  target.keep();
  fs::sync_path(std::filesystem::absolute(output).parent_path());
}

} // namespace imagewright::pipeline
