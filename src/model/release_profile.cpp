// SPDX-License-Identifier: MIT
#include <imagewright/model/release_profile.hpp>

namespace imagewright::model {

const std::vector<LocatedText>&
PackageRole::for_architecture(const std::string& architecture) const {
  const auto found = per_architecture.find(architecture);
  return found != per_architecture.end() ? found->second : packages;
}

const std::string& ArchitectureText::for_architecture(const std::string& architecture) const {
  const auto found = per_architecture.find(architecture);
  return found != per_architecture.end() ? found->second : text;
}

std::vector<std::string> usual_identity_files() {
  return {"/boot/efi/loader/random-seed",
          "/etc/dhcpcd.duid",
          "/etc/dhcpcd.secret",
          "/etc/docker/key.json",
          "/etc/hostid",
          "/etc/iscsi/initiatorname.iscsi",
          "/etc/nvme/hostid",
          "/etc/nvme/hostnqn",
          "/etc/pki/consumer/*.pem",
          "/etc/pki/tls/private/localhost.key",
          "/etc/salt/minion_id",
          "/etc/salt/pki/minion/*",
          "/etc/ssh/ssh_host_key",
          "/etc/ssh/ssh_host_key.pub",
          "/etc/ssh/ssh_host_*_key",
          "/etc/ssh/ssh_host_*_key.pub",
          "/etc/ssh/ssh_host_*_key-cert.pub",
          "/etc/ssl/private/ssl-cert-snakeoil.key",
          "/var/db/dhcpcd/*",
          "/var/lib/NetworkManager/*.lease",
          "/var/lib/NetworkManager/secret_key",
          "/var/lib/NetworkManager/seen-bssids",
          "/var/lib/NetworkManager/timestamps",
          "/var/lib/cloud/data",
          "/var/lib/cloud/instance",
          "/var/lib/cloud/instances",
          "/var/lib/cloud/sem",
          "/var/lib/dhclient/*",
          "/var/lib/dhcp/*.leases",
          "/var/lib/dhcpcd/*",
          "/var/lib/docker/engine-id",
          "/var/lib/iscsi/nodes/*",
          "/var/lib/random-seed",
          "/var/lib/systemd/credential.secret",
          "/var/lib/systemd/random-seed",
          "/var/lib/tailscale/tailscaled.state",
          "/var/lib/urandom/random-seed",
          "/var/lib/waagent/*",
          "/var/lib/zerotier-one/identity.*"};
}

} // namespace imagewright::model
