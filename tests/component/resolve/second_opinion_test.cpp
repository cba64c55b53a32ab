// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/text.hpp>
#include <imagewright/resolve/resolve.hpp>

using namespace imagewright;
using Names = std::vector<std::string>;

namespace {

/// Metadata of a real distribution.
struct Distribution {
  std::string data;
  std::filesystem::path primary;
  std::filesystem::path filelists;
};

std::optional<Distribution> find_distribution(const std::string& data) {
  const auto directory = imagewright_test::find_shared_data(data);
  if (!directory) return std::nullopt;
  Distribution result{.data = data};
  for (const auto& entry : std::filesystem::directory_iterator(*directory / "repodata")) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with("primary.xml.gz")) result.primary = entry.path();
    if (name.ends_with("filelists.xml.gz")) result.filelists = entry.path();
  }
  return result;
}

resolve::ResolveResult ask(const Distribution& distribution, const Names& specs,
                           const std::filesystem::path& metadata_cache) {
  model::RepositorySnapshot snapshot;
  snapshot.repository.name = "repository";
  snapshot.metadata = base::digest_of(distribution.data);
  snapshot.primary = distribution.primary;
  snapshot.has_filelists = true;
  resolve::ResolveRequest request{.architecture = model::architecture("x86_64"),
                                  .repositories = {snapshot}};
  for (const std::string& spec : specs)
    request.packages.push_back({.spec = spec});
  request.load_filelists = [&](const auto&) { return std::optional(distribution.filelists); };
  request.metadata_cache = metadata_cache;
  const base::Cancellation cancellation;
  return resolve::resolve(request, cancellation);
}

/// The packages, or "no solution".
std::string our_answer(const Distribution& distribution, const Names& specs,
                       const std::filesystem::path& metadata_cache = {}) {
  const auto result = ask(distribution, specs, metadata_cache);
  const auto* resolution = std::get_if<resolve::Resolution>(&result);
  if (resolution == nullptr) return "no solution";
  Names names;
  for (const auto& package : resolution->packages)
    names.push_back(package.nevra.to_string());
  std::sort(names.begin(), names.end());
  return base::join(names, " ");
}

struct ProgramResult {
  int exit_code = 0;
  std::string output;
};

ProgramResult run(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "re");
  REQUIRE(pipe != nullptr);
  ProgramResult result;
  std::array<char, 4096> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr)
    result.output += buffer.data();
  result.exit_code = WEXITSTATUS(::pclose(pipe));
  return result;
}

/// One line for each question; nothing when the second opinion cannot be had on this host.
std::optional<Names> other_answers(const Distribution& distribution,
                                   const std::vector<Names>& questions) {
  const auto script = imagewright_test::source_directory() / "tests/component/resolve/oracle.py";
  // The bindings belong to the system's Python, which need not be the first in PATH.
  std::string command = "/usr/bin/python3 " + script.string() + " x86_64 " +
                        distribution.primary.string() + " " + distribution.filelists.string();
  for (const Names& specs : questions) {
    if (&specs != &questions.front()) command += " --";
    for (const std::string& spec : specs)
      command += " '" + spec + "'";
  }
  const ProgramResult result = run(command);
  if (result.exit_code == 4 || result.exit_code == 127) return std::nullopt;
  REQUIRE(result.exit_code == 0);
  Names lines = base::split(result.output, '\n');
  lines.pop_back();
  return lines;
}

void compare(const std::string& data, const std::vector<Names>& questions) {
  const auto distribution = find_distribution(data);
  if (!distribution) IMAGEWRIGHT_SKIP("../shared/data/" + data + " is not on this machine");
  const auto expected = other_answers(*distribution, questions);
  if (!expected) IMAGEWRIGHT_SKIP("python3-solv is not installed");
  REQUIRE(expected->size() == questions.size());
  const imagewright_test::ScratchDirectory scratch;
  for (std::size_t index = 0; index < questions.size(); ++index) {
    INFO(base::join(questions[index], ", "));
    CHECK(our_answer(*distribution, questions[index], scratch.path()) == (*expected)[index]);
  }
}

} // namespace

TEST_CASE("agrees with another program about Azure Linux 3.0") {
  compare("azl3-metadata-x86_64", {{"bash"},
                                   {"kernel"},
                                   {"systemd"},
                                   {"containerd2", "runc", "kernel", "systemd"},
                                   {"openssh-server", "cloud-init", "sudo"},
                                   {"kubernetes", "cri-tools"},
                                   {"selinux-policy", "dracut-fips"},
                                   {"core-packages-base-image", "core-packages-container"},
                                   {"WALinuxAgent", "hyperv-daemons", "chrony"},
                                   {"/usr/bin/rpm"},
                                   {"kernel = 6.6.134.1"},
                                   {"there-is-no-such-package"}});
}

TEST_CASE("agrees with another program about CentOS Stream 9") {
  compare("centos-stream9-baseos", {{"bash"},
                                    {"kernel"},
                                    {"systemd", "openssh-server"},
                                    {"dnf", "NetworkManager"},
                                    {"selinux-policy-targeted"},
                                    {"glibc-langpack-en", "sudo", "chrony", "dracut"},
                                    {"grub2-efi-x64", "shim-x64"},
                                    {"/usr/bin/vi"},
                                    {"python3 >= 3.9"},
                                    {"kernel = 4.18"}});
}

TEST_CASE("a problem of a package that a repository holds twice is told once") {
  const auto directory =
      imagewright_test::find_shared_data("repositories/repo_with_duplicate_packages");
  if (!directory) IMAGEWRIGHT_SKIP("../shared/data/repositories is not on this machine");
  const Distribution distribution{.data = "duplicates",
                                  .primary = *directory / "repodata/primary.xml.gz",
                                  .filelists = *directory / "repodata/filelists.xml.gz"};
  const auto result = ask(distribution, {"fake_bash"}, {});
  const auto* unsolvable = std::get_if<resolve::Unsolvable>(&result);
  REQUIRE(unsolvable != nullptr);
  REQUIRE(unsolvable->problems.size() == 1);
  const base::Diagnostic& problem = unsolvable->problems[0];
  CHECK(problem.code == "resolve.nothing-provides");
  // It needs glib, bzip2 and expat too, which are as absent: libsolv tells of the first that it
  // finds, and keeps the requirements in another order in what it prepares of metadata than they
  // have in there.
  CHECK(problem.message == "nothing provides \"zlib\", needed by super_kernel-6.0.1-2.x86_64");
  CHECK(problem.context == Names{"while installing super_kernel-6.0.1-2.x86_64, needed by "
                                 "fake_bash-1.1.1-1.x86_64 as \"super_kernel\"",
                                 "while installing \"fake_bash\""});
}
