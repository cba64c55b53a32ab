// SPDX-License-Identifier: MIT
#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

constexpr Word k_preview_words[] = {
    {"uki", 0, "`os.uki`"},
    {"output-artifacts", 0, "`output.artifacts`, `storage.verity[].hashSignaturePath`"},
    {"inject-files", 0, "putting signed files back into an image"},
    {"reinitialize-verity", 0, "`storage.reinitializeVerity`"},
    {"package-snapshot-time", 0, "`os.packages.snapshotTime`"},
    {"kdump-boot-files", 0, "`iso.kdumpBootFiles`, `pxe.kdumpBootFiles`"},
    {"preview-distro-version", 0, "base images of distributions in preview"},
    {"base-configs", 0, "`baseConfigs`"},
    {"input-image-oci", 0, "`input.image.oci`"},
    {"output-selinux-policy", 0, "`output.selinuxPolicyPath`"},
    {"btrfs", 0, "btrfs filesystems"},
    {"create", 0, "composing an image from packages"},
    {"unsupported-distro-version", 0, "base images of other versions of a known distribution"},
    {"tools-dir", 0, "a directory with tools for the build"},
    {"remove-package-manager", 0, "`os.packages.removePackageManager`"},
};
constexpr Type k_script_path_type{.shape = Shape::text,
                                  .title = "a path inside the config's directory",
                                  .check = check_local_path,
                                  .pattern = "^(?!/)(?!([^/]+/\\.\\./)*\\.\\.(/|$))",
                                  .example = "scripts/configure.sh",
                                  .empty_text = EmptyText::means_not_given};
constexpr Type k_script_text_type{
    .shape = Shape::text, .title = "a text", .empty_text = EmptyText::means_not_given};
// How scripts are given tokens: no message shows what stands here, whatever its name.
constexpr Type k_variable_type{.shape = Shape::text, .title = "a text", .secrecy = Secrecy::secret};
constexpr Type k_environment_type{.shape = Shape::map,
                                  .item = &k_variable_type,
                                  .map_key_check = check_variable_name,
                                  .map_key_pattern = "^[^=\\n]+$"};
constexpr Key k_script_keys[] = {
    {.name = "path",
     .type = &k_script_path_type,
     .documentation = "The script, below the config's directory. Excludes `content`."},
    {.name = "content",
     .type = &k_script_text_type,
     .documentation = "The script itself. Excludes `path`."},
    {.name = "interpreter",
     .type = &k_text_type,
     .documentation = "Program that runs it.",
     .default_text = "/bin/sh"},
    {.name = "arguments", .type = &k_text_list_type, .documentation = "Its arguments."},
    {.name = "environmentVariables",
     .type = &k_environment_type,
     .documentation = "Its environment."},
    {.name = "name", .type = &k_text_type, .documentation = "A name for messages."},
    {.name = "sha256hash",
     .type = &k_text_type,
     .removed_hint = "remove it; digests belong to the manifest"},
};
constexpr std::string_view k_script_mapping_choice[] = {"path", "content"};
constexpr Type k_script_mapping{.shape = Shape::mapping,
                                .title = "a script",
                                .keys = k_script_keys,
                                .choice =
                                    Choice{ChoiceCount::exactly_one, k_script_mapping_choice}};
constexpr Type k_script_list_type{.shape = Shape::list, .item = &k_script_mapping};
constexpr Key k_scripts_keys[] = {
    {.name = "postCustomization",
     .type = &k_script_list_type,
     .documentation = "Run when everything is installed and configured."},
    {.name = "finalizeCustomization",
     .type = &k_script_list_type,
     .documentation = "Run last of all."},
    {.name = "network",
     .type = &k_boolean_type,
     .documentation = "Lets scripts use the host's network: no command honours it yet.",
     .default_text = "false",
     .is_own = true},
};

constexpr Key k_base_config_keys[] = {
    {.name = "path",
     .type = &k_path_type,
     .documentation = "The file.",
     .presence = Presence::required},
};
constexpr Type k_base_config_mapping{
    .shape = Shape::mapping, .title = "a base config", .keys = k_base_config_keys};
constexpr Type k_base_configs_type{.shape = Shape::list, .item = &k_base_config_mapping};

constexpr Type k_repository_name_type{.shape = Shape::text,
                                      .title = "a word",
                                      .check = check_file_name,
                                      .pattern = "^[A-Za-z0-9_+][A-Za-z0-9._+-]*$"};
constexpr Type k_url_type{.shape = Shape::text,
                          .title = "a URL with file, http or https",
                          .check = check_url,
                          .pattern = "^([Ff][Ii][Ll][Ee]|[Hh][Tt][Tt][Pp][Ss]?)://\\S+$",
                          .example = "https://packages.example.org/base/$basearch"};
constexpr Type k_number_type{.shape = Shape::integer,
                             .title = "a number from 0 to 1000000",
                             .minimum = 0,
                             .maximum = 1000000};
constexpr Type k_architecture_list_type{.shape = Shape::list, .item = &k_architecture_type};
constexpr Key k_repository_keys[] = {
    {.name = "name",
     .type = &k_repository_name_type,
     .documentation = "Its name; one of the release's replaces that.",
     .presence = Presence::required,
     .is_own = true},
    {.name = "baseUrl",
     .type = &k_url_type,
     .documentation =
         "URL of the directory with repodata. `$basearch` and `$releasever` are replaced.",
     .is_own = true},
    {.name = "mirrorList",
     .type = &k_url_type,
     .documentation = "URL of a list of base URLs, or of a metalink.",
     .is_own = true},
    {.name = "path",
     .type = &k_path_type,
     .documentation = "A directory with repodata.",
     .is_own = true},
    {.name = "gpgKeys",
     .type = &k_path_list_type,
     .documentation = "Public keys: paths, URLs, or fingerprints. A key that is named by its "
                      "fingerprint is looked for in the files of `--key`, beside the release "
                      "profile, in its directory `keys`, and in `/etc/pki/rpm-gpg`. Where "
                      "`--repo` moves such a repository and none of its keys is among those of "
                      "`--key`, these stand in their place.",
     .is_own = true},
    {.name = "gpgCheck",
     .type = &k_boolean_type,
     .documentation = "Packages must be signed.",
     .default_text = "true",
     .is_own = true},
    {.name = "repoGpgCheck",
     .type = &k_boolean_type,
     .documentation = "Metadata must be signed.",
     .default_text = "true",
     .is_own = true},
    {.name = "priority",
     .type = &k_number_type,
     .documentation = "The smaller wins, whatever the versions.",
     .default_text = "99",
     .is_own = true},
    {.name = "cost",
     .type = &k_number_type,
     .documentation = "Among equal packages the cheaper wins.",
     .default_text = "1000",
     .is_own = true},
    {.name = "includePackages",
     .type = &k_non_blank_list_type,
     .documentation = "Patterns of the packages that it offers.",
     .default_text = "all",
     .is_own = true},
    {.name = "excludePackages",
     .type = &k_non_blank_list_type,
     .documentation = "Patterns of packages that it does not offer.",
     .is_own = true},
    {.name = "architectures",
     .type = &k_architecture_list_type,
     .documentation = "Architectures it is used for.",
     .default_text = "all",
     .is_own = true},
};
constexpr Type k_role_list_type{.shape = Shape::list, .item = &k_repository_name_type};
constexpr std::string_view k_repository_mapping_choice[] = {"baseUrl", "mirrorList", "path"};
constexpr Type k_repository_mapping{
    .shape = Shape::mapping,
    .title = "a repository",
    .keys = k_repository_keys,
    .choice = Choice{ChoiceCount::exactly_one, k_repository_mapping_choice}};

constexpr Key k_check_keys[] = {
    {.name = "name",
     .type = &k_non_blank_type,
     .documentation = "For people.",
     .default_text = "made from the rest",
     .is_own = true},
    {.name = "unit",
     .type = &k_unit_type,
     .documentation = "A unit that is active, or what `expect` says: `enabled`, `disabled` or "
                      "`masked`, as `systemctl is-enabled` has it.",
     .is_own = true},
    {.name = "file",
     .type = &k_absolute_path_type,
     .documentation = "A file whose trimmed content is `expect`.",
     .is_own = true},
    {.name = "command",
     .type = &k_non_blank_type,
     .documentation = "A command that succeeds in the booted image, with the trimmed output "
                      "`expect` when that is given.",
     .is_own = true},
    {.name = "expect", .type = &k_text_type, .documentation = "What is expected.", .is_own = true},
};
constexpr std::string_view k_check_mapping_choice[] = {"unit", "file", "command"};
constexpr Type k_check_mapping{.shape = Shape::mapping,
                               .title = "a check",
                               .keys = k_check_keys,
                               .choice = Choice{ChoiceCount::exactly_one, k_check_mapping_choice}};

constexpr Word k_reset_words[] = {
    {"reset-all", 0, "every partition and filesystem gets a new identifier"}};
constexpr Type k_reset_type{
    .shape = Shape::word, .words = k_reset_words, .empty_text = EmptyText::means_not_given};
constexpr Type k_variants_type{.shape = Shape::map,
                               .item = &k_image_config_type,
                               .map_key_check = check_release_word,
                               .map_key_pattern = "^[a-z0-9._-]+$"};
constexpr Key k_root_keys[] = {
    {.name = "release",
     .type = &k_non_blank_type,
     .documentation = "A release profile: a name that \"imagewright releases\" lists, or a path.",
     .is_own = true},
    {.name = "architectures",
     .type = &k_architecture_list_type,
     .documentation = "What is composed when the command line does not say.",
     .default_text = "the host's",
     .is_own = true},
    {.name = "repositories",
     .type = &k_repositories_type,
     .documentation = "Repositories added to the release's, or replacing one by name.",
     .is_own = true},
    {.name = "input",
     .type = &k_input_type,
     .documentation = "What is customized.",
     .since = "0.13"},
    {.name = "storage", .type = &k_storage_type, .documentation = "Disk, partitions, filesystems."},
    {.name = "os", .type = &k_os_type, .documentation = "The operating system."},
    {.name = "iso", .type = &k_iso_type, .documentation = "Live ISO medium."},
    {.name = "pxe", .type = &k_pxe_type, .documentation = "Network boot.", .since = "0.8"},
    {.name = "scripts", .type = &k_scripts_type, .documentation = "Scripts run in the image."},
    {.name = "previewFeatures",
     .type = &k_preview_list_type,
     .documentation = "Preview features that this file uses.",
     .since = "0.8"},
    {.name = "output",
     .type = &k_output_type,
     .documentation = "What is written.",
     .since = "0.13"},
    {.name = "baseConfigs",
     .type = &k_base_configs_type,
     .documentation = "Configs that this one builds on.",
     .preview = "base-configs",
     .since = "1.1",
     .also_called = "include includes extends inherits"},
    {.name = "roles",
     .type = &k_role_list_type,
     .documentation = "What kinds of node this is: configs by name, from the directories `roles` "
                      "beside and above this file and from those installed with the program. "
                      "They are merged before base configs.",
     .is_own = true},
    {.name = "variants",
     .type = &k_variants_type,
     .documentation = "Several images of one config, by name: each is laid over what stands beside "
                      "this key, as a config is over one that it builds on. `--variant NAME`, or "
                      "`CONFIG@NAME` wherever a config is named, chooses one; `baseConfigs`, "
                      "`roles` and `previewFeatures` are of the whole file.",
     .is_own = true},
    {.name = "checks",
     .type = &k_checks_type,
     .documentation = "Promises that are checked in the finished and in the booted image.",
     .is_own = true},
    {.name = "resetPartitionsUuidsType",
     .type = &k_reset_type,
     .documentation = "Old place of `storage.resetPartitionsUuidsType`.",
     .current_spelling = "storage.resetPartitionsUuidsType"},
};

constexpr Key k_list_file_keys[] = {
    {.name = "packages", .type = &k_package_list_items_type, .documentation = "Packages."},
    {.name = "_comment",
     .type = &k_text_type,
     .documentation = "A comment of the older toolkit.",
     .current_spelling = "a comment that starts with #"},
};

} // namespace

constinit const Type k_preview_feature_type{
    .shape = Shape::word, .title = "a preview feature", .words = k_preview_words};
constinit const Type k_preview_list_type{.shape = Shape::list, .item = &k_preview_feature_type};
constinit const Type k_repositories_type{.shape = Shape::list, .item = &k_repository_mapping};
constinit const Type k_scripts_type{
    .shape = Shape::mapping, .title = "scripts", .keys = k_scripts_keys};
constinit const Type k_checks_type{.shape = Shape::list, .item = &k_check_mapping};
constinit const Type k_image_config_type{
    .shape = Shape::mapping, .title = "an image config", .keys = k_root_keys};
constinit const Type k_package_list_type{
    .shape = Shape::mapping, .title = "a package list", .keys = k_list_file_keys};

} // namespace imagewright::config
