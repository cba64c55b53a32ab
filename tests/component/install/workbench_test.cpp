// SPDX-License-Identifier: MIT
#include <chrono>

#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/process/command_runner.hpp>
#include <imagewright/process/program.hpp>
#include <imagewright/sandbox/probe.hpp>

#include "package_builder.hpp"

using namespace imagewright;

namespace {

std::string rpm(std::vector<std::string> arguments) {
  const base::Cancellation cancellation;
  process::HostCommandRunner runner(cancellation);
  process::Command command;
  command.argv = {"rpm"};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  return runner.run(command).standard_output;
}

model::PackageSet packages_in(const std::filesystem::path& directory) {
  model::PackageSet set;
  std::vector<std::string> arguments{
      "-qp", "--nosignature", "--qf",
      "%{NAME} %{EPOCHNUM} %{VERSION} %{RELEASE} %{ARCH} %{BUILDTIME} %{LONGSIZE} %{SOURCERPM}\n"};
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".rpm") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  for (const auto& path : paths)
    arguments.push_back(path.string());
  const auto words = base::split_whitespace(rpm(arguments));
  REQUIRE(words.size() == 8 * paths.size());
  for (std::size_t index = 0; index < paths.size(); ++index) {
    const auto* word = &words[8 * index];
    model::PackageFile file;
    file.package.nevra = {word[0], static_cast<std::uint32_t>(std::stoul(word[1])), word[2],
                          word[3], word[4]};
    file.package.build_time = base::Epoch(std::chrono::seconds(std::stoll(word[5])));
    file.package.installed_size = base::ByteSize(std::stoull(word[6]));
    file.package.provenance = {
        .source_package = word[7],
        .license = rpm({"-qp", "--nosignature", "--qf", "%{LICENSE}", paths[index].string()}),
        .vendor = "Imagewright"};
    file.package.repository = "workbench";
    file.package.checksum = fs::digest_of_file(paths[index]);
    file.package.download_size = base::ByteSize(std::filesystem::file_size(paths[index]));
    file.path = paths[index];
    set.files.push_back(file);
  }
  return set;
}

/// The workbench's packages of one architecture, to be installed into an empty root.
struct WorkbenchInstallation {
  explicit WorkbenchInstallation(const std::string& architecture) {
    const auto workbench = imagewright_test::source_directory() / "build/workbench";
    if (!std::filesystem::exists(workbench / architecture / "repodata")) return;
    is_possible = true;
    root = scratch / "root";
    std::filesystem::create_directory(root);
    request.epoch = base::Epoch(std::chrono::seconds(1700000000));
    request.trust["workbench"].public_keys = {
        imagewright_test::read_text(workbench / "RPM-GPG-KEY-workbench")};
    request.packages = packages_in(workbench / architecture);
  }

  model::InstalledRoot run() {
    const base::Cancellation cancellation;
    report::NullReporter reporter;
    root::WorkRoot work({.directory = root,
                         .run_record = scratch / "owners",
                         .epoch = request.epoch,
                         .emulator = emulator},
                        {});
    return install::install_packages(work, request, cancellation, reporter);
  }

  std::string verify() const {
    return rpm({"--root", root, "--dbpath", "/var/lib/rpm", "-Va", "--noscripts"});
  }

  bool is_possible = false;
  imagewright_test::ScratchDirectory scratch;
  std::filesystem::path root;
  std::optional<sandbox::Emulator> emulator;
  install::InstallRequest request;
};

} // namespace

TEST_CASE("a whole distribution installs twice alike, and verifies with rpm itself",
          "[install][workbench]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  WorkbenchInstallation first("x86_64");
  WorkbenchInstallation second("x86_64");
  if (!first.is_possible) {
    IMAGEWRIGHT_SKIP("the workbench distribution has not been made (toolkit/workbench/build)");
  }
  CHECK(first.run().packages.size() == first.request.packages.files.size());
  CHECK(first.verify() == "");
  second.run();
  CHECK(fs::digest_of_file(first.root / "var/lib/rpm/rpmdb.sqlite") ==
        fs::digest_of_file(second.root / "var/lib/rpm/rpmdb.sqlite"));
}

TEST_CASE("a whole distribution of a foreign architecture installs", "[install][workbench]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  WorkbenchInstallation installation("aarch64");
  const model::Architecture& architecture = model::architecture("aarch64");
  const auto emulator = process::find_program(architecture.emulator.program);
  if (!installation.is_possible || !emulator ||
      sandbox::probe().private_binfmt_misc == sandbox::Ability::absent) {
    IMAGEWRIGHT_SKIP("the workbench for aarch64, qemu-aarch64-static and Linux 6.7 are needed");
  }
  installation.emulator =
      sandbox::Emulator{*emulator, architecture.emulator.magic, architecture.emulator.mask};
  const auto installed = installation.run();
  CHECK(installed.packages.size() == installation.request.packages.files.size());
  CHECK_FALSE(installed.scriptlets.empty());
  CHECK(installation.verify() == "");
}
