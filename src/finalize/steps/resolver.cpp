// SPDX-License-Identifier: MIT
#include "../steps.hpp"

namespace imagewright::finalize::steps {

/// Name servers are the node's affair: where systemd-resolved is, resolv.conf is its stub.
void resolver(const Context& context) {
  constexpr auto k_file = "/etc/resolv.conf";
  if (!context.root.exists("/usr/lib/systemd/systemd-resolved")) return;
  // A file that a package or a user put there on purpose is no affair of ours; an empty one is left
  // over.
  const auto status = context.root.find_status(k_file);
  if (status && status->type == fs::FileType::regular && status->size > 0) return;
  if (status && status->type == fs::FileType::symlink) return;
  context.root.make_symlink(k_file, "../run/systemd/resolve/stub-resolv.conf");
}

} // namespace imagewright::finalize::steps
