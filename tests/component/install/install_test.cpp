// SPDX-License-Identifier: MIT
#include <imagewright_test/skip.hpp>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>

#include "package_builder.hpp"

using namespace imagewright;
using Catch::Matchers::Contains;
using imagewright_test::Installation;
using imagewright_test::PackageBuilder;

namespace {

/// Paths, types, owners, modes, sizes and modification times of a tree, and the content of its
/// files.
std::string fingerprint(const std::filesystem::path& root) {
  std::vector<std::string> lines;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    struct stat status {};
    ::lstat(entry.path().c_str(), &status);
    std::string line = entry.path().lexically_relative(root).string() + " " +
                       std::to_string(status.st_mode) + " " + std::to_string(status.st_uid) + " " +
                       std::to_string(status.st_gid);
    if (S_ISREG(status.st_mode)) line += " " + fs::digest_of_file(entry.path()).hex;
    if (S_ISREG(status.st_mode) && line.find("rpmdb") == std::string::npos)
      line += " " + std::to_string(status.st_mtime);
    lines.push_back(line);
  }
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines)
    text += line + "\n";
  return text;
}

} // namespace

TEST_CASE("packages are installed with their files, owners, modes and configuration", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build("files", R"(%install
mkdir -p %{buildroot}/etc %{buildroot}/usr/bin %{buildroot}/var/lib/thing
echo setting > %{buildroot}/etc/files.conf
echo program > %{buildroot}/usr/bin/files
ln -s files %{buildroot}/usr/bin/link
ln %{buildroot}/usr/bin/files %{buildroot}/usr/bin/hard
%files
%config(noreplace) /etc/files.conf
%attr(4755,root,root) /usr/bin/files
%attr(4755,root,root) /usr/bin/hard
/usr/bin/link
%dir %attr(0700,12,34) /var/lib/thing
)"));
  const auto installed = installation.run();
  CHECK(installed.packages == std::vector<model::Nevra>{{"files", 0, "1", "1", "noarch"}});
  CHECK(imagewright_test::read_text(installation.path("etc/files.conf")) == "setting\n");
  struct stat status {};
  REQUIRE(::stat(installation.path("usr/bin/files").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 04755);
  CHECK(status.st_nlink == 2);
  CHECK(installation.rpm({"-Va"}).find("files") == std::string::npos);
  CHECK(installation.rpm({"-q", "--qf", "%{INSTALLTIME} %{INSTALLTID}", "files"}) ==
        "1700000000 1700000000");
}

TEST_CASE("which package stands for which kernel is known", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  const auto kernel = [](const std::string& release) {
    const std::string path = "/usr/lib/modules/" + release + "/modules.order";
    return "%install\ninstall -D /dev/null %{buildroot}" + path + "\n%files\n" + path + "\n";
  };
  installation.add(
      builder.build("kernel-lts", kernel("6.6.1"), "Provides: kernel-uname = 6.6.1\n"));
  installation.add(
      builder.build("kernel-new", kernel("6.12.1"), "Provides: kernel-uname = 6.12.1\n"));
  installation.add(builder.build("the-kernel", "%files\n", "Requires: kernel-uname = 6.12.1\n"));
  installation.add(builder.build("node", "%files\n", "Requires: the-kernel\n"));
  installation.add(builder.build("other", "%files\n"));
  CHECK(installation.run().kernel_packages ==
        std::vector<model::KernelPackage>{{"kernel-lts", "6.6.1"},
                                          {"kernel-new", "6.12.1"},
                                          {"node", "6.12.1"},
                                          {"the-kernel", "6.12.1"}});
}

TEST_CASE("nothing of the sandbox or of librpm stays in the image", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build(
      "one",
      "%install\nmkdir -p %{buildroot}/etc\ntouch %{buildroot}/etc/one\n%files\n/etc/one\n"));
  installation.run();
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(installation.root)) {
    names.push_back(entry.path().lexically_relative(installation.root).string());
  }
  std::ranges::sort(names);
  CHECK(names == std::vector<std::string>{"etc", "etc/one", "var", "var/lib", "var/lib/rpm",
                                          "var/lib/rpm/rpmdb.sqlite"});
}

TEST_CASE("directories that the sandbox mounts over keep what packages say of them", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build("base", R"(%install
mkdir -p %{buildroot}/proc %{buildroot}/sys %{buildroot}/dev %{buildroot}/run/lock %{buildroot}/tmp %{buildroot}/var
ln -s ../run %{buildroot}/var/run
ln -s lock %{buildroot}/run/other
echo text > %{buildroot}/tmp/file
%files
%attr(0555,root,root) /proc
%attr(0555,root,root) /sys
/dev
%dir /run
%attr(1777,root,root) /run/lock
/run/other
%dir %attr(1777,root,root) /tmp
%attr(0640,root,root) /tmp/file
/var/run
)"));
  installation.add(builder.build(
      "via-link",
      "%install\nmkdir -p %{buildroot}/var/run/late\n%files\n%attr(0750,root,root) /var/run/late\n",
      "Requires: base"));
  installation.run();
  const auto mode = [&](const std::string& name) {
    struct stat status {};
    return ::lstat(installation.path(name).c_str(), &status) == 0 ? status.st_mode & 07777U : 0U;
  };
  CHECK(mode("proc") == 0555);
  CHECK(mode("run/lock") == 01777);
  CHECK(mode("tmp") == 01777);
  CHECK(mode("run/late") == 0750);
  CHECK(imagewright_test::read_text(installation.path("tmp/file")) == "text\n");
  CHECK(installation.rpm({"-Va"}) == "");
}

TEST_CASE("two installations of the same packages are the same, byte for byte", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  const auto shell = builder.build_shell();
  const auto first = builder.build(
      "first",
      "%install\nmkdir -p %{buildroot}/usr/share/first\necho a > %{buildroot}/usr/share/first/a\n"
      "%files\n/usr/share/first\n%post\necho $SOURCE_DATE_EPOCH > /usr/share/first/time\n",
      "Requires: shell");
  const auto second = builder.build(
      "second",
      "%files\n%posttrans -p <lua>\nlocal f = io.open('/lua', 'w') f:write('x') f:close()\n",
      "Requires: first");
  std::string fingerprints[2];
  for (std::string& text : fingerprints) {
    Installation installation(builder);
    installation.request.packages.files = {shell, first, second};
    installation.run();
    CHECK(imagewright_test::read_text(installation.path("usr/share/first/time")) == "1700000000\n");
    CHECK(imagewright_test::read_text(installation.path("lua")) == "x");
    text = fingerprint(installation.root);
    // The scripts' own files have the time of the build; the rest comes from the packages.
    for (const char* name : {"lua ", "usr/share/first/time "}) {
      const std::size_t line = text.find(std::string("\n") + name);
      REQUIRE(line != std::string::npos);
      text.erase(line, text.find('\n', line + 1) - line);
    }
  }
  CHECK(fingerprints[0] == fingerprints[1]);
}

TEST_CASE("the database can be elsewhere, and users without rights can read it", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.request.rpm_database_path = "/usr/lib/sysimage/rpm";
  installation.add(builder.build("one", "%files\n"));
  installation.run();
  CHECK(installation.rpm({"-qa", "--qf", "%{NAME}\n"}) == "one\n");
  const std::string database =
      imagewright_test::read_text(installation.path("usr/lib/sysimage/rpm/rpmdb.sqlite"));
  CHECK(database.substr(18, 2) == "\1\1");
}

TEST_CASE("documentation and languages can be left out", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.request.documentation = install::Documentation::excluded;
  installation.request.languages = {"de"};
  installation.add(builder.build("texts", R"(%install
mkdir -p %{buildroot}/usr/share/texts
touch %{buildroot}/usr/share/texts/de %{buildroot}/usr/share/texts/fr %{buildroot}/usr/share/texts/manual
%files
%lang(de) /usr/share/texts/de
%lang(fr) /usr/share/texts/fr
%doc /usr/share/texts/manual
)"));
  installation.run();
  CHECK(std::filesystem::exists(installation.path("usr/share/texts/de")));
  CHECK_FALSE(std::filesystem::exists(installation.path("usr/share/texts/fr")));
  CHECK_FALSE(std::filesystem::exists(installation.path("usr/share/texts/manual")));
}

TEST_CASE("file capabilities are stored", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build(
      "capable", "%install\nmkdir -p %{buildroot}/usr/bin\necho x > %{buildroot}/usr/bin/capable\n"
                 "%files\n%caps(cap_net_raw=ep) /usr/bin/capable\n"));
  installation.run();
  CHECK(installation.rpm({"-V", "capable"}) == "");
  CHECK_THAT(installation.rpm({"-q", "--filecaps", "capable"}), Contains("cap_net_raw=ep"));
}

TEST_CASE("file conflicts and missing requirements are refused before anything is installed",
          "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  const std::string body = "%install\nmkdir -p %{buildroot}/etc\necho @ > "
                           "%{buildroot}/etc/shared\n%files\n/etc/shared\n";
  const auto with = [&](const char* content) {
    std::string text = body;
    return text.replace(text.find('@'), 1, content);
  };
  SECTION("conflict") {
    Installation installation(builder);
    installation.add(builder.build("left", with("left")));
    installation.add(builder.build("right", with("right")));
    CHECK_THAT(installation.failure(),
               Contains("install.file-conflict: file /etc/shared conflicts between"));
    CHECK_FALSE(std::filesystem::exists(installation.path("etc/shared")));
  }
  SECTION("the same content is no conflict") {
    Installation installation(builder);
    installation.add(builder.build("left", with("same")));
    installation.add(builder.build("right", with("same")));
    installation.run();
  }
  SECTION("requirement") {
    Installation installation(builder);
    installation.add(builder.build("needy", "%files\n", "Requires: nobody-has-this >= 3"));
    CHECK_THAT(installation.failure(),
               Contains("install.dependency: nobody-has-this >= 3 is needed by needy-1-1.noarch"));
  }
}

TEST_CASE("a package whose paths go astray stays inside the root", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  const std::string victim = installation.scratch / "victim";
  std::filesystem::create_directory(victim);
  installation.add(
      builder.build("a-link", "%install\nmkdir -p %{buildroot}/srv\nln -s " + victim +
                                  " %{buildroot}/srv/out\n"
                                  "ln -s ../../../../../.." +
                                  victim + " %{buildroot}/srv/up\n%files\n/srv/out\n/srv/up\n"));
  installation.add(
      builder.build("b-files",
                    "%install\nmkdir -p %{buildroot}/srv/out %{buildroot}/srv/up\necho x > "
                    "%{buildroot}/srv/out/file\n"
                    "echo x > %{buildroot}/srv/up/file\n%files\n/srv/out/file\n/srv/up/file\n",
                    "Requires: a-link"));
  try {
    installation.run();
  } catch (const base::Error& error) {
    // librpm may refuse it altogether.
    INFO(error.what());
  }
  CHECK(std::filesystem::is_empty(victim));
}

TEST_CASE("an installation into a root that has other packages is noticed", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build("one", "%files\n"));
  installation.run();
  installation.request.packages.files = {builder.build("two", "%files\n")};
  CHECK_THAT(installation.failure(),
             Contains("install.database-mismatch") && Contains("one-1-1.noarch is not wanted"));
}
