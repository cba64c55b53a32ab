// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/process/supervision.hpp>
#include <imagewright/sandbox/metadata_record.hpp>
#include <imagewright/sandbox/privilege.hpp>

#include "test_root.hpp"

using namespace imagewright;
using imagewright_test::ScratchDirectory;
using imagewright_test::TestRoot;

namespace {

fs::UniqueFd opened(const std::filesystem::path& path) {
  return fs::UniqueFd(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

/// What a script in a sandbox of a user namespace writes, where ids other than root's are refused.
std::string output_as_single_user(TestRoot& root, const std::string& script) {
  process::Pipe pipe = process::make_pipe();
  const pid_t pid = ::fork();
  if (pid == 0) {
    // A user of nothing but one id. What a process that changed its user has in /proc would be
    // root's until it starts a program.
    const bool is_changed =
        ::setresgid(65534, 65534, 65534) == 0 && ::setresuid(65534, 65534, 65534) == 0;
    ::prctl(PR_SET_DUMPABLE, 1);
    std::string text = "cannot become root";
    try {
      if (is_changed) sandbox::become_root(sandbox::own_rung());
      text = root.output_of(script);
    } catch (const std::exception& error) {
      text = error.what();
    }
    const bool is_written = ::write(pipe.write_end.get(), text.data(), text.size()) ==
                            static_cast<ssize_t>(text.size());
    ::_exit(is_written ? 0 : 1);
  }
  pipe.write_end.reset();
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = ::read(pipe.read_end.get(), buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  ::waitpid(pid, nullptr, 0);
  return text;
}

} // namespace

TEST_CASE("a record knows files by what they are, not by their paths", "[sandbox]") {
  const ScratchDirectory scratch;
  std::ofstream(scratch / "file") << "x";
  const sandbox::RecordedMetadata metadata{.owner = 12, .group = std::nullopt};
  {
    sandbox::MetadataRecord record(scratch / "record");
    CHECK(record.empty());
    record.set(opened(scratch / "file").get(), metadata);
  }
  std::filesystem::rename(scratch / "file", scratch / "moved");
  std::ofstream(scratch / "file") << "another";
  sandbox::MetadataRecord record(scratch / "record");
  REQUIRE(record.find(opened(scratch / "moved").get()) != nullptr);
  CHECK(*record.find(opened(scratch / "moved").get()) == metadata);
  CHECK(record.find(opened(scratch / "file").get()) == nullptr);
  record.set(opened(scratch / "moved").get(), {});
  CHECK(record.empty());
  CHECK(sandbox::MetadataRecord(scratch / "record").empty());
}

TEST_CASE("a file that takes the place of a removed one inherits nothing", "[sandbox]") {
  const ScratchDirectory scratch;
  sandbox::MetadataRecord record(scratch / "record");
  for (int round = 0; round < 200; ++round) {
    std::ofstream(scratch / "file") << "x";
    const fs::UniqueFd file = opened(scratch / "file");
    REQUIRE(record.find(file.get()) == nullptr);
    record.set(file.get(), {.owner = 1, .group = 2});
    std::filesystem::remove(scratch / "file");
  }
}

TEST_CASE("owners and devices that the host refuses look as they were wished", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  if (::geteuid() != 0) IMAGEWRIGHT_SKIP("only root can become a user without subordinate ids");
  TestRoot root;
  std::filesystem::permissions(root.scratch.path(), std::filesystem::perms::all);
  std::filesystem::permissions(root.options.root, std::filesystem::perms::all);
  root.options.metadata_record = root.scratch / "record";
  const std::string script = R"(set -e; cd /
echo >file; chown 5:6 file; chmod 4711 file; stat -c %u:%g:%a file
ln -s x link; chown -h 7:8 link; stat -c %u:%g link
mknod disk b 7 300; stat -c %F:%t:%T disk
mkdir sub; cp -a file disk link sub; stat -c %u:%g:%a:%F sub/file sub/disk
chown 0:0 file; stat -c %u:%g:%a file)";
  CHECK(output_as_single_user(root, script) == "5:6:4711\n"
                                               "7:8\n"
                                               "block special file:7:12c\n"
                                               "5:6:4711:regular file\n"
                                               "0:0:644:block special file\n"
                                               "0:0:711\n");
  const sandbox::MetadataRecord record(root.scratch / "record");
  const sandbox::RecordedMetadata* disk = record.find(opened(root.path("sub/disk")).get());
  REQUIRE(disk != nullptr);
  CHECK(disk->device_type == S_IFBLK);
  CHECK(disk->device == ::makedev(7, 300));
  CHECK(record.find(opened(root.path("file")).get()) == nullptr);
}

TEST_CASE("refusals are seen where nothing is recorded", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  if (::geteuid() != 0) IMAGEWRIGHT_SKIP("only root can become a user without subordinate ids");
  TestRoot root;
  std::filesystem::permissions(root.scratch.path(), std::filesystem::perms::all);
  std::filesystem::permissions(root.options.root, std::filesystem::perms::all);
  CHECK(output_as_single_user(root, "echo >/file; chown 5:6 /file 2>/dev/null || echo refused") ==
        "refused\n");
}
