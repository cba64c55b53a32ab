// SPDX-License-Identifier: MIT
#include "machine_codec.hpp"

#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/install/nevra_codec.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/tree/possible_tree.hpp>

#include "question_codec.hpp"

namespace imagewright::pipeline {

namespace {

using sandbox::ByteReader;
using sandbox::ByteWriter;

/// Whoever repeats a build knows no question that a lock was the answer to; nobody asks for it
/// inside, where a lock without one would be a damaged one.
std::string text_of(model::ArchitectureLock lock) {
  if (lock.request.hex.empty()) lock.request = base::digest_of("");
  return lock::to_text({.architectures = {lock}});
}

model::ArchitectureLock read_lock(ByteReader& reader) {
  return lock::parse(reader.text(), "the lock").architectures.at(0);
}

void write(ByteWriter& writer, const NativeTools& tools) {
  const auto& [lock, epoch, fetched] = tools;
  writer.text(text_of(lock)).time(epoch);
  write(writer, fetched);
}

NativeTools read_tools(ByteReader& reader) {
  NativeTools tools;
  tools.lock = read_lock(reader);
  tools.epoch = reader.time();
  tools.fetched = read_fetched(reader, tools.lock);
  return tools;
}

void write(ByteWriter& writer, const model::SealedRoot& root) {
  const auto& [path, packages, kernels, command_line, patches, command_line_files, script_files] =
      root;
  writer.number(packages.size());
  for (const model::Nevra& package : packages)
    install::write_nevra(writer, package);
  writer.number(kernels.size());
  for (const auto& [release, image, initramfs] : kernels)
    writer.text(release).text(image).text(initramfs);
  writer.text(command_line).number(patches.size());
  for (const auto& [offset, content] : patches)
    writer.number(offset.bytes()).text(content);
  writer.texts(command_line_files).number(script_files.size());
  for (const auto& [name, content] : script_files)
    writer.text(name).text(content);
}

model::SealedRoot read_sealed_root(ByteReader& reader) {
  model::SealedRoot root;
  for (std::uint64_t count = reader.number(); count != 0; --count)
    root.packages.push_back(install::read_nevra(reader));
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    model::InstalledKernel kernel;
    kernel.release = reader.text();
    kernel.image = reader.text();
    kernel.initramfs = reader.text();
    root.kernels.push_back(std::move(kernel));
  }
  root.kernel_command_line = reader.text();
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    const base::ByteSize offset(reader.number());
    root.disk_patches.push_back({offset, reader.text()});
  }
  root.command_line_files = reader.texts();
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    std::string name = reader.text();
    // It becomes part of a file's name outside.
    const bool is_plain = !name.empty() && name.find('/') == std::string::npos &&
                          name.find('\0') == std::string::npos;
    if (!is_plain) throw base::BugError("a file that a script left has an impossible name");
    root.script_files.push_back({std::move(name), reader.text()});
  }
  return root;
}

void write(ByteWriter& writer, const tree::Inode& inode) {
  const auto& [type, permissions, owner, group, modified, modified_nanoseconds, flags, device,
               target, attributes, size, stored_size, holes, content, name_count, late_places,
               inode_text, distant] = inode;
  writer.number(static_cast<std::uint64_t>(type)).number(permissions).number(owner).number(group);
  writer.time(modified).number(modified_nanoseconds).number(flags);
  writer.number(device.major).number(device.minor).text(target);
  writer.number(attributes.size());
  for (const auto& [name, value] : attributes)
    writer.text(name).text(value);
  writer.number(size).number(stored_size).number(static_cast<std::uint64_t>(holes));
  writer.text(content).number(name_count).number(late_places.size());
  for (const auto& [offset, name, text] : late_places)
    writer.number(offset).text(name).text(text);
  writer.text(inode_text);
  // What is composed has no base.
  IMAGEWRIGHT_ASSERT(!distant);
}

fs::FileType read_type(ByteReader& reader) {
  const std::uint64_t number = reader.number();
  IMAGEWRIGHT_ASSERT(number <= static_cast<std::uint64_t>(fs::FileType::socket));
  return static_cast<fs::FileType>(number);
}

tree::Inode read_inode(ByteReader& reader) {
  tree::Inode inode;
  inode.type = read_type(reader);
  inode.permissions = static_cast<mode_t>(reader.number());
  inode.owner = static_cast<uid_t>(reader.number());
  inode.group = static_cast<gid_t>(reader.number());
  inode.modified = reader.time();
  inode.modified_nanoseconds = static_cast<std::uint32_t>(reader.number());
  inode.flags = static_cast<std::uint32_t>(reader.number());
  inode.device.major = static_cast<std::uint32_t>(reader.number());
  inode.device.minor = static_cast<std::uint32_t>(reader.number());
  inode.target = reader.text();
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    std::string name = reader.text();
    inode.attributes.push_back({std::move(name), reader.text()});
  }
  inode.size = reader.number();
  inode.stored_size = reader.number();
  const std::uint64_t holes = reader.number();
  IMAGEWRIGHT_ASSERT(holes <= static_cast<std::uint64_t>(tree::Holes::as_stored));
  inode.holes = static_cast<tree::Holes>(holes);
  inode.content = reader.text();
  inode.name_count = static_cast<std::uint32_t>(reader.number());
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    tree::LatePlace place;
    place.offset = reader.number();
    place.name = reader.text();
    place.text = reader.text();
    inode.late_places.push_back(std::move(place));
  }
  inode.text = reader.text();
  return inode;
}

void write(ByteWriter& writer, const tree::RootTree& tree) {
  const auto& [host_path, inodes, entries, distant] = tree;
  writer.number(inodes.size());
  for (const tree::Inode& inode : inodes)
    write(writer, inode);
  writer.number(entries.size());
  for (const auto& [path, inode] : entries)
    writer.text(path).number(inode);
}

tree::RootTree read_tree(ByteReader& reader) {
  tree::RootTree tree;
  for (std::uint64_t count = reader.number(); count != 0; --count)
    tree.inodes.push_back(read_inode(reader));
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    std::string path = reader.text();
    const std::uint64_t inode = reader.number();
    IMAGEWRIGHT_ASSERT(inode < tree.inodes.size());
    tree.entries.push_back({std::move(path), static_cast<std::size_t>(inode)});
  }
  return tree;
}

void write(ByteWriter& writer, const std::vector<model::ScriptletRun>& runs) {
  writer.number(runs.size());
  for (const auto& [package, scriptlet, duration, emulated, native] : runs) {
    writer.text(package).text(scriptlet).number(static_cast<std::uint64_t>(duration.count()));
    writer.number(emulated).number(native);
  }
}

std::vector<model::ScriptletRun> read_runs(ByteReader& reader) {
  std::vector<model::ScriptletRun> runs;
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    model::ScriptletRun run;
    run.package = reader.text();
    run.scriptlet = reader.text();
    run.duration = std::chrono::milliseconds(static_cast<std::int64_t>(reader.number()));
    run.emulated_programs = reader.number();
    run.native_programs = reader.number();
    runs.push_back(std::move(run));
  }
  return runs;
}

void write(ByteWriter& writer, const std::vector<EmulatedRun>& runs) {
  writer.number(runs.size());
  for (const auto& [what, starts, duration] : runs) {
    writer.text(what).number(starts.emulated).number(starts.native);
    writer.number(static_cast<std::uint64_t>(duration.count()));
  }
}

std::vector<EmulatedRun> read_emulated_runs(ByteReader& reader) {
  std::vector<EmulatedRun> runs;
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    EmulatedRun run;
    run.what = reader.text();
    run.starts.emulated = reader.number();
    run.starts.native = reader.number();
    run.duration = std::chrono::milliseconds(static_cast<std::int64_t>(reader.number()));
    runs.push_back(std::move(run));
  }
  return runs;
}

} // namespace

std::string encode(const MachineQuestion& question) {
  const auto& [working_directory, plan, lock, epoch, fetched, remote_files, tool_version,
               log_directory, thread_count, emulator, native_tools] = question;
  ByteWriter writer;
  writer.text(working_directory);
  write(writer, plan);
  writer.text(text_of(lock)).time(epoch);
  write(writer, fetched);
  writer.texts(remote_files);
  writer.text(tool_version).text(log_directory).number(thread_count);
  write(writer, emulator);
  writer.flag(native_tools.has_value());
  if (native_tools) write(writer, *native_tools);
  return writer.take();
}

MachineQuestion decode_question(std::string_view bytes) {
  ByteReader reader(bytes);
  MachineQuestion question;
  question.working_directory = reader.text();
  question.plan = read_plan_options(reader);
  question.lock = read_lock(reader);
  question.epoch = reader.time();
  question.fetched = read_fetched(reader, question.lock);
  question.remote_files = reader.texts();
  question.tool_version = reader.text();
  question.log_directory = reader.text();
  question.thread_count = static_cast<unsigned>(reader.number());
  question.emulator = read_emulator(reader);
  if (reader.flag()) question.native_tools = read_tools(reader);
  return question;
}

std::string encode(const ComposedRoot& root) {
  const auto& [sealed, scriptlets, emulation, known_outside] = root;
  static_cast<void>(known_outside);
  ByteWriter writer;
  write(writer, sealed.root);
  write(writer, sealed.tree);
  write(writer, scriptlets);
  write(writer, emulation.runs);
  return writer.take();
}

ComposedRoot decode_composed_root(std::string_view bytes) {
  ByteReader reader(bytes);
  ComposedRoot root;
  root.sealed.root = read_sealed_root(reader);
  root.sealed.tree = read_tree(reader);
  root.scriptlets = read_runs(reader);
  root.emulation.runs = read_emulated_runs(reader);
  if (!reader.at_end()) throw base::BugError("there is more than a root");
  tree::require_possible(root.sealed.tree);
  return root;
}

} // namespace imagewright::pipeline
