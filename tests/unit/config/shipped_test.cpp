// SPDX-License-Identifier: MIT
// The configs and release profiles that the project ships.
#include <filesystem>
#include <string>
#include <vector>

#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/config/load.hpp>
#include <imagewright/config/support.hpp>
#include <imagewright/model/architecture.hpp>

using namespace imagewright;

TEST_CASE("shipped configs are right, without warnings, and can be built") {
  const std::filesystem::path configs = imagewright_test::source_directory() / "configs";
  const std::vector<std::filesystem::path> directories = {configs / "releases"};
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(configs)) {
    if (entry.path().extension() != ".yaml" || entry.path().parent_path().filename() == "releases")
      continue;
    const bool is_role = entry.path().parent_path().filename() == "roles";
    INFO(entry.path());
    const auto loaded = config::load_image_config(entry.path());
    CHECK(loaded.warnings.empty());
    CHECK(config::unsupported_keys(loaded.config, config::Command::build).empty());
    // A role is a part of configs for several releases.
    CHECK(loaded.config.release.has_value() != is_role);
    if (is_role) continue;
    CHECK_NOTHROW(config::find_release_profile(*loaded.config.release, entry.path().parent_path(),
                                               directories));
    ++count;
  }
  CHECK(count >= 4);
}

TEST_CASE("shipped release profiles are right and complete") {
  const std::filesystem::path releases = imagewright_test::source_directory() / "configs/releases";
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(releases)) {
    INFO(entry.path());
    const auto loaded = config::load_release_profile(entry.path());
    const model::ReleaseProfile& profile = loaded.profile;
    CHECK(loaded.warnings.empty());
    CHECK(profile.name == entry.path().stem().string());
    for (const std::string& name : profile.architectures) {
      CHECK(model::find_architecture(name) != nullptr);
      CHECK_FALSE(profile.consoles.at(name).empty());
      for (const char* role :
           {"kernel", "init", "initramfs", "fips", "selinux-policy", "container-runtime"}) {
        INFO(role);
        REQUIRE(profile.roles.contains(role));
        CHECK_FALSE(profile.roles.at(role).for_architecture(name).empty());
      }
      CHECK(profile.roles.contains("bootloader-" + profile.default_boot_loader));
      CHECK_FALSE(config::repositories_for(profile, {}, name).empty());
    }
    ++count;
  }
  CHECK(count >= 2);
}

TEST_CASE("the Azure Linux profile states the distribution's baseline") {
  const auto path = imagewright_test::source_directory() / "configs/releases/azurelinux-3.0.yaml";
  const model::ReleaseProfile profile = config::load_release_profile(path).profile;
  const auto series_of = [&](const std::string& subject) {
    for (const model::BaselineEntry& entry : profile.baseline) {
      if (entry.subject == subject) return entry.series;
    }
    return std::string();
  };
  CHECK(series_of("kernel") == "6.6");
  CHECK(series_of("systemd") == "255");
  CHECK(series_of("openssl") == "3.3");
  CHECK(profile.default_cgroup_version == "v2");
  const auto repositories = config::repositories_for(profile, {}, "aarch64");
  REQUIRE(repositories.size() == 4);
  CHECK(repositories[0].base_url.ends_with("/azurelinux/3.0/prod/base/aarch64"));
}
