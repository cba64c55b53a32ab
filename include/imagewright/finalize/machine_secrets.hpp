// SPDX-License-Identifier: MIT
#pragma once

// Files that systemd makes for one machine alone, whatever the release says of others.

#include <array>

namespace imagewright::finalize {

constexpr std::array k_machine_secrets = {"/var/lib/systemd/credential.secret",
                                          "/var/lib/systemd/random-seed"};

} // namespace imagewright::finalize
