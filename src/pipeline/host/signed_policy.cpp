// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/finalize/added_sections.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/unfinished_file.hpp>
#include <imagewright/pipeline/signed_policy.hpp>

namespace imagewright::pipeline {

namespace {

constexpr std::uint64_t k_most = (std::uint64_t{512} << 20U) + 1;

} // namespace

KernelImageCopy copy_kernel_image(const std::filesystem::path& program) {
  const fs::UniqueFd file = fs::open_for_reading(program);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0)
    base::throw_system_error("fs.cannot-read", "cannot read", program.string(), errno);
  fs::UniqueFd copy(::memfd_create("imagewright-kernel-image", MFD_CLOEXEC));
  if (!copy) base::throw_system_error("fs.cannot-write", "cannot hold", program.string(), errno);
  std::vector<std::byte> buffer(std::size_t{1} << 20U);
  for (std::uint64_t size = 0; size < k_most;) {
    const ssize_t count =
        ::pread(file.get(), buffer.data(), std::min<std::uint64_t>(buffer.size(), k_most - size),
                static_cast<off_t>(size));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      base::throw_system_error("fs.cannot-read", "cannot read", program.string(), errno);
    if (count == 0) break;
    const auto length = static_cast<std::size_t>(count);
    fs::write_exactly(copy.get(), std::span(buffer).first(length), size, program.string());
    size += length;
  }
  return {std::move(copy), status.st_mode & 0777U, program.string()};
}

void write_with_policy(const KernelImageCopy& program, const std::filesystem::path& output,
                       const PolicySections& sections, const base::Cancellation& cancellation) {
  fs::UnfinishedFile target = fs::UnfinishedFile::make_beside(output);
  finalize::add_sections(
      {.program = program.content.get(),
       .target = target.fd(),
       .name = program.name,
       .sections = {{".pcrpkey", sections.public_key}, {".pcrsig", sections.signatures}}},
      cancellation);
  if (::fchmod(target.fd(), program.permissions) != 0)
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
