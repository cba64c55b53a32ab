// SPDX-License-Identifier: MIT
#include "question_codec.hpp"

#include <map>
#include <utility>

#include <imagewright/base/error.hpp>

namespace imagewright::pipeline {

void write(sandbox::ByteWriter& writer, const plan::PlanOptions& options) {
  // A member that is added has to be thought about here, as in the other functions.
  const auto& [config, architectures, release, repositories, key_files, formats,
               release_directories] = options;
  writer.text(config.string());
  writer.texts(architectures);
  writer.text(release).number(repositories.size());
  for (const auto& [name, address] : repositories)
    writer.text(name).text(address);
  writer.number(key_files.size());
  for (const std::filesystem::path& file : key_files)
    writer.text(file.string());
  writer.number(formats.size());
  for (const model::ImageFormat format : formats)
    writer.text(model::to_string(format));
  writer.number(release_directories.size());
  for (const std::filesystem::path& directory : release_directories)
    writer.text(directory.string());
}

plan::PlanOptions read_plan_options(sandbox::ByteReader& reader) {
  plan::PlanOptions options;
  options.config = reader.text();
  options.architectures = reader.texts();
  options.release = reader.text();
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    std::string name = reader.text();
    options.repositories.push_back({std::move(name), reader.text()});
  }
  for (std::uint64_t count = reader.number(); count != 0; --count)
    options.key_files.emplace_back(reader.text());
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    const auto format = model::find_image_format(reader.text());
    IMAGEWRIGHT_ASSERT(format);
    options.formats.push_back(*format);
  }
  for (std::uint64_t count = reader.number(); count != 0; --count)
    options.release_directories.emplace_back(reader.text());
  return options;
}

void write(sandbox::ByteWriter& writer, const FetchedPackages& fetched) {
  const auto& [packages, keys] = fetched;
  writer.number(packages.files.size());
  for (const auto& [package, path] : packages.files)
    writer.text(package.nevra.to_string()).text(package.repository).text(path.string());
  writer.number(keys.size());
  for (const auto& [repository, texts, fingerprints] : keys) {
    writer.text(repository).texts(texts).texts(fingerprints);
  }
}

FetchedPackages read_fetched(sandbox::ByteReader& reader, const model::ArchitectureLock& lock) {
  std::map<std::pair<std::string, std::string>, const model::LockedPackage*> locked;
  for (const model::LockedPackage& package : lock.packages)
    locked[{package.nevra.to_string(), package.repository}] = &package;
  FetchedPackages fetched;
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    std::string nevra = reader.text();
    std::string repository = reader.text();
    const auto found = locked.find({std::move(nevra), std::move(repository)});
    IMAGEWRIGHT_ASSERT(found != locked.end());
    fetched.packages.files.push_back({*found->second, reader.text()});
  }
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    repo::RepositoryKeys keys{.repository = reader.text(), .keys = {}, .fingerprints = {}};
    keys.keys = reader.texts();
    keys.fingerprints = reader.texts();
    fetched.keys.push_back(std::move(keys));
  }
  return fetched;
}

void write(sandbox::ByteWriter& writer, const std::optional<sandbox::Emulator>& emulator) {
  writer.flag(emulator.has_value());
  if (!emulator) return;
  const auto& [program, magic, mask, chosen_inside] = *emulator;
  static_cast<void>(chosen_inside);
  writer.text(program.string()).text(magic).text(mask);
}

std::optional<sandbox::Emulator> read_emulator(sandbox::ByteReader& reader) {
  if (!reader.flag()) return std::nullopt;
  sandbox::Emulator emulator;
  emulator.program = reader.text();
  emulator.magic = reader.text();
  emulator.mask = reader.text();
  return emulator;
}

} // namespace imagewright::pipeline
