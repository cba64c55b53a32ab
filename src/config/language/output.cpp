// SPDX-License-Identifier: MIT
#include <array>

#include <imagewright/model/image_format.hpp>
#include <imagewright/model/output_config.hpp>

#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

using model::CompressionAlgorithm;
using model::InitramfsType;
using model::KdumpBootFiles;
using model::OutputArtifactItem;
using model::OutputFormat;

constexpr std::array k_media_words{
    word("iso", OutputFormat::iso, "live ISO medium"),
    word("pxe-dir", OutputFormat::pxe_dir, "directory for network boot"),
    word("pxe-tar", OutputFormat::pxe_tar, "archive for network boot"),
};

/// The formats of the model's table, and media.
constexpr auto k_format_words = [] {
  std::array<Word, model::k_image_formats.size() + k_media_words.size()> words{};
  std::size_t count = 0;
  for (const model::ImageFormatRow& row : model::k_image_formats)
    words[count++] = word(row.word, row.config_word, row.title);
  for (const Word& medium : k_media_words)
    words[count++] = medium;
  return words;
}();
constexpr Type k_format_type{
    .shape = Shape::word, .words = k_format_words, .empty_text = EmptyText::means_not_given};
constexpr Type k_image_format_type{
    .shape = Shape::word, .words = std::span(k_format_words).first(model::k_image_formats.size())};

constexpr Word k_compression_words[] = {
    word("none", CompressionAlgorithm::none, "not compressed"),
    word("zstd", CompressionAlgorithm::zstd, "Zstandard"),
    word("gzip", CompressionAlgorithm::gzip, "gzip"),
    word("xz", CompressionAlgorithm::xz, "xz"),
};
constexpr Type k_compression_word_type{.shape = Shape::word, .words = k_compression_words};
constexpr Type k_level_type{
    .shape = Shape::integer, .title = "a number from 1 to 22", .minimum = 1, .maximum = 22};
constexpr Key k_compression_keys[] = {
    {.name = "algorithm",
     .type = &k_compression_word_type,
     .documentation = "How the file is compressed.",
     .presence = Presence::required,
     .is_own = true},
    {.name = "level",
     .type = &k_level_type,
     .documentation = "Effort; at most 9 for gzip and xz.",
     .default_text = "the algorithm's",
     .is_own = true},
};
constexpr Type k_compression_type{
    .shape = Shape::mapping, .title = "compression", .keys = k_compression_keys};
constexpr Key k_image_keys[] = {
    {.name = "format",
     .type = &k_image_format_type,
     .documentation = "Format of the file.",
     .presence = Presence::required,
     .is_own = true},
    {.name = "compression",
     .type = &k_compression_type,
     .documentation = "Compression.",
     .default_text = "zstd for tar, cosi and baremetal-image, gzip for wsl, else none",
     .is_own = true},
    {.name = "clusterSize",
     .type = &k_byte_size_type,
     .documentation = "Cluster size of qcow2: a power of two from 512 bytes (as K: 1K) to 2M.",
     .default_text = "64K",
     .is_own = true},
    {.name = "platform",
     .type = &k_platform_word_type,
     .documentation = "What the image runs on. The images of one config are of one platform, or of "
                      "platforms that the release does not tell apart.",
     .default_text = "azure for vhd-fixed, hyperv for vhd and vhdx, qemu for qcow2, wsl for wsl, "
                     "bare for raw, cosi and baremetal-image",
     .is_own = true},
};
constexpr Type k_image_mapping{
    .shape = Shape::mapping, .title = "an image file", .keys = k_image_keys};
constexpr Type k_images_type{.shape = Shape::list, .item = &k_image_mapping};

constexpr Key k_cosi_compression_keys[] = {
    {.name = "level",
     .type = &k_level_type,
     .documentation = "Level of Zstandard.",
     .default_text = "9",
     .since = "1.2"},
};
constexpr Type k_cosi_compression_type{
    .shape = Shape::mapping, .title = "compression", .keys = k_cosi_compression_keys};
constexpr Key k_cosi_keys[] = {
    {.name = "compression",
     .type = &k_cosi_compression_type,
     .documentation = "Compression.",
     .since = "1.2"},
};
constexpr Type k_cosi_type{.shape = Shape::mapping, .title = "cosi settings", .keys = k_cosi_keys};
constexpr Key k_output_image_keys[] = {
    {.name = "path",
     .type = &k_optional_text_type,
     .documentation = "The file to write; `--output-dir` replaces its directory."},
    {.name = "format",
     .type = &k_format_type,
     .documentation = "Format of the file.",
     .default_text = "what the ending of `path` means, else qcow2"},
    {.name = "cosi",
     .type = &k_cosi_type,
     .documentation = "Settings for `cosi` and `baremetal-image`.",
     .since = "1.2"},
};
constexpr Type k_output_image_type{
    .shape = Shape::mapping, .title = "an output image", .keys = k_output_image_keys};

constexpr Word k_artifact_words[] = {
    word("ukis", OutputArtifactItem::ukis, "unified kernel images"),
    word("shim", OutputArtifactItem::shim, "the first boot loader"),
    word("bootloader", OutputArtifactItem::bootloader, "the boot loader"),
    word("verity-hash", OutputArtifactItem::verity_hash, "root hashes of verity devices"),
};
constexpr Type k_artifact_type{
    .shape = Shape::word, .words = k_artifact_words, .empty_text = EmptyText::means_not_given};
constexpr Type k_artifact_list_type{
    .shape = Shape::list, .item = &k_artifact_type, .minimum_items = 1};
constexpr Key k_artifacts_keys[] = {
    {.name = "items",
     .type = &k_artifact_list_type,
     .documentation = "What is written, to be signed.",
     .presence = Presence::required},
    {.name = "path",
     .type = &k_path_type,
     .documentation = "Directory for them.",
     .presence = Presence::required},
};
constexpr Type k_artifacts_type{
    .shape = Shape::mapping, .title = "output artifacts", .keys = k_artifacts_keys};

constexpr Type k_name_type{.shape = Shape::text,
                           .title = "a file name",
                           .check = check_file_name,
                           .pattern = "^[A-Za-z0-9_+][A-Za-z0-9._+-]*$",
                           .example = "node"};
constexpr Type k_name_list_type{.shape = Shape::list, .item = &k_name_type};
constexpr Key k_output_keys[] = {
    {.name = "name",
     .type = &k_name_type,
     .documentation = "First part of the names of all outputs.",
     .default_text = "the config's file name",
     .is_own = true},
    {.name = "images",
     .type = &k_images_type,
     .documentation = "Image files, all of the same disk.",
     .default_text = "the one of `image`, else qcow2",
     .is_own = true},
    {.name = "image",
     .type = &k_output_image_type,
     .documentation = "The one image file.",
     .since = "0.13"},
    {.name = "artifacts",
     .type = &k_artifacts_type,
     .documentation = "Files to be signed elsewhere.",
     .preview = "output-artifacts",
     .since = "0.14"},
    {.name = "selinuxPolicyPath",
     .type = &k_optional_path_type,
     .documentation = "Directory for a copy of the SELinux policy.",
     .preview = "output-selinux-policy",
     .since = "1.1"},
    {.name = "scriptFiles",
     .type = &k_name_list_type,
     .documentation =
         "Names of files that the config's scripts leave in the directory "
         "`$IMAGEWRIGHT_FILES`: they are published beside the image, as "
         "NAME-ARCH.files.FILE. Each of them has to be there in the end, and no other.",
     .is_own = true},
};

constexpr Key k_platform_keys[] = {
    {.name = "os", .type = &k_optional_text_type, .documentation = "Operating system."},
    {.name = "architecture",
     .type = &k_optional_text_type,
     .documentation = "Architecture.",
     .default_text = "the host's"},
};
constexpr Type k_platform_text_type{.shape = Shape::text,
                                    .title = "OS[/ARCHITECTURE]",
                                    .check = check_oci_platform,
                                    .pattern = "^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)?$",
                                    .example = "linux/amd64",
                                    .empty_text = EmptyText::means_not_given};
constexpr Type k_platform_type{.shape = Shape::mapping,
                               .title = "a platform",
                               .keys = k_platform_keys,
                               .other_form = &k_platform_text_type};
constexpr std::string_view k_oci_pattern =
    "^[^\\s/@?#]+/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*(/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*"
    "((:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?|"
    "(:[^@]*)?@(sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}))$";
constexpr Type k_reference_type{.shape = Shape::text,
                                .title = "a reference such as registry.example/name:tag",
                                .check = check_oci_reference,
                                .pattern = k_oci_pattern,
                                .example = "registry.example/os/node:3.0"};
constexpr Key k_oci_keys[] = {
    {.name = "uri",
     .type = &k_reference_type,
     .documentation = "Where the image is.",
     .presence = Presence::required},
    {.name = "platform", .type = &k_platform_type, .documentation = "Which of its platforms."},
};
constexpr Type k_oci_type{.shape = Shape::mapping,
                          .title = "an OCI image",
                          .keys = k_oci_keys,
                          .other_form = &k_reference_type};
constexpr Type k_version_type{.shape = Shape::text,
                              .title = "a version such as 3.0 or 3.0.20250910",
                              .check = check_image_version,
                              .pattern = "^[0-9]+\\.[0-9]+(\\.[0-9]+)?$",
                              .example = "3.0"};
constexpr Type k_variant_type{.shape = Shape::text,
                              .title = "a variant such as minimal-os",
                              .check = check_image_variant,
                              .pattern = "^[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*$"};
constexpr Key k_azure_linux_keys[] = {
    {.name = "version",
     .type = &k_version_type,
     .documentation = "Version.",
     .presence = Presence::required},
    {.name = "variant",
     .type = &k_variant_type,
     .documentation = "Variant.",
     .presence = Presence::required},
};
constexpr Type k_azure_linux_type{
    .shape = Shape::mapping, .title = "an Azure Linux image", .keys = k_azure_linux_keys};
constexpr Type k_input_path_type{.shape = Shape::text,
                                 .title = "a path, relative to the file that names it",
                                 .empty_text = EmptyText::means_not_given};
constexpr Key k_input_image_keys[] = {
    {.name = "path", .type = &k_input_path_type, .documentation = "A disk image or an ISO."},
    {.name = "oci",
     .type = &k_oci_type,
     .documentation = "An image in a registry.",
     .preview = "input-image-oci",
     .since = "1.1"},
    {.name = "azureLinux",
     .type = &k_azure_linux_type,
     .documentation = "An Azure Linux image.",
     .since = "1.1"},
};
constexpr std::string_view k_input_image_type_choice[] = {"path", "oci", "azureLinux"};
constexpr Type k_input_image_type{.shape = Shape::mapping,
                                  .title = "an input image",
                                  .keys = k_input_image_keys,
                                  .choice =
                                      Choice{ChoiceCount::at_most_one, k_input_image_type_choice}};
constexpr Key k_input_keys[] = {
    {.name = "image",
     .type = &k_input_image_type,
     .documentation = "The image that is customized: one of `path`, `oci`, `azureLinux`.",
     .since = "0.13"},
};

constexpr Word k_initramfs_words[] = {
    word("bootstrap", InitramfsType::bootstrap, "a small initramfs mounts the whole image"),
    word("full-os", InitramfsType::full_os, "the whole image is the initramfs"),
};
constexpr Type k_initramfs_type{
    .shape = Shape::word, .words = k_initramfs_words, .empty_text = EmptyText::means_not_given};
constexpr Word k_kdump_words[] = {
    word("none", KdumpBootFiles::none, "left out"),
    word("keep", KdumpBootFiles::keep, "kept"),
};
constexpr Type k_kdump_type{.shape = Shape::word, .words = k_kdump_words};
constexpr Key k_iso_keys[] = {
    {.name = "kernelCommandLine",
     .type = &k_kernel_command_line_type,
     .documentation = "Kernel command line of the medium."},
    {.name = "additionalFiles",
     .type = &k_additional_files_type,
     .documentation = "Files on the medium."},
    {.name = "initramfsType",
     .type = &k_initramfs_type,
     .documentation = "How it boots.",
     .default_text = "bootstrap",
     .since = "0.16"},
    {.name = "kdumpBootFiles",
     .type = &k_kdump_type,
     .documentation = "What becomes of crash kernels.",
     .preview = "kdump-boot-files",
     .since = "0.16"},
};
constexpr Type k_boot_url_type{
    .shape = Shape::text,
    .title = "a URL with ftp, http, https, nfs or tftp",
    .check = check_boot_url,
    .pattern = "^(ftp|http|https|nfs|tftp)://([^\\s/?#@]*@)?(\\[[0-9A-Fa-f:.%]"
               "+\\]|[^\\s/?#:@\\[\\]%^|\\\\`{}]+)(:[0-9]*)?([/?#]([^\\s%]|%[0-9A-Fa-f]"
               "{2})*)?$",
    .example = "http://boot.example.org/images",
    .empty_text = EmptyText::means_not_given};
constexpr Key k_pxe_keys[] = {
    {.name = "kernelCommandLine",
     .type = &k_kernel_command_line_type,
     .documentation = "Kernel command line of the medium."},
    {.name = "additionalFiles",
     .type = &k_additional_files_type,
     .documentation = "Files on the medium."},
    {.name = "initramfsType",
     .type = &k_initramfs_type,
     .documentation = "How it boots.",
     .default_text = "full-os",
     .since = "0.16"},
    {.name = "kdumpBootFiles",
     .type = &k_kdump_type,
     .documentation = "What becomes of crash kernels.",
     .preview = "kdump-boot-files",
     .since = "0.16"},
    {.name = "bootstrapBaseUrl",
     .type = &k_boot_url_type,
     .documentation = "Where `image.iso` is. Excludes `bootstrapFileUrl`.",
     .since = "0.16"},
    {.name = "bootstrapFileUrl",
     .type = &k_boot_url_type,
     .documentation = "Where the ISO is. Excludes `bootstrapBaseUrl`.",
     .since = "0.16"},
    {.name = "isoImageBaseUrl",
     .type = &k_boot_url_type,
     .documentation = "Old name of `bootstrapBaseUrl`.",
     .current_spelling = "bootstrapBaseUrl"},
    {.name = "isoImageFileUrl",
     .type = &k_boot_url_type,
     .documentation = "Old name of `bootstrapFileUrl`.",
     .current_spelling = "bootstrapFileUrl"},
};

constexpr std::string_view k_pxe_choice[] = {"bootstrapBaseUrl", "bootstrapFileUrl"};

} // namespace

constinit const Type k_input_type{.shape = Shape::mapping, .title = "input", .keys = k_input_keys};
constinit const Type k_output_type{
    .shape = Shape::mapping, .title = "output", .keys = k_output_keys};
constinit const Type k_iso_type{.shape = Shape::mapping, .title = "iso", .keys = k_iso_keys};
constinit const Type k_pxe_type{.shape = Shape::mapping,
                                .title = "pxe",
                                .keys = k_pxe_keys,
                                .choice = Choice{ChoiceCount::at_most_one, k_pxe_choice}};

} // namespace imagewright::config
