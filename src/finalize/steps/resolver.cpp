// SPDX-License-Identifier: MIT
#include "../steps.hpp"

namespace imagewright::finalize::steps {

namespace {

struct Input {};

/// Name servers are the node's affair: where systemd-resolved is, resolv.conf is its stub.
StepYield set_resolver(const Input&, root::WorkRoot& root) {
  const fs::RootDir& files = root.files();
  constexpr auto k_file = "/etc/resolv.conf";
  if (!files.exists("/usr/lib/systemd/systemd-resolved")) return {};
  // A file that a package or a user put there on purpose is no affair of ours; an empty one is left
  // over.
  const auto status = files.find_status(k_file);
  if (status && status->type == fs::FileType::regular && status->size > 0) return {};
  if (status && status->type == fs::FileType::symlink) return {};
  files.make_symlink(k_file, "../run/systemd/resolve/stub-resolv.conf");
  return {};
}

} // namespace

constinit const Step resolver{"resolver", AppliesTo::both, k_run<set_resolver>};

} // namespace imagewright::finalize::steps
