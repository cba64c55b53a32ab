// SPDX-License-Identifier: MIT
#include <array>

#include <imagewright/config/support.hpp>

namespace imagewright::config {

namespace {

using std::string_view;

/// Each with a place in the customizing: a step, the package transaction or the outputs. Tests of
/// the program look at what arrives of them in groups, not at each by itself.
constexpr std::array k_honoured = {
    string_view("architectures"),
    string_view("baseConfigs.path"),
    string_view("checks.command"),
    string_view("checks.expect"),
    string_view("checks.file"),
    string_view("checks.name"),
    string_view("checks.unit"),
    string_view("input.image.path"),
    string_view("os.additionalDirs.childFilePermissions"),
    string_view("os.additionalDirs.destination"),
    string_view("os.additionalDirs.mergedDirPermissions"),
    string_view("os.additionalDirs.newDirPermissions"),
    string_view("os.additionalDirs.source"),
    string_view("os.additionalFiles.content"),
    string_view("os.additionalFiles.destination"),
    string_view("os.additionalFiles.permissions"),
    string_view("os.additionalFiles.source"),
    string_view("os.groups.gid"),
    string_view("os.groups.name"),
    string_view("os.hostname"),
    string_view("os.imageHistory"),
    string_view("os.kernelCommandLine.extraCommandLine"),
    string_view("os.kernelCommandLine.remove"),
    string_view("os.keymap"),
    string_view("os.locale"),
    string_view("os.modules.loadMode"),
    string_view("os.modules.name"),
    string_view("os.modules.options"),
    string_view("os.packages.docs"),
    string_view("os.packages.exclude"),
    string_view("os.packages.install"),
    string_view("os.packages.installLists"),
    string_view("os.packages.languages"),
    string_view("os.packages.recommends"),
    string_view("os.packages.remove"),
    string_view("os.packages.removeLists"),
    string_view("os.packages.snapshotTime"),
    string_view("os.packages.update"),
    string_view("os.packages.updateExistingPackages"),
    string_view("os.packages.updateLists"),
    string_view("os.scriptlets.allowFailure"),
    string_view("os.scriptlets.timeout"),
    string_view("os.selinux.mode"),
    string_view("os.services.disable"),
    string_view("os.services.dropIns.content"),
    string_view("os.services.dropIns.name"),
    string_view("os.services.dropIns.source"),
    string_view("os.services.dropIns.unit"),
    string_view("os.services.enable"),
    string_view("os.services.mask"),
    string_view("os.sysctl"),
    string_view("os.timezone"),
    string_view("os.uki.mode"),
    string_view("os.users.homeDirectory"),
    string_view("os.users.name"),
    string_view("os.users.password.type"),
    string_view("os.users.password.value"),
    string_view("os.users.passwordExpiresDays"),
    string_view("os.users.primaryGroup"),
    string_view("os.users.secondaryGroups"),
    string_view("os.users.sshPublicKeyPaths"),
    string_view("os.users.sshPublicKeys"),
    string_view("os.users.startupCommand"),
    string_view("os.users.uid"),
    string_view("output.image.format"),
    string_view("output.image.path"),
    string_view("output.images.clusterSize"),
    string_view("output.images.compression.algorithm"),
    string_view("output.images.compression.level"),
    string_view("output.images.format"),
    string_view("output.name"),
    string_view("previewFeatures"),
    string_view("release"),
    string_view("repositories.architectures"),
    string_view("repositories.baseUrl"),
    string_view("repositories.cost"),
    string_view("repositories.excludePackages"),
    string_view("repositories.gpgCheck"),
    string_view("repositories.gpgKeys"),
    string_view("repositories.includePackages"),
    string_view("repositories.mirrorList"),
    string_view("repositories.name"),
    string_view("repositories.path"),
    string_view("repositories.priority"),
    string_view("repositories.repoGpgCheck"),
    string_view("roles"),
    string_view("scripts.finalizeCustomization.arguments"),
    string_view("scripts.finalizeCustomization.content"),
    string_view("scripts.finalizeCustomization.environmentVariables"),
    string_view("scripts.finalizeCustomization.interpreter"),
    string_view("scripts.finalizeCustomization.name"),
    string_view("scripts.finalizeCustomization.path"),
    string_view("scripts.network"),
    string_view("scripts.postCustomization.arguments"),
    string_view("scripts.postCustomization.content"),
    string_view("scripts.postCustomization.environmentVariables"),
    string_view("scripts.postCustomization.interpreter"),
    string_view("scripts.postCustomization.name"),
    string_view("scripts.postCustomization.path"),
    string_view("storage.reinitializeVerity"),
};

/// Each with everything below it, and with a row of the table in support.cpp.
constexpr std::array k_refused = {
    string_view("input.image.azureLinux"),
    string_view("input.image.oci"),
    string_view("iso"),
    string_view("os.bootloader.resetType"),
    string_view("os.bootloader.type"),
    string_view("os.cgroup.version"),
    string_view("os.containerImages"),
    string_view("os.fips.mode"),
    string_view("os.kernel.package"),
    string_view("os.kernel.series"),
    string_view("os.machineId.mode"),
    string_view("os.network"),
    string_view("os.overlays"),
    string_view("os.packages.removePackageManager"),
    string_view("os.packages.roles"),
    string_view("output.artifacts"),
    string_view("output.image.cosi"),
    string_view("output.images.platform"),
    string_view("output.selinuxPolicyPath"),
    string_view("pxe"),
    string_view("storage.autoSize"),
    string_view("storage.bootType"),
    string_view("storage.disks"),
    string_view("storage.filesystems"),
    string_view("storage.freeSpace"),
    string_view("storage.resetPartitionsUuidsType"),
    string_view("storage.verity"),
};

} // namespace

std::span<const std::string_view> honoured_by_customizing() {
  return k_honoured;
}

std::span<const std::string_view> refused_by_customizing() {
  return k_refused;
}

} // namespace imagewright::config
