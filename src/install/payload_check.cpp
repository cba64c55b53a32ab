// SPDX-License-Identifier: MIT
#include "payload_check.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <rpm/rpmpgp.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::install {

namespace {

constexpr std::size_t k_buffer_size = std::size_t{1} << 18U;

struct Task {
  std::size_t index = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  base::Digest expected;
};

std::optional<base::DigestAlgorithm> algorithm_of(std::uint64_t number) {
  switch (number) {
  case PGPHASHALGO_SHA256:
    return base::DigestAlgorithm::sha256;
  case PGPHASHALGO_SHA384:
    return base::DigestAlgorithm::sha384;
  case PGPHASHALGO_SHA512:
    return base::DigestAlgorithm::sha512;
  default:
    return std::nullopt;
  }
}

std::optional<base::Digest> expected_digest(Header header) {
  const auto algorithm = algorithm_of(headerGetNumber(header, RPMTAG_PAYLOADDIGESTALGO));
  rpmtd_s values{};
  if (!algorithm || headerGet(header, RPMTAG_PAYLOADDIGEST, &values, HEADERGET_MINMEM) == 0)
    return std::nullopt;
  const char* text = rpmtdNextString(&values);
  std::optional<base::Digest> digest;
  if (text != nullptr) digest = base::Digest{*algorithm, base::to_lower(text)};
  rpmtdFreeData(&values);
  return digest;
}

/// Empty when it is fine.
std::string check(const Task& task, int fd) {
  base::Hasher hasher(task.expected.algorithm);
  std::vector<std::byte> buffer(k_buffer_size);
  std::uint64_t offset = task.offset;
  while (true) {
    const ssize_t count = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return "it cannot be read";
    if (count == 0) break;
    hasher.update(std::span(buffer.data(), static_cast<std::size_t>(count)));
    offset += static_cast<std::uint64_t>(count);
  }
  const base::Digest found = hasher.finish();
  if (found == task.expected) return {};
  return fmt::format("expected {}, found {}", task.expected.to_string(), found.to_string());
}

std::vector<Task> tasks_for(const std::vector<CheckedPackage>& packages,
                            const model::PackageSet& set) {
  std::vector<Task> tasks;
  for (std::size_t index = 0; index < packages.size(); ++index) {
    if (auto digest = expected_digest(packages[index].header.get())) {
      tasks.push_back({index, packages[index].payload_offset,
                       set.files[index].package.download_size.bytes(), std::move(*digest)});
    }
  }
  // The biggest first: the last task to end is then a small one.
  std::ranges::sort(tasks, [](const Task& left, const Task& right) {
    return left.size != right.size ? left.size > right.size : left.index < right.index;
  });
  return tasks;
}

} // namespace

void check_payloads(const std::vector<CheckedPackage>& packages, const model::PackageSet& set,
                    const PackageFiles& files) {
  const std::vector<Task> tasks = tasks_for(packages, set);
  std::vector<std::string> complaints(packages.size());
  std::vector<std::exception_ptr> failures(packages.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t task = next++; task < tasks.size(); task = next++) {
      const std::size_t index = tasks[task].index;
      try {
        complaints[index] = check(tasks[task], files.open(index).get());
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
  for (std::size_t index = 0; index < packages.size(); ++index) {
    if (failures[index]) std::rethrow_exception(failures[index]);
    if (complaints[index].empty()) continue;
    base::Diagnostic diagnostic;
    diagnostic.code = "install.package-corrupt";
    diagnostic.message = fmt::format("the package {} of the repository {} is damaged",
                                     set.files[index].package.nevra.to_string(),
                                     base::quoted(set.files[index].package.repository));
    diagnostic.context.push_back("while comparing the digest of its content: " + complaints[index]);
    diagnostic.hint = remedy_for_damage(set.files[index]);
    throw base::Error(base::FailureKind::verification, std::move(diagnostic));
  }
}

} // namespace imagewright::install
