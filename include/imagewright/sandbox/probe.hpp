// SPDX-License-Identifier: MIT
#pragma once

// What this host allows: whether images can be composed here, and how.

#include <cstdint>
#include <optional>
#include <string>

#include <imagewright/sandbox/privilege.hpp>

namespace imagewright::sandbox {

enum class Ability : std::uint8_t { absent, present };

/// The host's abilities, each found out by trying it in a child process.
struct HostAbilities {
  Ability is_root = Ability::absent;
  Ability user_namespaces = Ability::absent; ///< the calling user may make one
  Ability subordinate_ids =
      Ability::absent; ///< newuidmap, newgidmap and a range of at least 65536 ids for the user
  Ability namespaces = Ability::absent; ///< mount, process, IPC, host name and network namespaces
  Ability private_binfmt_misc =
      Ability::absent; ///< foreign programs can be registered inside a user namespace
  std::string reason;  ///< why sandboxes cannot be made; empty when they can
  std::string remedy;  ///< what helps in this place; empty when nothing has to

  bool operator==(const HostAbilities&) const = default;
  bool can_make_sandboxes() const { return reason.empty(); }
};

/// Why a rung cannot be used here, in the words of whoever can change it.
struct Refusal {
  std::string reason;
  std::string remedy; ///< what helps in this place

  bool operator==(const Refusal&) const = default;
};

/// Tries to the end, on a rung below the machine, what a build does before its first program, as
/// probe() does. Nothing when it works.
std::optional<Refusal> try_rung(Rung rung);

/// Tries to the end what a build does before its first program, in children of this process, which
/// must not have other threads. The program's main must know workers (worker.hpp).
HostAbilities probe();

} // namespace imagewright::sandbox
