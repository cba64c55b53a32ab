// SPDX-License-Identifier: MIT
#include <csignal>
#include <filesystem>

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "test_root.hpp"

using namespace imagewright;
using Catch::Matchers::Contains;
using imagewright_test::TestRoot;

namespace {

std::string failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
  return "nothing was thrown";
}

} // namespace

TEST_CASE("programs see the image's files and none of the host's", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  std::ofstream(root.path("inside")) << "from the image\n";
  std::ofstream(root.scratch / "outside") << "from the host\n";
  CHECK(root.output_of("cat /inside; ls /") ==
        "from the image\nbin\ndev\ninside\nlib\nlib64\nproc\nrun\nsbin\nsys\ntmp\nusr\n");
  CHECK_THAT(root.output_of("cat /../outside /etc/hostname " + (root.scratch / "outside").string()),
             Contains("No such file") && !Contains("from the host"));
  CHECK_THAT(root.output_of("cat /proc/1/root/etc/hostname /proc/1/cwd/../outside"),
             !Contains("from the host"));
}

TEST_CASE("no program waits for a pipe in the place of what each of them opens", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  std::filesystem::create_directory(root.path("etc"));
  // Absolute links of an image stay inside of it.
  std::filesystem::create_symlink("/etc/pipe", root.path("etc/ld.so.cache"));
  REQUIRE(::mkfifo(root.path("etc/pipe").c_str(), 0644) == 0);
  CHECK(failure_of([&] { root.output_of("true"); }) == "sandbox.pipe-in-the-way");
}

TEST_CASE("programs see only processes of their own and no network", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  CHECK(root.output_of("cd /proc; echo [0-9]*; hostname") == "1 2 3\nlocalhost\n");
  CHECK(root.output_of("grep -o '^ *[a-z0-9]*:' /proc/net/dev") == "    lo:\n");
  CHECK_THAT(root.output_of("ls /sys/class/net"), !Contains("eth"));
}

TEST_CASE("the environment is fixed and the command may add to it", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  ::setenv("IMAGEWRIGHT_TEST_SECRET", "leaked", 1);
  TestRoot root;
  sandbox::Sandbox sandbox(root.options, root.cancellation);
  process::Command command;
  command.argv = {"env"};
  command.environment = {{"EXTRA", "yes"}, {"HOME", "/elsewhere"}};
  command.inherited_environment = {"IMAGEWRIGHT_TEST_SECRET"};
  CHECK(sandbox.run(command).standard_output ==
        "EXTRA=yes\nHOME=/elsewhere\nLC_ALL=C.UTF-8\n"
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/"
        "bin\nSOURCE_DATE_EPOCH=1700000000\nSYSTEMD_OFFLINE=1\n");
}

TEST_CASE("tools for a running system see that the root is none", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  // What ischroot, systemctl, udevadm and deb-systemd-invoke look at.
  CHECK(root.output_of("[ / -ef /proc/1/root ] || echo another root; ls -A /proc/1/root; "
                       "ls /proc/1/fd") == "another root\n");
  if (std::filesystem::exists("/usr/bin/ischroot"))
    CHECK(root.output_of("ischroot && echo chroot") == "chroot\n");
  if (!std::filesystem::exists("/usr/bin/systemctl")) IMAGEWRIGHT_SKIP("systemctl is not here");
  for (const char* command : {"start sshd.service", "daemon-reload", "try-restart sshd.service"}) {
    INFO(command);
    const auto offline = root.shell(std::string("systemctl ") + command);
    CHECK(offline.is_success());
    CHECK_THAT(offline.standard_error, Contains("chroot, ignoring"));
    // Without being told.
    CHECK(root.shell(std::string("env -u SYSTEMD_OFFLINE systemctl ") + command).is_success());
  }
}

TEST_CASE("process 1 has nothing that programs could take", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  CHECK_THAT(root.output_of("touch /proc/1/root/file; tr '\\0' '\\n' < /proc/1/environ"),
             Contains("Read-only file system") && !Contains("="));
  CHECK_THAT(root.output_of("cat /proc/1/mountinfo"), Contains(" / / ro,") && !Contains("ext4"));
  CHECK(root.output_of("grep CapEff /proc/1/status; grep CapEff /proc/self/status | cut -f 2")
            .substr(8, 17) == root.output_of("grep CapEff /proc/self/status").substr(8, 17));
  CHECK(root.output_of("kill -9 1; sleep 0.1; echo still here") == "still here\n");
}

TEST_CASE("devices that programs expect are there and work", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  CHECK(
      root.output_of(
          "head -c 2 /dev/zero | od -An -tx1; head -c 3 /dev/urandom | wc -c; echo x > /dev/null; "
          "echo y > /dev/full; echo ok > /dev/shm/file; cat /dev/shm/file; ls /dev") ==
      " 00 "
      "00\n3\nok\nfd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero"
      "\n"
      "sh: 1: echo: echo: I/O error\n");
  CHECK(root.output_of("echo through /dev/fd; echo a | cat /dev/stdin") == "through /dev/fd\na\n");
}

TEST_CASE("mount points that were missing are gone afterwards, and others are as they were",
          "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  std::filesystem::create_directory(root.path("tmp"));
  std::ofstream(root.path("tmp/kept")) << "kept";
  root.options.bind_mounts.push_back(
      {root.scratch.path(), "/deep/inside/data", sandbox::BindAccess::read_only});
  root.options.bind_mounts.push_back(
      {"/etc/hostname", "/single/file", sandbox::BindAccess::read_only});
  CHECK(root.output_of("ls /tmp; echo x > /tmp/scratch; echo y > /run/scratch; ls "
                       "/deep/inside/data; ls /single") == "root\nfile\n");
  std::string names;
  for (const char* name : {"deep", "dev", "proc", "run", "single", "sys", "usr"}) {
    if (std::filesystem::exists(root.path(name))) names += std::string(name) + " ";
  }
  CHECK(names.empty());
  CHECK(std::filesystem::exists(root.path("tmp/kept")));
  CHECK_FALSE(std::filesystem::exists(root.path("tmp/scratch")));
}

TEST_CASE("what a program writes into a new directory at a mount point stays", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  CHECK(root.output_of("mkdir -p /var/lib/thing && echo kept > /var/lib/thing/file").empty());
  CHECK(imagewright_test::read_text(root.path("var/lib/thing/file")) == "kept\n");
}

TEST_CASE("bind mounts are writable only when asked for", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  std::filesystem::create_directory(root.scratch / "data");
  root.options.bind_mounts.push_back(
      {root.scratch / "data", "/run/fixed/data", sandbox::BindAccess::read_only});
  root.options.bind_mounts.push_back(
      {root.scratch / "data", "/tmp/free", sandbox::BindAccess::writable});
  CHECK_THAT(root.output_of("echo 1 > /run/fixed/data/file"), Contains("Read-only file system"));
  CHECK(root.output_of("echo 2 > /tmp/free/file; cat /run/fixed/data/file") == "2\n");
  CHECK(imagewright_test::read_text(root.scratch / "data/file") == "2\n");
}

TEST_CASE("links at mount points lead nowhere outside", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  std::filesystem::create_directory(root.scratch / "victim");
  std::filesystem::create_directory_symlink(root.scratch / "victim", root.path("tmp"));
  std::filesystem::create_directory_symlink("../victim", root.path("run"));
  const std::string failure =
      failure_of([&] { root.shell("echo x > /tmp/file; echo y > /run/file"); });
  INFO(failure);
  CHECK(std::filesystem::is_empty(root.scratch / "victim"));
}

TEST_CASE("root inside has no power over the machine", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  CHECK_THAT(root.output_of("mount -t tmpfs none /usr"),
             Contains("denied") || Contains("must be superuser"));
  CHECK_THAT(root.output_of("umount /proc"),
             Contains("must be superuser") || Contains("not permitted"));
  CHECK_THAT(root.output_of("echo 1 > /proc/sys/kernel/panic"), Contains("Read-only file system"));
  CHECK_THAT(root.output_of("echo h > /proc/sysrq-trigger"),
             Contains("Read-only file system") || Contains("nonexistent"));
  CHECK_THAT(root.output_of("echo 1 > /sys/kernel/mm/ksm/run"),
             Contains("Read-only") || Contains("nonexistent"));
  CHECK_THAT(root.output_of("hostname elsewhere"),
             Contains("must be root") || Contains("not permitted"));
  if (sandbox::probe().is_root == sandbox::Ability::present) {
    CHECK_THAT(root.output_of("mknod /zero c 1 5 && head -c 1 /zero"),
               Contains("Permission denied"));
    CHECK(root.output_of(
              "touch /file && chown 5:6 /file && chmod 4755 /file && stat -c '%u %g %a' /file") ==
          "5 6 4755\n");
  }
}

TEST_CASE("programs that cannot start say why", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  sandbox::Sandbox sandbox(root.options, root.cancellation);
  process::Command command;
  command.argv = {"no-such-program-anywhere"};
  CHECK(failure_of([&] { sandbox.run(command); }) == "process.missing-tool");
  command.argv = {"true"};
  command.working_directory = "/no/such/directory";
  CHECK(failure_of([&] { sandbox.run(command); }) == "process.cannot-start");
  root.options.bind_mounts.push_back(
      {root.scratch / "absent", "/absent", sandbox::BindAccess::read_only});
  CHECK(failure_of([&] { root.shell("true"); }) == "sandbox.no-bind-source");
  root.options.root = root.scratch / "absent";
  CHECK(failure_of([&] { root.shell("true"); }) == "sandbox.no-root");
}

TEST_CASE("exit status, signal, input and both outputs come out", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  CHECK(root.shell("exit 7").exit_code == 7);
  CHECK(root.shell("kill -SEGV $$").signal == SIGSEGV);
  sandbox::Sandbox sandbox(root.options, root.cancellation);
  process::Command command;
  command.argv = {"sh", "-c", "cat; pwd; echo err >&2"};
  command.standard_input = "given\n";
  command.working_directory = "/usr";
  const auto result = sandbox.run(command);
  CHECK(result.standard_output == "given\n/usr\n");
  CHECK(result.standard_error == "err\n");
}
