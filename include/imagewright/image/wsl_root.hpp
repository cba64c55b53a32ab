// SPDX-License-Identifier: MIT
#pragma once

// The root as the Windows Subsystem for Linux takes it ("Build a Custom Linux Distribution for
// WSL", Microsoft Learn): without what a virtual machine of Windows brings itself, with the files
// that tell Windows about the distribution.

#include <array>
#include <string>
#include <string_view>

#include <imagewright/base/epoch.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::image {

/// Units that take from Windows what is its own: network, names, /tmp. Those that Microsoft's guide
/// lists, and those that the checker of its catalogue knows beside them.
inline constexpr std::array<std::string_view, 11> k_units_not_for_wsl{
    "NetworkManager.service",
    "networking.service",
    "systemd-networkd-wait-online.service",
    "systemd-networkd.service",
    "systemd-resolved.service",
    "systemd-tmpfiles-clean.service",
    "systemd-tmpfiles-clean.timer",
    "systemd-tmpfiles-setup-dev-early.service",
    "systemd-tmpfiles-setup-dev.service",
    "systemd-tmpfiles-setup.service",
    "tmp.mount"};

struct WslRequest {
  model::RootForm form = model::RootForm::wsl_distribution;
  base::Epoch epoch;
  std::string distribution_name; ///< what Windows calls it; of distributions
};

/// The tree in that form; RootForm::node gives it as it is. Files that the root has itself
/// (/etc/wsl.conf, /etc/wsl-distribution.conf) stay. Throws base::Error (tree.cannot-read,
/// tree.not-a-directory).
tree::RootTree root_in_form(tree::RootTree tree, const WslRequest& request);

} // namespace imagewright::image
