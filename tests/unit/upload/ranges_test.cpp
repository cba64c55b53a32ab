// SPDX-License-Identifier: MIT
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/fs/unique_fd.hpp>

#include "upload/ranges.hpp"

using namespace imagewright;
using upload::Ranges;

namespace {

Ranges content_of(const std::string& text, std::uint64_t size,
                  const std::vector<std::uint64_t>& places) {
  const fs::UniqueFd file(::memfd_create("disk", MFD_CLOEXEC));
  REQUIRE(::ftruncate(file.get(), static_cast<off_t>(size)) == 0);
  for (const std::uint64_t place : places)
    REQUIRE(::pwrite(file.get(), text.data(), text.size(), static_cast<off_t>(place)) ==
            static_cast<ssize_t>(text.size()));
  return upload::content_of(file.get(), size, "disk", base::Cancellation());
}

} // namespace

TEST_CASE("finds what is not zero in blocks, whatever the size") {
  CHECK(content_of("x", 1U << 20U, {}).empty());
  CHECK(content_of("x", 1U << 20U, {0}) == Ranges{{0, 4096}});
  CHECK(content_of("x", 1U << 20U, {4095, 4096}) == Ranges{{0, 8192}});
  CHECK(content_of("x", (1U << 20U) + 512, {5000, 1U << 20U}) ==
        Ranges{{4096, 4096}, {1U << 20U, 512}});
  CHECK(content_of(std::string(8192, '\0'), 1U << 20U, {4096}).empty());
}

TEST_CASE("asks for no more at once than a server takes") {
  constexpr std::uint64_t mib = 1U << 20U;
  CHECK(upload::in_requests({{mib, 9 * mib}, {64 * mib, 512}}) ==
        Ranges{{mib, 4 * mib}, {5 * mib, 4 * mib}, {9 * mib, mib}, {64 * mib, 512}});
}

TEST_CASE("knows what was sent already") {
  const Ranges there{{0, 4096}, {8192, 4096}};
  CHECK(upload::covers(there, {0, 4096}));
  CHECK(upload::covers(there, {8704, 512}));
  CHECK_FALSE(upload::covers(there, {0, 8192}));
  CHECK_FALSE(upload::covers(there, {4096, 512}));
  CHECK_FALSE(upload::covers({}, {0, 512}));
}
