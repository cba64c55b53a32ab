// SPDX-License-Identifier: MIT
#include <chrono>
#include <filesystem>
#include <fstream>

#include <imagewright_test/skip.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "package_builder.hpp"

using namespace imagewright;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using imagewright_test::Installation;
using imagewright_test::PackageBuilder;

namespace {

/// Keeps the warnings.
class WarningReporter final : public report::Reporter {
public:
  void stage_started(std::string_view, std::string_view) noexcept override {}
  void stage_finished(std::string_view, report::StageOutcome, std::string_view) noexcept override {}
  void progress(std::string_view, const report::Progress&) noexcept override {}
  void message(report::Level level, std::string_view text) noexcept override {
    if (level == report::Level::warning) messages.emplace_back(text);
  }
  void warning(const base::Diagnostic& diagnostic) noexcept override {
    warnings.push_back(diagnostic);
  }

  std::vector<base::Diagnostic> warnings;
  std::vector<std::string> messages;
};

} // namespace

TEST_CASE("scripts run in the image, each with its time", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build_shell());
  installation.add(
      builder.build("scripts",
                    "%files\n%pre\necho pre >> /order\n%post\necho post >> /order; sleep 0.2\n"
                    "%posttrans\necho posttrans >> /order\n"
                    "%transfiletriggerin -- /usr/bin\necho trigger >> /order\n",
                    "Requires: shell"));
  const auto installed = installation.run();
  CHECK(imagewright_test::read_text(installation.path("order")) ==
        "pre\npost\nposttrans\ntrigger\n");
  std::vector<std::string> names;
  for (const auto& run : installed.scriptlets)
    names.push_back(run.package + " " + run.scriptlet);
  CHECK(names == std::vector<std::string>{"scripts %pre", "scripts %post", "scripts %posttrans",
                                          "scripts %transfiletriggerin"});
  CHECK(installed.scriptlets[1].duration >= std::chrono::milliseconds(200));
}

TEST_CASE("a script that fails fails the build, whichever it is", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  const auto shell = builder.build_shell();
  for (const std::string section :
       {"%pre", "%post", "%posttrans", "%transfiletriggerin -- /usr/bin", "%triggerin -- shell"}) {
    INFO(section);
    Installation installation(builder);
    installation.add(shell);
    installation.add(builder.build(
        "failing", "%files\n" + section + "\necho before the end\necho to error >&2\nexit 3\n",
        "Requires: shell"));
    const std::string word = section.substr(0, section.find(' '));
    CHECK(installation.failure() == "install.scriptlet-failed: the scriptlet " + word +
                                        " of the package \"failing\" failed: exit status 3\n"
                                        "while it wrote: before the end\nwhile it wrote: to error");
  }
}

TEST_CASE("a trigger that fails is told by its owner", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build_shell());
  installation.add(
      builder.build("owner", "%files\n%triggerin -- cause\nexit 4\n", "Requires: shell"));
  installation.add(builder.build("cause", "%files\n", "Requires(pre): owner"));
  CHECK(installation.failure() == "install.scriptlet-failed: the scriptlet %triggerin of the "
                                  "package \"owner\" failed: exit status 4");
}

TEST_CASE("a failure that is allowed is a warning", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build_shell());
  installation.add(builder.build("failing", "%files\n%post\nkill -9 $$\n", "Requires: shell"));
  installation.request.scriptlets.allowed_failures = {"failing"};
  WarningReporter reporter;
  CHECK(installation.run(reporter).packages.size() == 2);
  REQUIRE(reporter.warnings.size() == 1);
  CHECK(reporter.warnings[0].message ==
        "the scriptlet %post of the package \"failing\" failed: signal 9");
}

TEST_CASE("a Lua script that fails fails the build", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build("lua", "%files\n%post -p <lua>\nerror('broken on purpose')\n"));
  CHECK_THAT(installation.failure(),
             StartsWith("install.scriptlet-failed: the scriptlet %post of the package \"lua\"") &&
                 Contains("broken on purpose"));
}

TEST_CASE("a script that does not end is ended", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build_shell());
  installation.add(
      builder.build("endless", "%files\n%post\necho waiting; sleep 100\n", "Requires: shell"));
  installation.request.scriptlets.timeout = std::chrono::milliseconds(500);
  CHECK(installation.failure() ==
        "install.scriptlet-timeout: the scriptlet %post of the package \"endless\" did not end "
        "within 0.5 s\nwhile it wrote: waiting");
}

TEST_CASE("scripts have no network, no host files and no terminal", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build_shell());
  installation.add(builder.build(
      "curious",
      "%files\n%post\ncat /proc/net/dev > /devices\necho $PATH $HOME $LC_ALL > /environment\n"
      "cat /etc/hostname > /leak 2>/dev/null || echo none > /leak\n"
      "if test -t 0; then echo terminal; else echo none; fi > /terminal\nid > /identity\n",
      "Requires: shell"));
  installation.run();
  CHECK(imagewright_test::read_text(installation.path("leak")) == "none\n");
  CHECK(imagewright_test::read_text(installation.path("terminal")) == "none\n");
  CHECK_THAT(imagewright_test::read_text(installation.path("devices")),
             Contains("lo:") && !Contains("eth0"));
  CHECK(imagewright_test::read_text(installation.path("environment")) ==
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /root C.UTF-8\n");
  CHECK_THAT(imagewright_test::read_text(installation.path("identity")), StartsWith("uid=0 gid=0"));
}

TEST_CASE("scripts see the image's time as the time of day", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build_shell());
  installation.add(
      builder.build("timed", "%files\n%post\ndate +%%s > /first\nsleep 1.1\ndate +%%s > /second\n",
                    "Requires: shell"));
  installation.run();
  const auto seconds = std::to_string(installation.request.epoch.time_since_epoch().count());
  CHECK(imagewright_test::read_text(installation.path("first")) == seconds + "\n");
  CHECK(imagewright_test::read_text(installation.path("second")) == seconds + "\n");
}

TEST_CASE("a deferred program does nothing when scripts call it by its name", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build_shell());
  installation.add(builder.build(
      "maker",
      "%install\nmkdir -p %{buildroot}/usr/bin\nprintf '#!/bin/sh\\necho ran >> /made\\n' > "
      "%{buildroot}/usr/bin/maker\n%files\n%attr(0755, root, root) /usr/bin/maker\n"
      "%post\nmaker --force\necho $? >> /codes\n%posttrans\nmaker --again\necho $? >> /codes\n",
      "Requires: shell"));
  SECTION("not deferred") {
    installation.run();
    CHECK(imagewright_test::read_text(installation.path("made")) == "ran\nran\n");
  }
  SECTION("deferred") {
    installation.request.scriptlets.deferred_programs = {"maker"};
    installation.run();
    CHECK_FALSE(std::filesystem::exists(installation.path("made")));
    CHECK_FALSE(std::filesystem::exists(installation.path("run/imagewright")));
  }
  CHECK(imagewright_test::read_text(installation.path("codes")) == "0\n0\n");
}

TEST_CASE("what librpm warns of is passed on", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build("settings", "%install\nmkdir -p %{buildroot}/srv\necho packaged > "
                                             "%{buildroot}/srv/file\n%files\n%config /srv/file\n"));
  std::filesystem::create_directories(installation.path("srv"));
  std::ofstream(installation.path("srv/file")) << "made before\n";
  WarningReporter reporter;
  installation.run(reporter);
  REQUIRE(reporter.messages.size() == 1);
  CHECK_THAT(reporter.messages[0], Contains("/srv/file.rpmorig"));
}

TEST_CASE("users of one package own files of the next", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build_shell());
  installation.add(
      builder.build("users",
                    "%files\n%post\ncat > /etc/passwd "
                    "<<END\nroot:x:0:0::/root:/bin/sh\nspecial:x:77:88::/:/bin/sh\nEND\n"
                    "cat > /etc/group <<END\nroot:x:0:\nspecial:x:88:\nEND\n",
                    "Requires(post): shell\nRequires(post): etc"));
  installation.add(builder.build("etc", "%install\nmkdir -p %{buildroot}/etc\n%files\n/etc\n"));
  installation.add(
      builder.build("owned",
                    "%install\nmkdir -p %{buildroot}/srv\ntouch %{buildroot}/srv/file\n%files\n"
                    "%attr(0644,special,special) /srv/file\n",
                    "Requires(pre): users"));
  installation.run();
  // Without root the ids inside stand for others outside.
  if (::geteuid() != 0) return;
  struct stat status {};
  REQUIRE(::stat(installation.path("srv/file").c_str(), &status) == 0);
  CHECK(status.st_uid == 77);
  CHECK(status.st_gid == 88);
}

TEST_CASE("what a script in Lua defines ends with it", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build_shell());
  installation.add(builder.build("first",
                                 "%files\n%pretrans -p <lua>\n"
                                 "rpm.define('from_first defined')\n"
                                 "rpm.define('_install_script_path /first')\n"
                                 "for count = 1, 100 do rpm.define('from_first ' .. count) end\n"
                                 "rpm.undefine('_dbpath') rpm.undefine('lua')\n"
                                 "posix.setenv('FROM_FIRST', 'set') posix.unsetenv('LD_PRELOAD')\n",
                                 "Requires: shell"));
  const std::string look = "echo \"%%{?from_first}|%%{?_dbpath}|$FROM_FIRST|$PATH|$LD_PRELOAD\" > ";
  installation.add(
      builder.build("second", "%files\n%post -e\n" + look + "/second\n", "Requires: first\n"));
  installation.add(builder.build("third",
                                 "%files\n%post -p <lua>\n"
                                 "local f = io.open('/third', 'w')\n"
                                 "f:write(rpm.expand('%%{?from_first}|%%{?_dbpath}|')) f:close()\n",
                                 "Requires: second\n"));
  installation.add(
      builder.build("fourth", "%files\n%post -e\n" + look + "/fourth\n", "Requires: third\n"));
  installation.run();
  // A transaction without the first one shows what is there by itself.
  Installation clean(builder);
  clean.add(builder.build_shell());
  clean.add(builder.build("alone", "%files\n%post -e\n" + look + "/alone\n", "Requires: shell\n"));
  clean.run();
  const std::string alone = imagewright_test::read_text(clean.path("alone"));
  CHECK_THAT(alone, StartsWith("|/") && Contains("/usr/bin"));
  CHECK(imagewright_test::read_text(installation.path("second")) == alone);
  CHECK(imagewright_test::read_text(installation.path("fourth")) == alone);
  CHECK_THAT(imagewright_test::read_text(installation.path("third")), StartsWith("|/"));
}
