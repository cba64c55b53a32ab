// SPDX-License-Identifier: MIT
#include "system_facts_codec.hpp"

#include <limits>

#include <imagewright/base/error.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::inspect {

namespace {

using sandbox::ByteReader;
using sandbox::ByteWriter;

// Members that are added and not named in the bindings do not compile.

void write(ByteWriter& writer, const BootEntry& entry) {
  const auto& [file, title, kernel, initramfs, command_line] = entry;
  writer.text(file).text(title).text(kernel).text(initramfs).text(command_line);
}

BootEntry read_boot_entry(ByteReader& reader) {
  BootEntry entry;
  entry.file = reader.text();
  entry.title = reader.text();
  entry.kernel = reader.text();
  entry.initramfs = reader.text();
  entry.command_line = reader.text();
  return entry;
}

} // namespace

void write(ByteWriter& writer, const model::Nevra& nevra) {
  const auto& [name, epoch, version, release, architecture] = nevra;
  writer.text(name).number(epoch).text(version).text(release).text(architecture);
}

model::Nevra read_nevra(ByteReader& reader) {
  model::Nevra nevra;
  nevra.name = reader.text();
  const std::uint64_t epoch = reader.number();
  if (epoch > std::numeric_limits<std::uint32_t>::max())
    throw base::BugError("an epoch of a package is beyond its type");
  nevra.epoch = static_cast<std::uint32_t>(epoch);
  nevra.version = reader.text();
  nevra.release = reader.text();
  nevra.architecture = reader.text();
  return nevra;
}

std::string encode(const SystemFacts& facts) {
  const auto& [operating_system, host_name, kernels, efi_programs, boot_entries, selinux_mode,
               selinux_policy, cgroup_version, is_fips, default_target, enabled_units, masked_units,
               packages, source_packages, packages_complaint] = facts;
  ByteWriter writer;
  writer.text(operating_system).text(host_name).texts(kernels).texts(efi_programs);
  writer.number(boot_entries.size());
  for (const BootEntry& entry : boot_entries)
    write(writer, entry);
  writer.text(selinux_mode).text(selinux_policy).text(cgroup_version).number(is_fips ? 1 : 0);
  writer.text(default_target).texts(enabled_units).texts(masked_units);
  writer.number(packages ? 1 : 0);
  if (packages) {
    writer.number(packages->size());
    for (const model::Nevra& nevra : *packages)
      write(writer, nevra);
  }
  writer.text(packages_complaint);
  writer.number(source_packages.size());
  for (const auto& [package, source] : source_packages)
    writer.text(package).text(source);
  return writer.take();
}

SystemFacts decode_system_facts(std::string_view bytes) {
  ByteReader reader(bytes);
  SystemFacts facts;
  facts.operating_system = reader.text();
  facts.host_name = reader.text();
  facts.kernels = reader.texts();
  facts.efi_programs = reader.texts();
  for (std::uint64_t left = reader.number(); left != 0; --left)
    facts.boot_entries.push_back(read_boot_entry(reader));
  facts.selinux_mode = reader.text();
  facts.selinux_policy = reader.text();
  facts.cgroup_version = reader.text();
  facts.is_fips = reader.number() != 0;
  facts.default_target = reader.text();
  facts.enabled_units = reader.texts();
  facts.masked_units = reader.texts();
  if (reader.number() != 0) {
    facts.packages.emplace();
    for (std::uint64_t left = reader.number(); left != 0; --left)
      facts.packages->push_back(read_nevra(reader));
  }
  facts.packages_complaint = reader.text();
  for (std::uint64_t left = reader.number(); left != 0; --left) {
    std::string package = reader.text();
    facts.source_packages.insert_or_assign(std::move(package), reader.text());
  }
  if (!reader.at_end()) throw base::BugError("there is more than the facts of a system");
  return facts;
}

} // namespace imagewright::inspect
