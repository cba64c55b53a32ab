// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/base/render.hpp>
#include <imagewright/config/import.hpp>
#include <imagewright/config/load.hpp>
#include <imagewright/model/image_format.hpp>

using namespace imagewright;
using config::import_toolkit_json;

namespace {

model::ImageConfig load(const std::string& text, const std::filesystem::path& path) {
  try {
    return config::load_image_config_text(text, path, {.file_checks = config::FileChecks::skipped})
        .config;
  } catch (const base::InputError& error) {
    std::string messages;
    for (const auto& each : error.diagnostics().items())
      messages += base::render(each, {}, base::Color::off);
    FAIL(text << "\n" << messages);
    throw;
  }
}

bool mentions(const std::vector<std::string>& lines, const std::string& word) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(word) != std::string::npos; });
}

constexpr const char* k_example = R"({
  "Disks": [{
    "PartitionTableType": "gpt", "MaxSize": 4096,
    "Artifacts": [{"Name": "core", "Type": "vhd"}, {"Name": "core", "Compression": "tar.gz"}],
    "Partitions": [
      {"ID": "esp", "Flags": ["esp", "boot"], "Start": 1, "End": 9, "FsType": "fat32"},
      {"ID": "root", "Name": "root", "Start": 9, "End": 0, "FsType": "ext3"}
    ]
  }],
  "SystemConfigs": [{
    "_comment": "nothing",
    "Name": "Standard: 1", "BootType": "efi", "Hostname": "node", "Packages": ["vim"],
    "PartitionSettings": [
      {"ID": "esp", "MountPoint": "/efi", "MountOptions": "umask=0077"},
      {"ID": "root", "MountPoint": "/", "MountIdentifier": "partlabel", "RemoveDocs": true}
    ],
    "KernelOptions": {"default": "kernel", "hyperv": "kernel-hyperv"},
    "KernelCommandLine": {"EnableFIPS": true, "SELinux": "force_enforcing", "CGroup": "version_one",
                          "ImaPolicy": ["tcb"], "ExtraCommandLine": " quiet  console=ttyS0"},
    "AdditionalFiles": {"a": "/a", "b": [{"Path": "/b", "Permissions": "0640"}, "/c"]},
    "Users": [{"Name": "u", "UID": "1000", "Password": "$6$x", "PasswordHashed": true, "PasswordExpiresDays": 30}],
    "Groups": [{"Name": "g", "GID": "1001"}],
    "PostInstallScripts": [{"Path": "run.sh", "Args": "a b"}, {"Path": "../up.sh"}],
    "Encryption": {"Enable": true}, "DisableRpmDocs": true, "OverrideRpmLocales": "NONE"
  }]
})";

} // namespace

TEST_CASE("a toolkit config becomes a config of ours that says the same") {
  const auto imported = import_toolkit_json(k_example, "a.json");
  REQUIRE(imported.size() == 1);
  CHECK(imported[0].name == "Standard: 1");
  INFO(imported[0].text);
  const model::ImageConfig config = load(imported[0].text, "a.yaml");
  CHECK(config.os.hostname->text == "node");
  CHECK(config.os.kernel.package->text == "kernel");
  CHECK(config.os.fips_mode->value == model::FipsMode::enabled);
  CHECK(config.os.selinux_mode->value == model::SelinuxMode::force_enforcing);
  CHECK(config.os.cgroup_version->value == model::CgroupVersion::v1);
  CHECK(config.os.kernel_command_line.size() == 2);
  REQUIRE(config.os.additional_files.size() == 3);
  CHECK(config.os.additional_files[1].permissions == 0640);
  CHECK(config.os.users[0].uid == 1000U);
  CHECK(config.os.users[0].password->type == model::PasswordType::hashed);
  CHECK(config.os.groups[0].gid == 1001U);
  CHECK(config.os.packages.documentation == model::Inclusion::left_out);
  CHECK(config.os.packages.languages->empty());
  REQUIRE(config.scripts.post_customization.size() == 1);
  CHECK(config.scripts.post_customization[0].arguments.size() == 2);
  REQUIRE(config.storage.disk);
  CHECK(config.storage.disk->max_size->value == base::ByteSize::gib(4));
  CHECK(config.storage.filesystems[0].mount_point->path == "/boot/efi");
  CHECK(config.storage.filesystems[1].type->value == model::FilesystemType::ext4);
  REQUIRE(config.output.images.size() == 2);
  CHECK(config.output.images[0].format == model::output_format_of(model::ImageFormat::vhd_fixed));
  CHECK(config.output.images[1].format == model::output_format_of(model::ImageFormat::tar));
  CHECK(config.name == "core");
}

TEST_CASE("the packages of a definition say which boot loader it means") {
  const std::string definition = R"({"SystemConfigs": [{"Name": "a", "BootType": "efi",
    "Packages": ["vim"], "PackageLists": ["lists/boot.json", "lists/none.json"],
    "KernelOptions": {"default": "kernel"}}]})";
  const auto with_list = [&](const std::string& list) {
    const auto imported = import_toolkit_json(
        definition, "a.json", [&](const std::string& path) -> std::optional<std::string> {
          if (path != "lists/boot.json") return std::nullopt;
          return list;
        });
    return imported.at(0).text;
  };
  const std::string loader = "type: systemd-boot\n";
  const std::string kept = "mode: passthrough\n";
  const std::string unified =
      with_list(R"({"packages": ["shim", "systemd-boot=255", "kernel-uki"]})");
  INFO(unified);
  CHECK(unified.find(loader) != std::string::npos);
  CHECK(unified.find(kept) != std::string::npos);
  CHECK(unified.find("package: kernel") == std::string::npos);
  CHECK(unified.find("resetType") == std::string::npos);
  const std::string separate = with_list(R"({"packages": ["systemd-boot >= 255"]})");
  CHECK(separate.find(loader) != std::string::npos);
  CHECK(separate.find(kept) == std::string::npos);
  CHECK(separate.find("package: kernel") != std::string::npos);
  for (const std::string other :
       {R"({"packages": ["grub2-efi-binary", "systemd-boot", "kernel-uki"]})",
        R"({"packages": ["systemd-bootchart"]})", "{", "[]", R"({"packages": [1]})"}) {
    const std::string usual = with_list(other);
    INFO(usual);
    CHECK(usual.find(loader) == std::string::npos);
    CHECK(usual.find(kept) == std::string::npos);
  }
}

TEST_CASE("the packages of a definition itself name its boot loader, too") {
  const auto imported = import_toolkit_json(
      R"({"Disks": [{"MaxSize": 2048, "Partitions": [
            {"ID": "efi", "Flags": ["esp"], "Start": 1, "End": 513, "FsType": "fat32"},
            {"ID": "root", "Type": "linux-root-amd64", "Start": 513, "FsType": "ext4"}]}],
          "SystemConfigs": [{"Packages": ["kernel-uki", "systemd-boot"], "BootType": "efi",
            "PartitionSettings": [{"ID": "efi", "MountPoint": "/efi"}, {"ID": "root", "MountPoint": "/"}]}]})",
      "a.json");
  const model::ImageConfig config = load(imported.at(0).text, "a.yaml");
  CHECK(config.os.boot_loader->text == "systemd-boot");
  CHECK(config.os.uki_mode->value == model::UkiMode::passthrough);
}

TEST_CASE("archives and compressions of a toolkit config are carried over") {
  const auto imported = import_toolkit_json(R"({"Disks": [{"Artifacts": [
    {"Name": "a", "Compression": "tar.gz"}, {"Name": "a", "Type": "raw", "Compression": "xz"},
    {"Name": "a", "Type": "vhdx", "Compression": "tar.gz"}, {"Name": "a", "Type": "ova"},
    {"Name": "a", "Type": "ext4", "Compression": "gz"}]}],
    "SystemConfigs": [{"Packages": ["bash"]}]})",
                                            "a.json");
  const model::ImageConfig config = load(imported.at(0).text, "a.yaml");
  REQUIRE(config.output.images.size() == 2);
  CHECK(config.output.images[0].format == model::output_format_of(model::ImageFormat::tar));
  CHECK(config.output.images[0].compression.algorithm == model::CompressionAlgorithm::gzip);
  CHECK(config.output.images[1].compression.algorithm == model::CompressionAlgorithm::xz);
  for (const char* word : {"vhdx in tar.gz", "ova", "ext4 in gz"})
    CHECK(mentions(imported[0].left_out, word));
}

TEST_CASE("what a toolkit config cannot hand over is said in comments") {
  const auto imported = import_toolkit_json(k_example, "a.json");
  for (const char* word :
       {"/efi", "ext3", "ImaPolicy", "hyperv", "../up.sh", "Encryption", "RemoveDocs"}) {
    INFO(word);
    CHECK(mentions(imported[0].left_out, word));
    CHECK(imported[0].text.substr(0, imported[0].text.find("storage:")).find(word) !=
          std::string::npos);
  }
  CHECK(imported[0].left_out.size() == 7);
}

TEST_CASE("a toolkit config's network, keys, quotes and files of the ESP are carried over") {
  const auto imported = import_toolkit_json(R"({
    "Disks": [{"Partitions": [
      {"ID": "efi", "Flags": ["esp"], "Start": 1, "End": 99, "FsType": "fat32"},
      {"ID": "root", "Type": "linux-lvm", "Start": 99, "FsType": "ext4"},
      {"ID": "odd", "Type": "linux-odd", "FsType": ""}]}],
    "SystemConfigs": [{
      "PartitionSettings": [{"ID": "efi", "MountPoint": "/efi"}, {"ID": "root", "MountPoint": "/"}],
      "AdditionalFiles": {"a": "/efi/loader/loader.conf", "b": "/efix"},
      "Users": [{"Name": "u", "SSHPubKeys": ["ssh-ed25519 AAAA"]}],
      "KernelCommandLine": {"ExtraCommandLine": "dyndbg=\"file a +p\" b", "SELinux": "strict", "CGroup": "v3"},
      "Networks": [
        {"Device": "eth0", "BootProto": "static", "Ip": "192.0.2.7", "NetMask": "255.255.254.0",
         "GateWay": "192.0.2.1", "NameServer": ["192.0.2.53"], "OnBoot": true},
        {"Device": "52:54:00:00:00:01", "BootProto": "dhcp", "OnBoot": true},
        {"Device": "eth7", "BootProto": "static", "Ip": "192.0.2.7", "NetMask": "255.0.255.0", "OnBoot": true},
        {"Device": "eth8", "BootProto": "dhcp"}, {"Device": "bootif", "OnBoot": true}],
      "Encryption": {"Enable": false}
    }]})",
                                            "a.json");
  const auto& [name, text, left_out] = imported.at(0);
  INFO(text);
  for (const char* line :
       {"type: e6d6d379-f507-44c2-a23c-238f2a3df928", "destination: /boot/efi/loader/loader.conf",
        "destination: /efix", "- ssh-ed25519 AAAA", "file a +p", "name: eth0", "192.0.2.7/23",
        "- \"192.0.2.1\"", "- \"192.0.2.53\"", "52:54:00:00:00:01"}) {
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
  for (const char* word : {"linux-odd", "/efi", "SELinux strict", "CGroup v3", "Networks eth7",
                           "Networks eth8", "Networks bootif", "MaxSize"})
    CHECK(mentions(left_out, word));
  CHECK(left_out.size() == 8);
}

TEST_CASE("texts of a toolkit config cannot break out of their place") {
  const auto imported = import_toolkit_json(
      R"({"SystemConfigs": [{"Name": "x\ninput: {}", "Hostname": "yes", "Odd\nkey": 1, "Packages": ["a: b", "#c", "1.0", "*d"]}]})",
      "a\nb.json");
  const model::ImageConfig config = load(imported[0].text, "a.yaml");
  CHECK_FALSE(config.input.is_given());
  CHECK(config.os.hostname->text == "yes");
  CHECK(config.os.packages.install[3].spec == "*d");
}

TEST_CASE("what is no toolkit config is refused") {
  CHECK_THROWS_AS(import_toolkit_json("{", "a.json"), base::Error);
  for (const char* text : {"[]", "{}", R"({"SystemConfigs": []})", R"({"SystemConfigs": [1]})"}) {
    try {
      import_toolkit_json(text, "a.json");
      FAIL("accepted " << text);
    } catch (const base::Error& error) {
      CHECK(error.diagnostic().code == "config.not-a-toolkit-config");
    }
  }
}

TEST_CASE("every image definition of the older toolkit can be imported") {
  const auto data = imagewright_test::find_shared_data("azure-configs/azurelinux-imageconfigs");
  if (!data) IMAGEWRIGHT_SKIP("no shared data: azure-configs");
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*data)) {
    if (entry.path().extension() != ".json") continue;
    INFO(entry.path());
    for (const config::ImportedConfig& imported :
         import_toolkit_json(imagewright_test::read_text(entry.path()), entry.path().filename())) {
      const model::ImageConfig config = load(imported.text, *data / "imported.yaml");
      CHECK_FALSE(config.os.packages.install.empty());
      ++count;
    }
  }
  CHECK(count > 25);
}
