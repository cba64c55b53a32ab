// SPDX-License-Identifier: MIT
#pragma once

// What bills of materials of both kinds say of a package.

#include <string>

#include <imagewright/audit/manifest.hpp>

namespace imagewright::audit {

/// The package URL (purl specification, type "rpm"): vendor as namespace; architecture, epoch when
/// it is not 0, distribution and source package as qualifiers.
std::string package_url(const model::LockedPackage& package, const Manifest& manifest);

/// The package URL (type "oci"): the digest of the manifest as version; architecture, repository
/// and tag as qualifiers.
std::string package_url(const model::LockedContainerImage& image, const Manifest& manifest);
/// Of a package in such an image.
std::string package_url(const model::ContainerPackage& package,
                        const model::ContainerContents& contents);

/// Who supplies it: its vendor, else the release's supplier; empty when nobody is named.
std::string supplier_of(const model::LockedPackage& package, const Manifest& manifest);

/// Derived from everything that the image consists of: the same image has the same identifier.
base::Uuid bill_identifier(const Manifest& manifest);

} // namespace imagewright::audit
