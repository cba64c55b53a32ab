// SPDX-License-Identifier: MIT
#include <algorithm>

#include <catch2/catch.hpp>

#include <imagewright/finalize/finalize.hpp>

#include "fake_root.hpp"

using namespace finalize_test;

TEST_CASE("the steps have different names, and the order that the rest relies on") {
  const auto names = finalize::step_names();
  const auto position = [&](std::string_view name) {
    return std::ranges::find(names, name) - names.begin();
  };
  CHECK(position("accounts") < position("added-files"));
  CHECK(position("policy-files") < position("added-files"));
  CHECK(position("added-files") < position("units"));
  CHECK(position("post-scripts") < position("initramfs"));
  CHECK(position("kernels") < position("initramfs"));
  CHECK(position("initramfs") < position("boot-loader"));
  CHECK(position("final-scripts") < position("references"));
  CHECK(position("tidy") == std::ssize(names) - 1);
}

TEST_CASE_METHOD(FakeRoot, "what steps yield is added up, and the last word about kernels counts") {
  finalize::StepYield first{.kernels = {{{.release = "1"}, {.release = "2"}}},
                            .command_line_files = {"/a"}};
  first.add({.kernels = {{{.release = "2"}}}, .command_line_files = {"/b"}});
  first.add({.disk_patches = {{base::ByteSize(7), "x"}}, .warnings = {{.code = "test.warning"}}});
  finalize::fold(first, found, reporter);
  finalize::fold({}, found, reporter);
  REQUIRE(found.kernels.size() == 1);
  CHECK(found.kernels[0].release == "2");
  CHECK(found.command_line_files == std::vector<std::string>{"/a", "/b"});
  CHECK(found.disk_patches.size() == 1);
  REQUIRE(reporter.events().size() == 1);
  CHECK(std::get<base::Diagnostic>(reporter.events()[0]).code == "test.warning");
}

TEST_CASE_METHOD(FakeRoot, "finalizes a root that has nothing to boot") {
  plan.policy.kernel_arguments = {{"root=UUID=1", "storage", std::nullopt},
                                  {"rw", "storage", std::nullopt}};
  root.write("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n", 0644);
  plan.os.users = {{.name = "zoe", .where = at(3)}, {.name = "adam", .where = at(4)}};
  installed = {.path = directory.path(), .packages = {{.name = "bash"}}};
  const auto result = finalize::finalize(work, installed, plan, services);
  CHECK(result.path == directory.path());
  CHECK(result.packages == installed.packages);
  CHECK(result.kernel_command_line == "root=UUID=1 rw");
  CHECK(owner_of("/home/adam") == "1001:1001");
  CHECK(programs.commands.empty());
}

TEST_CASE_METHOD(FakeRoot, "an error names the step") {
  plan.os.timezone = {"Mars/Olympus", at(5)};
  try {
    finalize::finalize(work, {.path = directory.path()}, plan, services);
    FAIL("accepted");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().context ==
          std::vector<std::string>{"while finalizing the root, step locale"});
  }
}

TEST_CASE_METHOD(FakeRoot, "stops when it is asked to") {
  cancellation.request();
  CHECK_THROWS_AS(finalize::finalize(work, {.path = directory.path()}, plan, services),
                  base::Cancelled);
}

TEST_CASE_METHOD(FakeRoot, "runs scripts with their interpreter, arguments and directory") {
  model::ScriptConfig text{.content = "echo $1\n",
                           .interpreter = "/bin/bash",
                           .arguments = {"one"},
                           .environment = {{"A", "b"}},
                           .directory = "/host/config"};
  model::ScriptConfig file{.path = "scripts/last.sh", .directory = "/host/config"};
  plan.scripts.post_customization = {text};
  plan.scripts.finalize_customization = {file};
  std::string seen;
  programs.effect = [&](const process::Command& command, process::CommandResult&) {
    if (command.argv[0] == "/bin/bash") seen = root.read(command.argv[1]);
  };
  run_step(finalize::steps::post_scripts);
  run_step(finalize::steps::final_scripts);
  REQUIRE(programs.commands.size() == 2);
  CHECK(seen == "echo $1\n");
  CHECK(programs.commands[0].argv.back() == "one");
  CHECK(programs.commands[0].environment.at("A") == "b");
  CHECK(programs.commands[0].working_directory.empty());
  CHECK(programs.commands[1].working_directory.empty());
  CHECK(programs.commands[1].argv ==
        std::vector<std::string>{"/bin/sh", "/_imageconfigs/scripts/last.sh"});
  // The script alone: what else is in the config's directory is not for it.
  CHECK(visible_directories == std::vector<std::filesystem::path>{"/host/config/scripts/last.sh"});
  CHECK(root.list("/").empty());
}

TEST_CASE_METHOD(FakeRoot, "a script that fails is named, and leaves nothing behind") {
  plan.scripts.post_customization = {{.content = "exit 3\n", .name = "bad one"}};
  programs.effect = [](const process::Command&, process::CommandResult& result) {
    result.exit_code = 3;
  };
  try {
    run_step(finalize::steps::post_scripts);
    FAIL("accepted");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "process.command-failed");
    CHECK(error.diagnostic().context.back() == "while running script \"bad one\"");
  }
  CHECK(root.list("/").empty());
}

TEST_CASE("a plan takes over what config and release say") {
  model::ImageConfig config;
  config.name = "node";
  config.os.hostname = {"node1", at(3)};
  model::ReleaseProfile release;
  release.name = "test-1";
  release.initramfs.modules = {"base"};
  release.rpm_database_path = "/usr/lib/sysimage/rpm";
  const auto& architecture = model::architecture("aarch64");
  const auto bare = finalize::plan_from(config, release, architecture);
  CHECK(bare.boot_loader.kind == finalize::BootLoaderKind::none);
  CHECK(bare.image_name == "node");
  CHECK(bare.os == config.os);
  CHECK(bare.initramfs == release.initramfs);
  CHECK(bare.rpm_database_path == release.rpm_database_path);
  release.default_boot_loader = "grub";
  release.boot_loaders["grub"] = {.efi_program = {.text = "/grub.efi"}};
  const auto plan = finalize::plan_from(config, release, architecture);
  CHECK(plan.boot_loader.kind == finalize::BootLoaderKind::grub);
  CHECK(plan.boot_loader.facts.efi_program.text == "/grub.efi");
  CHECK(plan.boot_loader.serial_console == "ttyAMA0");
  config.storage.boot_type = {model::BootType::legacy, at(4)};
  CHECK(finalize::plan_from(config, release, architecture).boot_loader.kind ==
        finalize::BootLoaderKind::grub_bios);
}
