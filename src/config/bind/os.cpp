// SPDX-License-Identifier: MIT
#include "config/bind/bind.hpp"
#include "config/values.hpp"

namespace imagewright::config {

namespace {

model::PackagesConfig bind_packages_section(const Reader& reader) {
  model::PackagesConfig packages;
  packages.install = bind_packages(reader, "install", "os.packages.install");
  packages.remove = bind_packages(reader, "remove", "os.packages.remove");
  packages.update = bind_packages(reader, "update", "os.packages.update");
  packages.exclude = reader.texts("exclude");
  packages.roles = reader.texts("roles");
  if (reader.is_true("updateExistingPackages"))
    packages.update_existing = reader.find_value("updateExistingPackages")->where;
  if (reader.is_true("removePackageManager"))
    packages.remove_package_manager = reader.find_value("removePackageManager")->where;
  if (const auto time = reader.text("snapshotTime")) {
    if (const auto epoch = parse_time(time->text)) packages.snapshot_time = {*epoch, time->where};
  }
  if (reader.is_true("recommends")) packages.recommends = model::Inclusion::included;
  const auto docs = reader.boolean("docs");
  if (docs && !docs->value) packages.documentation = model::Inclusion::left_out;
  if (reader.find_value("languages") != nullptr)
    packages.languages = reader.plain_texts("languages");
  for (const Reader& each : reader.mappings("stored")) {
    packages.stored.push_back(
        {.packages = bind_packages(each, "packages", "os.packages.stored"),
         .directory = each.text("directory").value_or(model::LocatedText{"", each.where()})});
  }
  return packages;
}

model::ServicesConfig bind_services(const Reader& reader) {
  model::ServicesConfig services;
  services.enable = reader.texts("enable");
  services.disable = reader.texts("disable");
  services.mask = reader.texts("mask");
  for (const Reader& each : reader.mappings("dropIns")) {
    model::UnitDropIn drop_in{
        .unit = each.text_or("unit", ""), .name = each.text_or("name", ""), .where = each.where()};
    if (!drop_in.name.ends_with(".conf")) drop_in.name += ".conf";
    const auto content = each.text("content");
    drop_in.content = content ? content->text : "";
    drop_in.content_where = content ? content->where : each.where();
    if (auto source = each.located_path("source")) {
      drop_in.content = std::move(source->value);
      drop_in.content_where = std::move(source->where);
    }
    services.drop_ins.push_back(std::move(drop_in));
  }
  return services;
}

model::ModuleConfig bind_module(const Reader& reader) {
  model::ModuleConfig module;
  module.name = reader.text("name").value_or(model::LocatedText{"", reader.where()});
  if (const auto mode = reader.word<model::ModuleLoadMode>("loadMode"))
    module.load_mode = mode->value;
  module.options = reader.plain_text_map("options");
  module.where = reader.where();
  return module;
}

model::OverlayConfig bind_overlay(const Reader& reader) {
  model::OverlayConfig overlay;
  overlay.lower_directories = reader.plain_texts("lowerDirs");
  if (const auto lower = reader.text("lowerDir")) overlay.lower_directories.push_back(lower->text);
  const auto text = [&](std::string_view name) {
    return reader.text(name).value_or(model::LocatedText{"", reader.where()});
  };
  overlay.upper_directory = text("upperDir");
  overlay.work_directory = text("workDir");
  overlay.mount_point = text("mountPoint");
  const bool is_early = reader.is_true("isInitrdOverlay") || reader.is_true("isRootfsOverlay");
  if (is_early) overlay.stage = model::OverlayStage::initrd;
  overlay.mount_dependencies = reader.plain_texts("mountDependencies");
  overlay.mount_options = reader.text_or("mountOptions", "");
  overlay.where = reader.where();
  return overlay;
}

/// The one word of a mapping such as `cgroup: {version: v2}`.
template <typename Enum>
std::optional<model::Located<Enum>> bind_single_word(const Reader& os, std::string_view section,
                                                     std::string_view name) {
  const auto reader = os.mapping(section);
  return reader ? reader->word<Enum>(name) : std::nullopt;
}

/// The modes of `os`, added to what is bound already.
model::OsConfig with_modes(model::OsConfig os, const Reader& reader) {
  os.cgroup_version = bind_single_word<model::CgroupVersion>(reader, "cgroup", "version");
  os.fips_mode = bind_single_word<model::FipsMode>(reader, "fips", "mode");
  os.selinux_mode = bind_single_word<model::SelinuxMode>(reader, "selinux", "mode");
  os.machine_id = bind_single_word<model::MachineIdMode>(reader, "machineId", "mode");
  os.image_history = reader.word<model::ImageHistory>("imageHistory");
  os.uki_mode = bind_single_word<model::UkiMode>(reader, "uki", "mode");
  if (const auto uki = reader.mapping("uki");
      uki && uki->find_value("kernels") != nullptr && !os.uki_mode) {
    os.uki_mode = {model::UkiMode::create, uki->find_value("kernels")->where};
  }
  if (const yaml::Node* old_reset = reader.find_value("resetBootLoaderType"))
    os.bootloader_reset = old_reset->where;
  if (const auto bootloader = reader.mapping("bootloader")) {
    if (const yaml::Node* reset = bootloader->find_value("resetType"))
      os.bootloader_reset = reset->where;
    os.boot_loader = bootloader->text("type");
  }
  return os;
}

} // namespace

std::vector<model::LocatedText> bind_kernel_command_line(const Reader& owner) {
  const auto reader = owner.mapping("kernelCommandLine");
  return reader ? reader->texts("extraCommandLine") : std::vector<model::LocatedText>();
}

std::vector<model::PackageRequest> bind_packages(const Reader& owner, std::string_view name,
                                                 std::string_view origin) {
  std::vector<model::PackageRequest> requests;
  for (model::LocatedText& each : owner.texts(name)) {
    requests.push_back({std::move(each.text), std::move(each.where), std::string(origin)});
  }
  return requests;
}

model::OsConfig bind_os(const Reader& reader) {
  model::OsConfig os;
  os.is_present = true;
  os.where = reader.where();
  os.hostname = reader.text("hostname");
  os.locale = reader.text("locale");
  os.timezone = reader.text("timezone");
  os.keymap = reader.text("keymap");
  if (const auto identity = reader.mapping("identity")) {
    os.identity = {.variant_id = identity->text("variantId"),
                   .variant = identity->text("variant"),
                   .image_id = identity->text("imageId"),
                   .image_version = identity->text("imageVersion")};
  }
  if (const auto packages = reader.mapping("packages"))
    os.packages = bind_packages_section(*packages);
  if (const auto kernel = reader.mapping("kernel")) {
    os.kernel.package = kernel->text("package");
    os.kernel.series = kernel->text("series");
  }
  os = with_modes(std::move(os), reader);
  os.kernel_command_line = bind_kernel_command_line(reader);
  if (const auto line = reader.mapping("kernelCommandLine"))
    os.removed_kernel_arguments = line->texts("remove");
  if (const auto network = reader.mapping("network")) os.network = bind_network(*network);
  os.additional_files = bind_additional_files(reader);
  os.additional_directories = bind_additional_directories(reader);
  os.edits = bind_edits(reader);
  os.groups = bind_groups(reader);
  os.users = bind_users(reader);
  if (const auto services = reader.mapping("services")) os.services = bind_services(*services);
  for (const Reader& each : reader.mappings("modules"))
    os.modules.push_back(bind_module(each));
  for (const Reader& each : reader.mappings("overlays"))
    os.overlays.push_back(bind_overlay(each));
  os.container_images = bind_container_images(reader);
  os.sysctl = reader.text_map("sysctl");
  if (const auto scriptlets = reader.mapping("scriptlets")) {
    os.scriptlets.allow_failure = scriptlets->texts("allowFailure");
    if (const auto timeout = scriptlets->integer("timeout")) {
      os.scriptlets.timeout = {std::chrono::seconds(timeout->value), timeout->where};
    }
  }
  return os;
}

} // namespace imagewright::config
