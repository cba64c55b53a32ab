// SPDX-License-Identifier: MIT
#include <imagewright/model/container_image.hpp>

#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

using model::ContainerDelivery;

constexpr Type k_container_source_type{.shape = Shape::text,
                                       .title = "a source of a container image",
                                       .check = check_container_source,
                                       .pattern = "^(oci|oci-archive|docker-archive):[^:]+(:.+)?$|"
                                                  "^registry:[^@]+/[^@]+@sha256:[0-9a-f]{64}$",
                                       .example = "oci:images/pause:3.9"};
constexpr Type k_container_image_name_type{
    .shape = Shape::text,
    .title = "the full name of a container image",
    .check = check_container_image_name,
    .pattern = "^[A-Za-z0-9.:-]+/[a-z0-9._/-]+:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$",
    .example = "registry.k8s.io/pause:3.9"};
constexpr Word k_delivery_words[] = {
    word("store", ContainerDelivery::store,
         "written into containerd's store, in the format of its versions 1.6 and 1.7"),
    word("import", ContainerDelivery::import,
         "an archive that a unit hands to containerd before a kubelet starts"),
};
constexpr Type k_delivery_type{.shape = Shape::word, .words = k_delivery_words};
constexpr Key k_container_image_keys[] = {
    {.name = "source",
     .type = &k_container_source_type,
     .documentation =
         "Where the image is taken from: `oci:DIRECTORY[:TAG]` (an OCI layout), "
         "`oci-archive:FILE[:TAG]` (the same in a tar archive), `docker-archive:FILE[:NAME]` "
         "(what `docker save` writes) or `registry:HOST/NAME[:TAG]@sha256:DIGEST` (fetched when "
         "the image is built, and kept in the cache). Of an index only the image's architecture is "
         "taken.",
     .presence = Presence::required,
     .is_own = true},
    {.name = "name",
     .type = &k_container_image_name_type,
     .documentation = "The name that pods use, with host and tag.",
     .default_text = "the full name that the source has",
     .is_own = true},
    {.name = "pin",
     .type = &k_boolean_type,
     .documentation = "Kept when the node runs short of space (containerd 1.7.3 and later).",
     .default_text = "false",
     .is_own = true},
    {.name = "namespace",
     .type = &k_plain_word_type,
     .documentation = "Namespace of containerd.",
     .default_text = "k8s.io, which the kubelet uses",
     .is_own = true},
    {.name = "mode",
     .type = &k_delivery_type,
     .documentation = "How containerd comes to know the image.",
     .default_text = "store",
     .is_own = true},
};
constexpr Type k_container_image_mapping{
    .shape = Shape::mapping, .title = "a container image", .keys = k_container_image_keys};

} // namespace

constinit const Type k_container_images_type{.shape = Shape::list,
                                             .item = &k_container_image_mapping};

} // namespace imagewright::config
