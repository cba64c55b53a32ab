// SPDX-License-Identifier: MIT
#pragma once

// What others need to run or to publish an image, made from its manifest: a domain of libvirt, a
// script for Hyper-V, variables for Terraform, an entry of WSL's catalogue.

#include <cstdint>
#include <span>
#include <string>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/base/byte_size.hpp>

namespace imagewright::handover {

enum class SecureBoot : std::uint8_t { off, on };

/// What a virtual machine is given.
struct Machine {
  std::string name; ///< empty: the manifest's
  base::ByteSize memory = base::ByteSize::gib(2);
  unsigned processors = 2;
  SecureBoot secure_boot = SecureBoot::off;
};

enum class Hypervisor : std::uint8_t { kvm, qemu };

struct LibvirtRequest {
  Machine machine;
  /// Where the image will be; absolute.
  std::string directory = "/var/lib/libvirt/images";
  std::string network = "default";
  Hypervisor hypervisor = Hypervisor::kvm;
};

/// A domain for `virsh define`. Its UUID comes from the image and the machine's name. Throws
/// base::Error (handover.no-artifact, handover.bad-text).
std::string libvirt_domain(const audit::Manifest& manifest, const LibvirtRequest& request);

struct HyperVRequest {
  Machine machine;
  std::string network = "Default Switch"; ///< a switch of Hyper-V
};

/// A script for Windows PowerShell that compares the image's digest and makes a virtual machine of
/// generation 2. Throws base::Error (handover.no-artifact, handover.bad-text,
/// handover.no-firmware).
std::string hyperv_script(const audit::Manifest& manifest, const HyperVRequest& request);

struct TerraformRequest {
  std::string directory; ///< of the image, as Terraform is to see it; empty: beside the variables
  std::string version;   ///< of the gallery's image; empty: from the image's epoch
};

/// The variables of the module toolkit/terraform/azure-image. Throws base::Error
/// (handover.no-artifact, handover.bad-version).
std::string terraform_variables(const audit::Manifest& manifest, const TerraformRequest& request);

struct CatalogueRequest {
  std::string base_url;      ///< of the directory in which the archives are
  std::string flavor;        ///< what `wsl --install` takes; empty: the image's name
  std::string friendly_name; ///< empty: flavor and release
};

/// DistributionInfo.json of one distribution, for one or more architectures. Throws base::Error
/// (handover.no-artifact, handover.bad-text, handover.mixed-images).
std::string wsl_catalogue(std::span<const audit::Manifest> manifests,
                          const CatalogueRequest& request);

} // namespace imagewright::handover
