// SPDX-License-Identifier: MIT
#include "payload_check.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <rpm/rpmpgp.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/parallel_for.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/digest.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::install {

namespace {

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
std::string check(const Task& task, int fd, const std::string& name) {
  const base::Digest found =
      fs::digest_of_open_file(fd, name, task.expected.algorithm, task.offset);
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
                    const PackageFiles& files, unsigned thread_count) {
  const std::vector<Task> tasks = tasks_for(packages, set);
  std::vector<std::string> complaints(packages.size());
  const base::Cancellation never; // who wants to stop ends this whole process
  base::parallel_for(tasks.size(), thread_count, never, [&](std::size_t task) {
    const std::size_t index = tasks[task].index;
    complaints[index] =
        check(tasks[task], files.open(index).get(), set.files[index].package.nevra.to_string());
  });
  for (std::size_t index = 0; index < packages.size(); ++index) {
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
