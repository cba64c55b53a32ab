// SPDX-License-Identifier: MIT
#include "package_copies.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <exception>
#include <span>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::install {

namespace {

constexpr std::size_t k_buffer_size = std::size_t{1} << 18U;

fs::UniqueFd open_source(const model::PackageFile& file) {
  // Whoever put a FIFO there does not make anybody wait.
  fs::UniqueFd source(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (source) return source;
  base::throw_system_error("install.package-missing", "cannot open the package file",
                           file.path.string(), errno);
}

[[noreturn]] void refuse(const model::PackageFile& file, const base::Digest& found) {
  base::Diagnostic diagnostic;
  diagnostic.code = "install.package-corrupt";
  diagnostic.message =
      fmt::format("the package {} of the repository {} is not the one of the lock",
                  file.package.nevra.to_string(), base::quoted(file.package.repository));
  diagnostic.context.push_back(fmt::format("while comparing: expected {}, found {}",
                                           file.package.checksum.to_string(), found.to_string()));
  diagnostic.hint = "it was damaged or changed since it was fetched; build again";
  throw base::Error(base::FailureKind::verification, std::move(diagnostic));
}

void copy(const model::PackageFile& file, const std::filesystem::path& target) {
  const fs::UniqueFd source = open_source(file);
  const fs::UniqueFd made(
      ::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!made) base::throw_system_error("fs.cannot-write", "cannot make", target.string(), errno);
  base::Hasher hasher(file.package.checksum.algorithm);
  std::vector<std::byte> buffer(k_buffer_size);
  std::uint64_t size = 0;
  while (true) {
    const ssize_t count = ::read(source.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      base::throw_system_error("install.package-missing", "cannot read the package file",
                               file.path.string(), errno);
    if (count == 0) break;
    const std::span part(buffer.data(), static_cast<std::size_t>(count));
    hasher.update(part);
    fs::write_exactly(made.get(), part, size, target.string());
    size += part.size();
    // A file that grows for as long as it is read is not the locked one.
    if (size > file.package.download_size.bytes()) break;
  }
  const base::Digest found = hasher.finish();
  if (found != file.package.checksum) refuse(file, found);
}

} // namespace

PackageCopies::PackageCopies(const model::PackageSet& packages, const std::filesystem::path& parent,
                             const base::Cancellation& cancellation)
    : directory_(parent, ".packages-") {
  std::vector<std::exception_ptr> failures(packages.files.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t index = next++; index < packages.files.size(); index = next++) {
      if (cancellation.is_requested()) return;
      try {
        copy(packages.files[index], directory_.path() / copy_name(index));
      } catch (const std::exception&) {
        failures[index] = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    const unsigned count = std::max(1U, std::thread::hardware_concurrency());
    for (unsigned number = 1; number < count; ++number)
      threads.emplace_back(work);
    work();
  }
  cancellation.check();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

std::string copy_name(std::size_t index) {
  return fmt::format("{}.rpm", index);
}

} // namespace imagewright::install
