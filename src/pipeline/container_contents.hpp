// SPDX-License-Identifier: MIT
#pragma once

// What is in the images of containers that a node is made with.

#include <map>

#include <imagewright/base/digest.hpp>
#include <imagewright/model/container_contents.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::pipeline {

/// By the digest of the image's manifest. Throws base::Error (container.changed: a source is not
/// what it was when the image was composed; and what reading layers throws).
std::map<base::Digest, model::ContainerContents> contents_of_images(const plan::ResolvedPlan& plan,
                                                                    const plan::Services& services);

} // namespace imagewright::pipeline
