// SPDX-License-Identifier: MIT
#include <array>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <imagewright/model/overlay_places.hpp>

using namespace imagewright;

namespace {

struct Row {
  std::string upper;
  std::string work;
  std::vector<model::MountedPlace> mounts;
  model::OverlayStage stage = model::OverlayStage::system;
  std::string word; ///< of the message; empty: it can be mounted
};

std::string message_of(const Row& row) {
  const model::OverlayConfig overlay{.lower_directories = {"/etc"},
                                     .upper_directory = {row.upper, {}},
                                     .work_directory = {row.work, {}},
                                     .mount_point = {"/etc", {}},
                                     .stage = row.stage};
  const auto obstacle = model::find_overlay_obstacle(overlay, row.mounts);
  if (!obstacle) return "";
  CHECK_FALSE(obstacle->hint.empty());
  return obstacle->message;
}

} // namespace

TEST_CASE("an overlay that no system could mount is told") {
  const model::MountedPlace root{"/", "defaults"};
  const model::MountedPlace usr{"/usr", "ro"};
  const model::MountedPlace state{"/state", "defaults"};
  const model::MountedPlace early{"/state", "noatime,x-initrd.mount"};
  const model::MountedPlace inner{"/state/inner", "defaults"};
  const std::array rows{
      Row{"/var/upper", "/var/work", {root}, model::OverlayStage::system, ""},
      Row{"/var/upper", "/var/work", {root}, model::OverlayStage::initrd, ""},
      Row{"/state/upper", "/state/work", {root, state}, model::OverlayStage::system, ""},
      Row{"/state/upper", "/state/work", {root, early}, model::OverlayStage::initrd, ""},
      Row{"/usr/upper", "/usr/work", {root, usr}, model::OverlayStage::initrd, ""},
      Row{"/states/upper", "/states/work", {root, state}, model::OverlayStage::initrd, ""},
      Row{"/state/upper", "/state/work", {root, state}, model::OverlayStage::initrd, "/state"},
      Row{"/state/upper", "/var/work", {root, state}, model::OverlayStage::system, "filesystems"},
      Row{"/state/upper", "/state/inner/work", {state, inner}, {}, "filesystems"},
      Row{"/tmp/upper", "/tmp/work", {root}, model::OverlayStage::system, "emptied"},
      Row{"/var/tmp/upper", "/var/tmp/work", {root}, model::OverlayStage::system, "emptied"},
      Row{"/run/upper", "/run/work", {root}, model::OverlayStage::initrd, "covered"},
      Row{"/var/upper", "/proc/work", {root}, model::OverlayStage::system, "workDir"},
      Row{"/runs/upper", "/runs/work", {root}, model::OverlayStage::system, ""}};
  for (const Row& row : rows) {
    INFO(row.upper << " " << row.work);
    const std::string message = message_of(row);
    CHECK(message.empty() == row.word.empty());
    CHECK(message.find(row.word) != std::string::npos);
  }
}

TEST_CASE("what an overlay of the initramfs depends on is mounted by it as well") {
  const std::array mounts{model::MountedPlace{"/state", "x-initrd.mount"},
                          model::MountedPlace{"/media", "defaults"}};
  model::OverlayConfig overlay{.lower_directories = {"/etc"},
                               .upper_directory = {"/state/upper", {}},
                               .work_directory = {"/state/work", {}},
                               .mount_point = {"/etc", {}},
                               .stage = model::OverlayStage::initrd};
  CHECK_FALSE(model::find_overlay_obstacle(overlay, mounts));
  overlay.mount_dependencies = {"/media"};
  const auto obstacle = model::find_overlay_obstacle(overlay, mounts);
  REQUIRE(obstacle);
  CHECK(obstacle->mount == 1);
  overlay.mount_dependencies.clear();
  overlay.lower_directories.emplace_back("/media/etc");
  CHECK(model::find_overlay_obstacle(overlay, mounts));
}
