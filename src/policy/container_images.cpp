// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include <imagewright/model/image_import.hpp>
#include <imagewright/policy/system_policy.hpp>

namespace imagewright::policy {

namespace {

constexpr const char* k_origin = "os.containerImages";

/// Before a kubelet looks for its sandbox; containerd says itself when it is there to be asked.
std::string unit_text() {
  return fmt::format("[Unit]\n"
                     "Description=Container images that this node was made with\n"
                     "Requires=containerd.service\n"
                     "After=containerd.service\n"
                     "Before=kubelet.service\n"
                     "\n"
                     "[Service]\n"
                     "Type=oneshot\n"
                     "RemainAfterExit=yes\n"
                     "TimeoutStartSec=30min\n"
                     "ExecStart={}\n"
                     "\n"
                     "[Install]\n"
                     "WantedBy=multi-user.target\n",
                     model::k_import_script);
}

} // namespace

PolicyPart container_images_policy(const PolicyInput& input) {
  PolicyPart part;
  const auto& images = input.config.os.container_images;
  const auto found = std::ranges::find(images, model::ContainerDelivery::import,
                                       &model::ContainerImageConfig::delivery);
  if (found == images.end()) return part;
  const std::string unit(model::k_import_unit);
  part.policy.files.push_back({.path = "/usr/lib/systemd/system/" + unit,
                               .permissions = 0644,
                               .content = unit_text(),
                               .origin = k_origin});
  part.policy.units.push_back({unit, model::UnitState::enabled, k_origin, found->where});
  part.policy.checks.push_back({.name = "images of containers were imported",
                                .kind = model::CheckKind::unit_active,
                                .subject = unit,
                                .expected = {}});
  return part;
}

} // namespace imagewright::policy
