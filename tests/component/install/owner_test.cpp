// SPDX-License-Identifier: MIT
#include <imagewright_test/skip.hpp>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <imagewright/fs/file.hpp>

#include "package_builder.hpp"

using namespace imagewright;
using Catch::Matchers::Contains;
using imagewright_test::Installation;
using imagewright_test::PackageBuilder;

namespace {

/// A package with the account files, so that others come after it.
const std::string k_base = R"(%install
mkdir -p %{buildroot}/etc
printf 'root:x:0:0::/root:/bin/sh\n' > %{buildroot}/etc/passwd
printf 'root:x:0:\n' > %{buildroot}/etc/group
%files
%config(noreplace) /etc/passwd
%config(noreplace) /etc/group
)";

/// A package with a set-user-id program of somebody, and further files.
std::string program_of(const std::string& user, const std::string& group,
                       const std::string& sysusers = {}) {
  std::string body = "%install\nmkdir -p %{buildroot}/usr/bin %{buildroot}/usr/lib/sysusers.d\n"
                     "echo x > %{buildroot}/usr/bin/svc\n";
  if (!sysusers.empty())
    body += "printf '" + sysusers + "' > %{buildroot}/usr/lib/sysusers.d/svc.conf\n";
  body += "%files\n%attr(4750," + user + "," + group + ") /usr/bin/svc\n";
  if (!sysusers.empty()) body += "/usr/lib/sysusers.d/svc.conf\n";
  return body;
}

std::string account(const Installation& installation, const std::string& file,
                    const std::string& name) {
  const auto text = "\n" + imagewright_test::read_text(installation.path(file));
  const auto at = text.find("\n" + name + ":");
  return at == std::string::npos ? "" : text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

struct OwnerCase {
  OwnerCase() { installation.add(builder.build("base", k_base)); }

  void add(const std::string& name, const std::string& body, const std::string& tags = {}) {
    installation.add(builder.build(name, body, "Requires: base\n" + tags));
  }

  PackageBuilder builder;
  Installation installation{builder};
};

} // namespace

TEST_CASE("an owner that the package's own sysusers.d file defines", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  OwnerCase test;
  test.add("svc", program_of("svc", "svc", "u svc 412 \"A service\" /var/lib/svc\\n"));
  test.installation.run();
  CHECK(account(test.installation, "etc/passwd", "svc") ==
        "svc:x:412:412:A service:/var/lib/svc:/usr/sbin/nologin");
  CHECK(account(test.installation, "etc/group", "svc") == "svc:x:412:");
  CHECK_THAT(test.installation.rpm({"-V", "svc"}), !Contains("/usr/bin/svc"));
  struct stat status {};
  REQUIRE(::stat(test.installation.path("usr/bin/svc").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 04750);
}

TEST_CASE("an owner that another package's file or a capability defines", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  OwnerCase test;
  SECTION("a file of a package that comes later") {
    test.add("svc", program_of("svc", "staff"));
    test.add("zz-accounts", R"(%install
mkdir -p %{buildroot}/usr/lib/sysusers.d
printf 'u svc 412:staff -\ng staff 50\n' > %{buildroot}/usr/lib/sysusers.d/zz.conf
%files
/usr/lib/sysusers.d/zz.conf
)",
             "Requires: svc\n");
  }
  SECTION("a capability as rpm 4.19 makes it") {
    // "u svc 412 - " and "g staff 50  ".
    test.add("svc", program_of("svc", "staff"),
             "Provides: user(svc) = dSBzdmMgNDEyIC0g\nProvides: group(staff) = ZyBzdGFmZiA1MCAg\n");
  }
  test.installation.run();
  CHECK_THAT(account(test.installation, "etc/passwd", "svc"), Contains("svc:x:412:"));
  CHECK(account(test.installation, "etc/group", "staff") == "staff:x:50:");
}

TEST_CASE("an owner that the config defines", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  OwnerCase test;
  test.installation.request.users = {{.name = "operator", .id = 1000},
                                     {.name = "svc", .home = "/srv/svc"}};
  test.installation.request.groups = {{"staff", 1001}};
  test.add("svc", program_of("svc", "staff"));
  test.installation.run();
  CHECK(account(test.installation, "etc/passwd", "svc") == "svc:x:1002:1002::/srv/svc:/bin/sh");
  CHECK(account(test.installation, "etc/group", "staff") == "staff:x:1001:");
  CHECK(account(test.installation, "etc/passwd", "operator").empty());
}

TEST_CASE("an owner whom nobody defines is an error with package, file and name", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  OwnerCase test;
  const bool is_user = GENERATE(true, false);
  test.add("svc", program_of(is_user ? "svc" : "root", is_user ? "root" : "svc"));
  const auto failure = test.installation.failure();
  CHECK_THAT(failure, Contains("install.unknown-owner"));
  CHECK_THAT(failure, Contains("\"/usr/bin/svc\" of package svc-1-1.noarch belongs to the " +
                               std::string(is_user ? "user" : "group") + " \"svc\""));
}

TEST_CASE("owners that a script of the package itself makes are found", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  OwnerCase test;
  test.installation.add(test.builder.build_shell());
  test.add("svc",
           "%pre\necho svc:x:77:77::/:/bin/sh >> /etc/passwd\necho svc:x:77: >> /etc/group\n" +
               program_of("svc", "svc"));
  test.installation.run();
  CHECK(account(test.installation, "etc/passwd", "svc") == "svc:x:77:77::/:/bin/sh");
}

TEST_CASE("which identity files packages own is told", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  OwnerCase test;
  test.installation.request.identity_files = {"/etc/ssh/ssh_host_*_key", "/var/lib/cloud/data"};
  test.add("keys", R"(%install
mkdir -p %{buildroot}/etc/ssh %{buildroot}/var/lib/cloud/data
for name in ssh_host_rsa_key sshd_config ssh_host_ghost_key; do echo x > %{buildroot}/etc/ssh/$name; done
echo x > %{buildroot}/var/lib/cloud/data/id
%files
/etc/ssh/ssh_host_rsa_key
/etc/ssh/sshd_config
%ghost /etc/ssh/ssh_host_ghost_key
/var/lib/cloud/data
)");
  CHECK(test.installation.run().owned_identity_files ==
        std::vector<std::string>{"/etc/ssh/ssh_host_rsa_key", "/var/lib/cloud/data",
                                 "/var/lib/cloud/data/id"});
}
