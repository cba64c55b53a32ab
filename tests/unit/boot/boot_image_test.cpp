// SPDX-License-Identifier: MIT
#include <fstream>

#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/boot/boot_image.hpp>
#include <imagewright/report/recording_reporter.hpp>

#include "boot/guest_script.hpp"
#include "boot/qemu_arguments.hpp"

using namespace imagewright;

namespace {

constexpr const char* k_kernel_answer = "@imagewright kernel-release 0 Ni42LjE=\n";
constexpr const char* k_end = "@imagewright end 1 -\n";

/// Stands for qemu-img, debugfs and QEMU.
class FakeMachine final : public process::CommandRunner {
public:
  process::CommandResult run(const process::Command& command) override {
    argvs.push_back(command.argv);
    process::CommandResult result;
    result.argv = command.argv;
    result.exit_code = 0;
    if (command.argv.front() == "debugfs" && stores_unit) {
      result.standard_output = stored_file(command.argv.at(2));
    }
    if (command.argv.front() == "qemu-img") {
      std::ofstream(command.working_directory / "root.raw") << "";
    }
    if (command.argv.front() == "qemu-system-x86_64") run_guest(command, result);
    return result;
  }

  std::vector<std::vector<std::string>> argvs;
  bool stores_unit = true;
  std::string console;
  std::string port;
  int exit_code = 0;
  bool is_timed_out = false;

private:
  static std::string stored_file(const std::string& debugfs_command) {
    if (debugfs_command.find(boot::k_drop_in_name) != std::string::npos) {
      return boot::guest_drop_in();
    }
    return debugfs_command.find(boot::k_unit_name) != std::string::npos ? boot::guest_unit() : "";
  }

  void run_guest(const process::Command& command, process::CommandResult& result) {
    std::ofstream(command.working_directory / "answers") << port;
    if (command.watch_output(console) == process::Watch::stop) {
      result.is_stopped_by_watch = true;
      result.exit_code.reset();
      result.signal = 9;
    } else if (is_timed_out) {
      result.is_timed_out = true;
      result.exit_code.reset();
      result.signal = 9;
    } else {
      result.exit_code = exit_code;
    }
    result.standard_output = console;
    result.standard_error = "qemu says why\n";
    result.duration = std::chrono::seconds(70);
  }
};

class Fixture {
public:
  Fixture() {
    request.image = scratch / "node.raw";
    request.architecture = model::architecture("x86_64");
    request.architecture.qemu.firmware = {
        {scratch.write("code.fd", "").string(), scratch.write("variables.fd", "").string()}};
    request.work_directory = scratch / "work";
    request.serial_log = scratch / "logs/serial.log";
    request.checks = {{"kernel is 6.6", model::CheckKind::kernel_series, "", "6.6"}};
  }

  boot::BootReport boot() { return boot::boot_image(request, machine, reporter); }

  base::Diagnostic failure(base::FailureKind kind) {
    try {
      (void)boot();
    } catch (const base::Error& error) {
      CHECK(error.kind() == kind);
      return error.diagnostic();
    }
    FAIL("nothing was thrown");
    return {};
  }

  imagewright_test::ScratchDirectory scratch;
  boot::BootRequest request;
  FakeMachine machine;
  report::RecordingReporter reporter;
};

} // namespace

TEST_CASE("answers from the virtio port become a report") {
  Fixture fixture;
  fixture.machine.port = std::string(k_kernel_answer) + k_end;
  const auto report = fixture.boot();
  REQUIRE(report.rows.size() == 1);
  CHECK(report.rows.front().outcome == boot::RowOutcome::passed);
  CHECK(report.rows.front().actual == "6.6.1");
  CHECK(report.duration == std::chrono::seconds(70));
  CHECK(report.serial_log == fixture.request.serial_log);
  CHECK(std::filesystem::is_empty(fixture.request.work_directory));
}

TEST_CASE("a guest without the port's driver answers on the serial console") {
  Fixture fixture;
  fixture.machine.console = std::string("boot noise\r\n") + k_kernel_answer + k_end;
  CHECK_FALSE(fixture.boot().has_failures());
}

TEST_CASE("a guest that does not go down fails a row of its own") {
  Fixture fixture;
  fixture.machine.port = std::string(k_kernel_answer) + k_end;
  fixture.machine.is_timed_out = true;
  const auto report = fixture.boot();
  REQUIRE(report.rows.size() == 2);
  CHECK(report.rows.back().check == "the machine powers off");
  CHECK(report.has_failures());
}

TEST_CASE("a timeout tells what the console said last and where the rest is") {
  Fixture fixture;
  fixture.machine.console = "starting\n\x1b[2J\x1b[1mA start job is running\x1b[0m\r\n\x1b[0m\r\n";
  fixture.machine.is_timed_out = true;
  const auto diagnostic = fixture.failure(base::FailureKind::verification);
  CHECK(diagnostic.code == "boot.timeout");
  REQUIRE_FALSE(diagnostic.context.empty());
  CHECK(diagnostic.context.back() == "while it wrote: A start job is running");
  CHECK(diagnostic.hint.find("serial.log") != std::string::npos);
}

TEST_CASE("a hopeless boot ends at once with its own code") {
  const auto [console, code] = GENERATE(table<std::string, std::string>({
      {"Kernel panic - not syncing: no init\n", "boot.kernel-panic"},
      {"You are in emergency mode\n", "boot.emergency-mode"},
      {"BdsDxe: No bootable option or device was found.\n", "boot.not-bootable"},
  }));
  Fixture fixture;
  fixture.machine.console = console;
  CHECK(fixture.failure(base::FailureKind::verification).code == code);
}

TEST_CASE("a machine that goes down without all answers has failed") {
  Fixture fixture;
  fixture.machine.port = k_kernel_answer;
  CHECK(fixture.failure(base::FailureKind::verification).code == "boot.no-answers");
}

TEST_CASE("a failure of QEMU itself is told in its words") {
  Fixture fixture;
  fixture.machine.exit_code = 1;
  const auto diagnostic = fixture.failure(base::FailureKind::build);
  CHECK(diagnostic.code == "boot.qemu-failed");
  REQUIRE_FALSE(diagnostic.context.empty());
  CHECK(diagnostic.context.front() == "while it wrote: qemu says why");
}

TEST_CASE("questions that were not stored are noticed before the boot") {
  Fixture fixture;
  fixture.machine.stores_unit = false;
  CHECK(fixture.failure(base::FailureKind::host).code == "boot.cannot-carry-probe");
  for (const auto& argv : fixture.machine.argvs)
    CHECK(argv.front() != "qemu-system-x86_64");
}

TEST_CASE("a root file system that cannot carry the questions is refused at once") {
  Fixture fixture;
  fixture.request.root.filesystem = model::FilesystemType::xfs;
  CHECK(fixture.failure(base::FailureKind::host).code == "boot.cannot-carry-probe");
  CHECK(fixture.machine.argvs.empty());
}

TEST_CASE("a root that must not change is left alone, and the questions are a disk of their own") {
  Fixture fixture;
  fixture.request.carrier = boot::QuestionCarrier::credential;
  fixture.machine.port = std::string(k_kernel_answer) + k_end;
  CHECK_FALSE(fixture.boot().has_failures());
  std::string last;
  for (const auto& argv : fixture.machine.argvs) {
    CHECK(argv.front() != "debugfs");
    last = base::join(argv, " ");
  }
  CHECK(last.find("io.systemd.credential.binary:tmpfiles.extra=") != std::string::npos);
  CHECK(last.find("serial=imagewright-probe") != std::string::npos);
}

TEST_CASE("both stages of a boot are reported, the failed one as failed") {
  Fixture fixture;
  fixture.machine.stores_unit = false;
  (void)fixture.failure(base::FailureKind::host);
  const auto events = fixture.reporter.events();
  REQUIRE(events.size() == 2);
  CHECK(events.back() ==
        report::Event(report::StageFinished{"boot-prepare", report::StageOutcome::failed, ""}));
}

TEST_CASE("the root partition is found in a layout by its mount point") {
  model::DiskLayout layout;
  CHECK_FALSE(boot::find_root_partition(layout).has_value());
  model::Partition partition;
  partition.start = base::ByteSize::mib(2);
  partition.size = base::ByteSize::mib(500);
  partition.filesystem = model::Filesystem{};
  partition.filesystem->type = model::FilesystemType::xfs;
  partition.filesystem->mount_point = "/";
  layout.partitions = {partition};
  CHECK(boot::find_root_partition(layout) == boot::RootPartition{base::ByteSize::mib(2),
                                                                 base::ByteSize::mib(500),
                                                                 model::FilesystemType::xfs});
}
