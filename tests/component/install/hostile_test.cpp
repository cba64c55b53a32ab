// SPDX-License-Identifier: MIT
#include <imagewright_test/skip.hpp>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/report/reporter.hpp>

#include "install/event.hpp"
#include "install/install_observer.hpp"
#include "package_builder.hpp"
#include "package_patch.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using imagewright_test::Installation;
using imagewright_test::PackageBuilder;
using imagewright_test::patch_package;
using imagewright_test::Signing;
using namespace imagewright;

namespace {

/// The payload is not compressed, so that names in it can be changed.
const std::string k_plain_payload = "%global _binary_payload w.ufdio\n";

model::PackageFile unsigned_package(const PackageBuilder& builder, const std::string& name,
                                    const std::string& body) {
  return builder.build(name, body, k_plain_payload, Signing::left_out);
}

/// Runs an installation that may be refused; gives the code of the refusal, or nothing.
std::string attempt(Installation& installation) {
  installation.request.trust["test"].signatures = model::SignatureCheck::skipped;
  try {
    installation.run();
    return {};
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
}

std::vector<std::string> names_in(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.push_back(entry.path().filename());
  return names;
}

/// Attempts a package whose file /aa/bb/cc/dd/ee/hostile-climber was given a path out of the root.
void climb(const std::string& body) {
  const PackageBuilder builder;
  Installation installation(builder);
  model::PackageFile file = unsigned_package(builder, "climber", body);
  patch_package(file, "/aa/bb/cc/dd/ee/", "/../../../../../");
  installation.add(file);
  attempt(installation);
  CHECK(names_in(installation.scratch.path()) == std::vector<std::string>{"root"});
  CHECK_FALSE(std::filesystem::exists("/hostile-climber"));
}

} // namespace

TEST_CASE("paths that climb out of the root stay inside", "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  climb("%install\nmkdir -p %{buildroot}/aa/bb/cc/dd/ee\necho x > "
        "%{buildroot}/aa/bb/cc/dd/ee/hostile-climber\n%files\n/aa/bb/cc/dd/ee/hostile-climber\n");
}

TEST_CASE("hard links that climb out of the root stay inside", "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  climb("%install\nmkdir -p %{buildroot}/aa/bb/cc/dd/ee %{buildroot}/srv\necho x > "
        "%{buildroot}/srv/first\nln %{buildroot}/srv/first "
        "%{buildroot}/aa/bb/cc/dd/ee/hostile-climber\n"
        "%files\n/srv/first\n/aa/bb/cc/dd/ee/hostile-climber\n");
}

TEST_CASE("hard links below a link that leads out of the root stay inside", "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  const imagewright_test::ScratchDirectory outside;
  outside.write("hostile-link", "the host's");
  const std::string out = outside.path().string();
  installation.add(builder.build("way-out", "%install\nmkdir -p %{buildroot}/srv\nln -s " + out +
                                                " %{buildroot}/srv/out\n%files\n/srv/out\n"));
  installation.add(builder.build(
      "linker",
      "%install\nmkdir -p %{buildroot}/srv/out %{buildroot}/etc\necho x > %{buildroot}/etc/first\n"
      "ln %{buildroot}/etc/first %{buildroot}/srv/out/hostile-link\n"
      "%files\n/etc/first\n/srv/out/hostile-link\n",
      "Requires: way-out\n"));
  attempt(installation);
  CHECK(names_in(outside.path()) == std::vector<std::string>{"hostile-link"});
  CHECK(imagewright_test::read_text(outside / "hostile-link") == "the host's");
  CHECK(std::filesystem::hard_link_count(outside / "hostile-link") == 1);
}

TEST_CASE("names with newlines are refused or kept as they are", "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  model::PackageFile file = unsigned_package(
      builder, "newline",
      "%install\nmkdir -p %{buildroot}/srv\necho x > %{buildroot}/srv/oneXtwo\n%files\n"
      "/srv/oneXtwo\n");
  patch_package(file, "oneXtwo", "one\ntwo");
  installation.add(file);
  if (attempt(installation).empty()) {
    CHECK(names_in(installation.path("srv")) == std::vector<std::string>{"one\ntwo"});
  }
}

TEST_CASE("links that lead in circles end", "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  // rpmbuild refuses to look at a circle: it is closed afterwards.
  model::PackageFile circle =
      unsigned_package(builder, "a-circle",
                       "%install\nmkdir -p %{buildroot}/srv\nln -s two %{buildroot}/srv/one\nln "
                       "-s qzx %{buildroot}/srv/two\n%files\n/srv/one\n/srv/two\n");
  patch_package(circle, "qzx", "one");
  installation.add(circle);
  installation.add(builder.build(
      "b-victim",
      "%install\nmkdir -p %{buildroot}/srv/one\necho x > %{buildroot}/srv/one/file\n%files\n"
      "/srv/one/file\n",
      "Requires: a-circle"));
  CHECK_THAT(attempt(installation), StartsWith("install.") || Catch::Matchers::Equals(""));
  CHECK(names_in(installation.scratch.path()) == std::vector<std::string>{"root"});
}

TEST_CASE("a file in the place of another package's directory is a conflict",
          "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build("a-directory",
                                 "%install\nmkdir -p %{buildroot}/srv/place\necho x > "
                                 "%{buildroot}/srv/place/file\n%files\n/srv/place\n"));
  installation.add(builder.build(
      "b-file",
      "%install\nmkdir -p %{buildroot}/srv\necho x > %{buildroot}/srv/place\n%files\n/srv/place\n",
      "Requires: a-directory"));
  CHECK_THAT(installation.failure(), StartsWith("install."));
}

TEST_CASE("setuid programs are in the image as they were packaged", "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build(
      "setuid", "%install\nmkdir -p %{buildroot}/srv\necho x > %{buildroot}/srv/setuid\n%files\n"
                "%attr(4755,root,root) /srv/setuid\n"));
  installation.run();
  const auto permissions = std::filesystem::status(installation.path("srv/setuid")).permissions();
  CHECK((permissions & std::filesystem::perms::set_uid) != std::filesystem::perms::none);
}

TEST_CASE("device files are in the image as they were packaged", "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build("accounts",
                                 "%install\nmkdir -p %{buildroot}/etc\n"
                                 "echo 'disk:x:6:' >%{buildroot}/etc/group\n%files\n/etc/group\n"));
  installation.add(builder.build("devices",
                                 "%files\n%dev(c,1,5) %attr(666,root,root) /srv/zero\n"
                                 "%dev(b,8,0) %attr(640,root,disk) /srv/host/disk\n"
                                 "%dev(c,5,1) %attr(600,root,root) /dev/console\n",
                                 "Requires: accounts\n"));
  installation.run();
  CHECK(installation.describe("srv/zero") == "char 1:5 0666 0:0");
  CHECK(installation.describe("srv/host/disk") == "block 8:0 0640 0:6");
  CHECK(installation.describe("dev/console") == "char 5:1 0600 0:0");
  // And on the host they are no devices at all.
  for (const char* name : {"srv/zero", "srv/host/disk", "dev/console"})
    CHECK(std::filesystem::is_regular_file(installation.path(name)));
}

TEST_CASE("devices that a scriptlet makes are entries of the record", "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build_shell());
  installation.add(builder.build("maker",
                                 "%install\nmkdir -p %{buildroot}/srv\n%files\n/srv\n"
                                 "%post\nmknod /srv/full c 1 7\nln /srv/full /srv/also\n"
                                 "mknod /srv/fifo p\n",
                                 "Requires: shell"));
  installation.run();
  CHECK(installation.describe("srv/full") == "char 1:7 0644 0:0");
  CHECK(installation.describe("srv/also") == "char 1:7 0644 0:0");
  CHECK(installation.record.size() == 2);
  CHECK(std::filesystem::is_regular_file(installation.path("srv/full")));
  CHECK(std::filesystem::hard_link_count(installation.path("srv/full")) == 2);
  CHECK(std::filesystem::is_fifo(installation.path("srv/fifo")));
}

TEST_CASE("a scriptlet that starts processes without end is ended and named",
          "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build_shell());
  installation.add(builder.build(
      "bomb", "%files\n%post\nbomb() { bomb & bomb & sleep 100; }\nbomb\n", "Requires: shell"));
  CHECK_THAT(installation.failure(),
             StartsWith("sandbox.too-many-processes") &&
                 Contains("while running the scriptlet %post of the package \"bomb\""));
}

TEST_CASE("a scriptlet that kills whatever it can reach ends the build alone",
          "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build_shell());
  installation.add(builder.build("killer", "%files\n%post\nkill -9 1\nkill -9 $PPID\nkill -9 -1\n",
                                 "Requires: shell"));
  CHECK_THAT(installation.failure(),
             StartsWith("sandbox.call-died") &&
                 Contains("while running the scriptlet %post of the package \"killer\""));
}

TEST_CASE("a scriptlet that destroys the package database fails the build", "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build("destroyer",
                                 "%files\n%post -p <lua>\n"
                                 "local file = io.open('/var/lib/rpm/rpmdb.sqlite', 'w')\n"
                                 "file:write('junk') file:close()\n"));
  CHECK_THAT(installation.failure(), StartsWith("install."));
}

TEST_CASE("a pipe in the place of what is opened to unpack packages is named, and nobody waits",
          "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const std::string make = GENERATE("/etc/passwd", "/etc/group", "/srv/next");
  CAPTURE(make);
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build("plumber", "%files\n%post -p <lua>\n"
                                            "posix.mkdir('/etc') posix.mkdir('/srv')\n"
                                            "os.remove('" +
                                                make + "') posix.mkfifo('" + make + "')\n"));
  installation.add(builder.build("next",
                                 "%install\nmkdir -p %{buildroot}/srv/next\n"
                                 "echo x > %{buildroot}/srv/next/file\n%files\n/srv/next/file\n",
                                 "Requires(pre): plumber\n"));
  CHECK_THAT(installation.failure(), StartsWith("install.unpack-failed") && Contains(make) &&
                                         Contains("\"next\"") && Contains("is a pipe"));
}

TEST_CASE("a pipe in the place of what programs of scripts open is named, and nobody waits",
          "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const std::string place = GENERATE("/etc/ld.so.cache", "/etc/ld.so.preload");
  CAPTURE(place);
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build_shell());
  installation.add(builder.build(
      "plumber", "%files\n%posttrans -p <lua>\nposix.mkdir('/etc') posix.mkfifo('" + place + "')\n",
      "Requires: shell\n"));
  installation.add(builder.build("next", "%files\n%posttrans\necho x\n", "Requires: plumber\n"));
  CHECK_THAT(
      installation.failure(),
      StartsWith("install.unpack-failed: the scriptlet %posttrans of the package \"next\"") &&
          Contains(place) && Contains("is a pipe"));
}

TEST_CASE("a pipe that the root has from the start is named, and nobody waits",
          "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const std::string place = GENERATE("etc/passwd", "etc/group", "etc/rpm/platform");
  CAPTURE(place);
  const PackageBuilder builder;
  Installation installation(builder);
  std::filesystem::create_directories(installation.path(place).parent_path());
  REQUIRE(::mkfifo(installation.path(place).c_str(), 0644) == 0);
  installation.add(builder.build("next", "%files\n"));
  CHECK_THAT(installation.failure(), StartsWith("install.unpack-failed") && Contains(place));
}

TEST_CASE("an installation in which nothing goes on ends", "[install][hostile]") {
  install::InstallRequest request;
  request.scriptlets.timeout = std::chrono::hours(2);
  report::NullReporter reporter;
  install::InstallObserver observer(request, std::nullopt, reporter);
  // Packages are verified as long as it takes: nothing of them runs yet.
  CHECK_FALSE(observer.deadline());
  observer.on_message(install::encode({install::EventKind::verified, {}, {}, {}, 2}));
  const auto soon = [&] {
    const auto deadline = observer.deadline();
    return deadline && *deadline <= std::chrono::steady_clock::now() + std::chrono::hours(1);
  };
  CHECK(soon());
  observer.on_message(
      install::encode({install::EventKind::scriptlet_started, "a", "%post", {}, 0}));
  CHECK_FALSE(soon());
  observer.on_message(
      install::encode({install::EventKind::scriptlet_finished, "a", "%post", {}, 0}));
  CHECK(soon());
  observer.on_message(install::encode({install::EventKind::unpacking, "a", {}, {}, 0}));
  CHECK(soon());
  try {
    observer.on_deadline();
    FAIL("nothing was thrown");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "sandbox.worker-timeout");
  }
}

TEST_CASE("a scriptlet cannot write a file without bounds", "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build_shell());
  installation.add(
      builder.build("limits", "%files\n%post\nulimit -f > /limit\n", "Requires: shell"));
  installation.run();
  // In blocks of 512 bytes.
  CHECK(imagewright_test::read_text(installation.path("limit")) == "33554432\n");
}
