// SPDX-License-Identifier: MIT
#include <algorithm>
#include <ctime>
#include <string>
#include <vector>

#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/config/load.hpp>

using namespace imagewright;
using config::load_image_config;
using config::load_image_config_text;
using imagewright_test::ScratchDirectory;

namespace {

model::ImageConfig config_of(const std::string& text) {
  return load_image_config_text(text, "node.yaml").config;
}

/// "line:column code" of everything that is wrong with a text.
std::vector<std::string> faults_of(const std::string& text) {
  try {
    load_image_config_text(text, "node.yaml");
  } catch (const base::InputError& error) {
    std::vector<std::string> faults;
    for (const base::Diagnostic& each : error.diagnostics().items()) {
      faults.push_back(std::to_string(each.where->line) + ":" + std::to_string(each.where->column) +
                       " " + each.code);
    }
    return faults;
  }
  return {};
}

using Faults = std::vector<std::string>;

} // namespace

TEST_CASE("shows all mistakes at once in file order") {
  CHECK(faults_of("os:\n  hostnme: a\n  packages:\n    install: vim\n    docs: maybe\nstorage:\n  "
                  "bootType: bios\nbogus: 1\n") ==
        Faults{"2:3 config.unknown-key", "4:14 config.wrong-type", "5:11 config.wrong-type",
               "7:13 config.bad-value", "8:1 config.unknown-key"});
}

TEST_CASE("null means not given, and an os that is null asks for nothing") {
  const model::ImageConfig config = config_of("os:\nstorage:\nscripts: ~\n");
  CHECK_FALSE(config.os.is_present);
  CHECK_FALSE(config.storage.disk);
  CHECK(config_of("os: {}\n").os.is_present);
}

TEST_CASE("plain scalars are texts where texts are wanted") {
  const model::ImageConfig config = config_of("release: 3.0\nos:\n  additionalFiles:\n  - "
                                              "{destination: /a, content: 1, permissions: 640}\n");
  CHECK(config.release->text == "3.0");
  CHECK(std::get<std::string>(config.os.additional_files[0].content) == "1");
  CHECK(config.os.additional_files[0].permissions == 0640);
}

TEST_CASE("packages know the line that asks for them") {
  const model::ImageConfig config =
      config_of("os:\n  packages:\n    install:\n    - vim\n    - jq\n");
  REQUIRE(config.os.packages.install.size() == 2);
  CHECK(config.os.packages.install[1].spec == "jq");
  CHECK(config.os.packages.install[1].where == base::SourceLocation{"node.yaml", 5, 7});
  CHECK(config.os.packages.install[1].origin == "os.packages.install");
}

TEST_CASE("preview features are needed in the very file") {
  CHECK(faults_of("os:\n  uki:\n    mode: create\n") == Faults{"2:3 config.preview-feature"});
  CHECK(config_of("previewFeatures: [uki]\nos:\n  uki:\n    mode: create\n").os.uki_mode->value ==
        model::UkiMode::create);
  CHECK(faults_of("previewFeatures: [ukis]\n") == Faults{"1:19 config.bad-value"});
}

TEST_CASE("our own keys are read") {
  const model::ImageConfig config = config_of(
      "release: workbench\narchitectures: [x86_64, aarch64]\n"
      "os:\n  kernel: {series: \"6.6\"}\n  cgroup: {version: v2}\n  fips: {mode: enabled}\n"
      "  machineId: {mode: keep}\n  sysctl: {net.ipv4.ip_forward: 1}\n"
      "  services: {mask: [a.service], dropIns: [{unit: b, name: c, content: \"[Unit]\"}]}\n"
      "  packages: {recommends: yes, docs: false, languages: [de], exclude: [x]}\n"
      "  scriptlets: {allowFailure: [p], timeout: 60}\n"
      "output:\n  name: n\n  images:\n  - format: qcow2\n    compression: {algorithm: zstd, level: "
      "3}\n"
      "checks:\n- {unit: containerd.service}\n- {name: answers, command: ctr version}\n- {file: "
      "/a, expect: b}\n");
  CHECK(config.name == "n");
  CHECK(config.architectures.size() == 2);
  CHECK(config.os.kernel.series->text == "6.6");
  CHECK(config.os.cgroup_version->value == model::CgroupVersion::v2);
  CHECK(config.os.fips_mode->value == model::FipsMode::enabled);
  CHECK(config.os.machine_id->value == model::MachineIdMode::keep);
  CHECK(config.os.sysctl.at("net.ipv4.ip_forward").text == "1");
  CHECK(config.os.services.drop_ins[0].name == "c.conf");
  CHECK(config.os.packages.recommends == model::Inclusion::included);
  CHECK(config.os.packages.documentation == model::Inclusion::left_out);
  CHECK(config.os.scriptlets.timeout->value == std::chrono::seconds(60));
  REQUIRE(config.output.images.size() == 1);
  CHECK(config.output.images[0].compression.level == 3);
  REQUIRE(config.checks.size() == 3);
  CHECK(config.checks[0].check.kind == model::CheckKind::unit_active);
  CHECK(config.checks[0].check.name == "containerd.service is active");
  CHECK(config.checks[1].check.name == "answers");
  CHECK(config.checks[2].check.expected == "b");
}

TEST_CASE("base configs are merged in order, a diamond counts once, a cycle is shown") {
  const ScratchDirectory scratch;
  scratch.write("root.yaml", "os: {hostname: root, packages: {install: [r]}, kernelCommandLine: "
                             "{extraCommandLine: [one]}}\n");
  const std::string head = "previewFeatures: [base-configs]\nbaseConfigs: [{path: root.yaml}]\n";
  scratch.write("left.yaml", head + "os: {packages: {install: [l]}, sysctl: {a.b: 1, a.c: 1}}\n");
  scratch.write("right.yaml", head + "os: {hostname: right, sysctl: {a.b: 2}}\n");
  const auto top = scratch.write(
      "top.yaml",
      "previewFeatures: [base-configs]\nbaseConfigs: [{path: left.yaml}, {path: right.yaml}]\n"
      "os: {packages: {install: [t]}, kernelCommandLine: {extraCommandLine: [two]}}\n");
  const model::ImageConfig config = load_image_config(top).config;
  std::vector<std::string> names;
  for (const auto& request : config.os.packages.install)
    names.push_back(request.spec);
  CHECK(names == Faults{"r", "l", "t"});
  CHECK(config.os.hostname->text == "right");
  CHECK(config.os.sysctl.at("a.b").text == "2");
  CHECK(config.os.sysctl.at("a.c").text == "1");
  CHECK(config.os.kernel_command_line.size() == 2);
  CHECK(config.name == "top");
  CHECK(config.files.size() == 4);
  CHECK(config.files.back() == top);

  scratch.write("root.yaml", "previewFeatures: [base-configs]\nbaseConfigs: [{path: top.yaml}]\n");
  try {
    load_image_config(top);
    FAIL("a cycle was accepted");
  } catch (const base::InputError& error) {
    const auto& items = error.diagnostics().items();
    REQUIRE_FALSE(items.empty());
    CHECK(items.front().code == "config.base-cycle");
    CHECK(items.front().message ==
          "base configs build on each other: top.yaml -> left.yaml -> root.yaml -> top.yaml");
  }
}

TEST_CASE("package lists are read, strictly, with their own positions") {
  const ScratchDirectory scratch;
  scratch.write("list.yaml", "packages:\n- one\n");
  const auto path = scratch.write(
      "top.yaml", "os:\n  packages:\n    installLists: [list.yaml]\n    install: [two]\n");
  const model::ImageConfig config = load_image_config(path).config;
  REQUIRE(config.os.packages.install.size() == 2);
  CHECK(config.os.packages.install[0].where.file == (scratch.path() / "list.yaml").string());
  CHECK(config.os.packages.install[0].where.line == 2);
  scratch.write("list.yaml", "package:\n- one\n");
  CHECK_THROWS_AS(load_image_config(path), base::InputError);
}

TEST_CASE("the keys of earlier versions are accepted with the current spelling") {
  const auto loaded =
      load_image_config_text("previewFeatures: [uki]\nresetPartitionsUuidsType: reset-all\nos:\n"
                             "  resetBootLoaderType: hard-reset\n  uki: {kernels: auto}\n"
                             "  kernelCommandLine: {extraCommandLine: a b}\n"
                             "  additionalFiles:\n    a: /a\n    b: {path: /b, permissions: 600}\n "
                             "   c: [/c, {path: /d}]\n"
                             "  overlays: [{lowerDir: /a, upperDir: /b, workDir: /c, mountPoint: "
                             "/a, isRootfsOverlay: true}]\n",
                             "node.yaml", {.file_checks = config::FileChecks::skipped});
  CHECK(loaded.warnings.items().size() == 7);
  CHECK(loaded.config.storage.reset_partition_uuids);
  CHECK(loaded.config.os.bootloader_reset);
  CHECK(loaded.config.os.uki_mode->value == model::UkiMode::create);
  CHECK(loaded.config.os.kernel_command_line[0].text == "a b");
  REQUIRE(loaded.config.os.additional_files.size() == 4);
  CHECK(loaded.config.os.additional_files[1].permissions == 0600);
  CHECK(loaded.config.os.additional_files[3].destination == "/d");
  CHECK(loaded.config.os.overlays[0].lower_directories == Faults{"/a"});
  CHECK(loaded.config.os.overlays[0].stage == model::OverlayStage::initrd);
}

TEST_CASE("repositories of the config replace the release's by name") {
  model::ReleaseProfile profile;
  profile.version = "3.0";
  profile.repositories = {
      {.name = "base", .base_url = "https://host.example/$releasever/$basearch"},
      {.name = "arm", .architectures = {"aarch64"}}};
  model::ImageConfig config;
  config.repositories = {
      {.name = "extra", .path = "/r/$basearch", .gpg_keys = {{"/k/$releasever", {}}}}};
  const auto repositories = config::repositories_for(profile, config, "x86_64");
  REQUIRE(repositories.size() == 2);
  CHECK(repositories[0].base_url == "https://host.example/3.0/x86_64");
  CHECK(repositories[1].path == "/r/x86_64");
  CHECK(repositories[1].gpg_keys[0].text == "/k/3.0");
  config.repositories[0].name = "base";
  CHECK(config::repositories_for(profile, config, "aarch64")[0].path == "/r/aarch64");
}

TEST_CASE("a release that does not exist is reported with near names, all names and places") {
  const ScratchDirectory scratch;
  const auto file = scratch.write("workbench.yaml", "x: 1\n");
  const std::vector<std::filesystem::path> directories = {scratch.path()};
  const base::SourceLocation where{"node.yaml", 1, 10};
  CHECK(config::find_release_profile({"workbench", where}, ".", directories) == file);
  CHECK(config::find_release_profile({"./workbench.yaml", where}, scratch.path(), {}) == file);
  try {
    config::find_release_profile({"workbnech", where}, ".", directories);
    FAIL("found a release that does not exist");
  } catch (const base::InputError& error) {
    CHECK(error.diagnostics().items()[0].hint ==
          "did you mean \"workbench\"? releases are workbench; looked for in " +
              scratch.path().string());
    CHECK(error.diagnostics().items()[0].where == where);
  }
}

TEST_CASE("a plain text password is a warning that does not repeat it") {
  const auto loaded = load_image_config_text(
      "os:\n  users:\n  - name: a\n    password:\n      type: plain-text\n      value: hunter2\n",
      "node.yaml");
  REQUIRE(loaded.warnings.items().size() == 1);
  CHECK(loaded.warnings.items()[0].message.find("hunter2") == std::string::npos);
  CHECK(loaded.warnings.items()[0].where->line == 6);
  CHECK(loaded.config.os.users[0].password->value == "hunter2");
}

TEST_CASE("two thousand lines are read in good time") {
  std::string text = "os:\n  packages:\n    install:\n";
  for (int index = 0; index < 700; ++index)
    text += "    - package-" + std::to_string(index) + "\n";
  text += "  additionalFiles:\n";
  for (int index = 0; index < 450; ++index) {
    text += "  - destination: /etc/" + std::to_string(index) +
            "\n    content: a\n    permissions: 644\n";
  }
  const std::clock_t start = std::clock();
  const model::ImageConfig config = config_of(text);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  CHECK(config.os.additional_files.size() == 450);
  // An optimized build needs a few milliseconds; sanitizers take ten times as long and more.
  CHECK(seconds < 1.0);
}

TEST_CASE("gives Image Customizer's verdict on values") {
  const char* const good[] = {
      "os: {services: {enable: [a, ~]}}\n",
      "os: {users: [~]}\n",
      ("os: {users: [{name: a, uid: 1_000, primaryGroup: '', startupCommand: '', homeDirectory: "
       "''}]}\n"),
      "os: {users: [{name: a, uid: 0b101, passwordExpiresDays: 1e1}]}\n",
      "os: {users: [{name: a, uid: !!int '5', sshPublicKeyPaths: [''], sshPublicKeys: ['', ~]}]}\n",
      "os: {overlays: [{lowerDirs: [/l/], upperDir: /u/, workDir: /w, mountPoint: /m//n}]}\n",
      "os: {packages: {updateExistingPackages: 'yes'}}\n",
      "os: {packages: {updateExistingPackages: !!bool true}}\n",
      "os: {additionalFiles: [{destination: a/../b, content: x, source: ''}]}\n",
      "scripts: {postCustomization: [{content: a, environmentVariables: {EMPTY: , 'a b': c}}]}\n",
      "previewFeatures: [input-image-oci]\ninput: {image: {oci: '[::1]:5000/b'}}\n",
      "previewFeatures: [input-image-oci]\ninput: {image: {oci: {uri: a/b__c, platform: ''}}}\n",
      "pxe: {initramfsType: bootstrap, bootstrapBaseUrl: 'http://[::1]:80/a%20b'}\n",
  };
  for (const char* text : good) {
    INFO(text);
    CHECK(faults_of(text) == Faults{});
  }
  const char* const oci = "previewFeatures: [input-image-oci]\ninput: {image: {oci: ";
  for (const char* reference : {"a/B", "'a/b:-x'", "'a/b:x:y'", "'a/b@sha256:abc'", "a/b/",
                                "a/b___c", "'user@a/b'", "a//b", "a:x/b", "a"}) {
    INFO(reference);
    CHECK(faults_of(oci + std::string(reference) + "}}\n") == Faults{"2:22 config.bad-value"});
  }
  for (const char* url :
       {"HTTP://a", "'http://a:x'", "http://a/%zz", "'http://[::1/a'", "torrent://a"}) {
    INFO(url);
    CHECK(faults_of("pxe: {initramfsType: bootstrap, bootstrapFileUrl: " + std::string(url) + "}\n")
              .size() == 1);
  }
  const std::string artifacts =
      "previewFeatures: [output-artifacts]\noutput: {artifacts: {path: a, items: ";
  CHECK(faults_of(artifacts + "[]}}\n").size() == 1);
  CHECK(faults_of(artifacts + "[~]}}\n").size() == 1);
  CHECK(faults_of(artifacts + "[ukis]}}\n").empty());
}

TEST_CASE("paths of the image have one form from the moment they are read") {
  const auto config =
      config_of("os:\n  additionalFiles:\n  - {destination: etc//foo, content: x}\n"
                "  users:\n  - {name: a, homeDirectory: /srv/a/, startupCommand: /bin//sh}\n");
  CHECK(config.os.additional_files[0].destination == "/etc/foo");
  CHECK(config.os.users[0].home_directory->text == "/srv/a");
  CHECK(config.os.users[0].startup_command->text == "/bin/sh");
  CHECK(faults_of("os: {additionalFiles: [{destination: /, content: x}]}\n") ==
        Faults{"1:38 config.bad-value"});
  for (const std::string path : {"/etc/foo/", "/etc/foo/.", "etc/foo/bar/..", "/.", "//"}) {
    INFO(path);
    CHECK(faults_of("os: {additionalFiles: [{destination: " + path + ", content: x}]}\n") ==
          Faults{"1:38 config.bad-value"});
  }
  for (const std::string path :
       {"/dev", "/dev/", "//proc/x", "/sys/./a", "/run/", "/etc/", "/x/../etc"}) {
    INFO(path);
    CHECK(
        faults_of("storage:\n  bootType: efi\n  disks:\n  - {partitionTableType: gpt, maxSize: 1G, "
                  "partitions: [{id: a, size: 8M}, {id: r}]}\n  filesystems:\n"
                  "  - {deviceId: a, type: ext4, mountPoint: " +
                  path + "}\n  - {deviceId: r, type: ext4, mountPoint: /}\n") ==
        Faults{"6:43 config.bad-value"});
  }
  for (const std::string home : {"/proc/kim", "//dev/x", "/sys", "relative", "'~'", "/home/../x"}) {
    INFO(home);
    CHECK(faults_of("os: {users: [{name: a, homeDirectory: " + home + "}]}\n") ==
          Faults{"1:39 config.bad-value"});
  }
  CHECK(faults_of("os: {users: [{name: a, homeDirectory: /run/a, sshPublicKeys: [ssh-ed25519 "
                  "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                  "]}]}\n") == Faults{"1:39 config.lost-file"});
  CHECK(faults_of("os: {additionalFiles: [{destination: /proc/x, content: x}]}\n").size() == 1);
  CHECK(faults_of("os: {additionalFiles: [{destination: /tmp/x, content: x}]}\n") ==
        Faults{"1:24 config.lost-file"});
  const std::string scripts = "scripts: {postCustomization: [{content: a}]}\n";
  CHECK(faults_of("os: {additionalFiles: [{destination: /var/tmp/x, content: x}]}\n" + scripts)
            .empty());
  CHECK(faults_of("os: {additionalFiles: [{destination: /tmp/x, content: x}]}\n" + scripts) ==
        Faults{"1:24 config.lost-file"});
}

TEST_CASE("a private key is refused, and no message shows any of it") {
  const std::string secret = "b3BlbnNzaC1rZXktdjEAAAAA";
  for (const std::string& key : {"-----BEGIN OPENSSH PRIVATE KEY-----" + secret, secret}) {
    try {
      load_image_config_text("os:\n  users:\n  - name: a\n    sshPublicKeys: ['" + key + "']\n",
                             "node.yaml");
      FAIL("taken");
    } catch (const base::InputError& error) {
      REQUIRE(error.diagnostics().items().size() == 1);
      const base::Diagnostic& said = error.diagnostics().items()[0];
      CHECK(said.code == "config.private-key");
      CHECK(said.where->line == 4);
      CHECK((said.message + said.hint).find(secret) == std::string::npos);
    }
  }
  CHECK(faults_of("os: {users: [{name: a, password: {type: hashed, value: secret}}]}\n") ==
        Faults{"1:56 config.unusable-password"});
  CHECK(faults_of("os: {users: [{name: a, password: {type: hashed, value: '!'}}]}\n").empty());
}

TEST_CASE("of a switch the last file counts, and empty storage counts for nothing") {
  const ScratchDirectory scratch;
  scratch.write("base.yaml", "previewFeatures: [remove-package-manager]\nos: {packages: "
                             "{removePackageManager: true, docs: false}}\nstorage: {}\n");
  scratch.write("node.yaml",
                "previewFeatures: [base-configs, remove-package-manager]\nbaseConfigs: [{path: "
                "base.yaml}]\nos: {packages: {removePackageManager: false, docs: true}}\n"
                "storage: {reinitializeVerity: ''}\n");
  const auto config = load_image_config(scratch.path() / "node.yaml").config;
  CHECK_FALSE(config.os.packages.remove_package_manager);
  CHECK(config.os.packages.documentation == model::Inclusion::included);
}
