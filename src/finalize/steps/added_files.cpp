// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/digest.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>

#include "../boot_paths.hpp"
#include "../given_files.hpp"
#include "../steps.hpp"
#include "../unpacked_archive.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::vector<model::AdditionalFile>& files;
  const model::ScriptsConfig& scripts;
  const std::string& database;
  const model::DiskLayout& layout;
  const FinalizeServices& services;
};

mode_t permissions_of(const model::AdditionalFile& file) {
  if (file.permissions) return *file.permissions;
  const auto* source = std::get_if<std::filesystem::path>(&file.content);
  if (source == nullptr) return 0644;
  return static_cast<mode_t>(std::filesystem::status(*source).permissions()) & 0777U;
}

/// FAT knows no case: a second file of the config would take the place of the first.
void refuse_twin(const std::vector<GivenFile>& given, const std::string& destination,
                 const model::AdditionalFile& file) {
  if (destination == file.destination) return;
  const auto twin = std::ranges::find(given, destination, &GivenFile::path);
  if (twin == given.end()) return;
  throw base::Error(base::FailureKind::input,
                    {.code = "finalize.file-overwritten",
                     .message = base::quoted(file.destination) + " and " +
                                base::quoted(destination) + " are one file on FAT",
                     .where = file.where,
                     .related = {{twin->where, "the other one stands here"}},
                     .hint = "give one of them another name"});
}

/// What a file of the host holds never stands in memory as a whole.
void write_content(const fs::RootDir& files, const std::string& destination,
                   const model::AdditionalFile& file) {
  if (const auto* text = std::get_if<std::string>(&file.content)) {
    files.write(destination, *text, permissions_of(file));
    return;
  }
  const auto& source = std::get<std::filesystem::path>(file.content);
  const fs::UniqueFd opened = fs::open_for_reading(source);
  files.write_copy(destination, fs::whole_of(opened, source.string()), permissions_of(file));
}

/// A file that has to have a digest, as a copy of our own: what was looked at is what comes into
/// the image, whatever becomes of the file.
class CheckedCopy {
public:
  CheckedCopy(const root::WorkRoot& root, const model::AdditionalFile& file)
      : directory_(root.files().host_path().parent_path(), ".checking-"), file_(file) {
    const auto& source = std::get<std::filesystem::path>(file.content);
    const std::filesystem::path copy = directory_.path() / "file";
    std::error_code error;
    if (!std::filesystem::copy_file(source, copy, error))
      base::throw_system_error("fs.cannot-read", "cannot read", source.string(), error.value());
    const auto actual = fs::digest_of_file(copy, base::DigestAlgorithm::sha256);
    if (actual != file.wanted->digest) refuse(source, actual);
    if (!file.unpacking) file_.permissions = permissions_of(file);
    file_.content = copy;
  }

  const model::AdditionalFile& file() const { return file_; }

private:
  [[noreturn]] void refuse(const std::filesystem::path& source, const base::Digest& actual) const {
    throw base::Error(base::FailureKind::input,
                      {.code = "config.file-checksum",
                       .message = "the file " + base::quoted(source.string()) +
                                  " is not the one that \"sha256\" names any more: its digest is " +
                                  actual.hex,
                       .where = file_.wanted->where,
                       .hint = "find out who changes it while images are made"});
  }

  fs::TemporaryDirectory directory_;
  model::AdditionalFile file_;
};

std::string write_file(root::WorkRoot& root, const model::AdditionalFile& file,
                       const std::vector<GivenFile>& given) {
  std::string destination = name_on_esp(root.files(), file.destination);
  refuse_twin(given, destination, file);
  write_content(root.files(), destination, file);
  root.own(destination, 0, 0);
  return destination;
}

/// Gives the paths that it has in the image.
std::vector<std::string> put_into(root::WorkRoot& root, const model::AdditionalFile& file,
                                  const Input& input, const std::vector<GivenFile>& given) {
  if (file.unpacking) return unpack_archive(root, file, input.services.cancellation);
  return {write_file(root, file, given)};
}

StepYield add_files(const Input& input, root::WorkRoot& root) {
  StepYield yield;
  for (const auto& file : input.files) {
    const std::vector<std::string> paths =
        at_place_of(file.where, [&]() -> std::vector<std::string> {
          if (!file.wanted) return put_into(root, file, input, yield.given_files);
          return put_into(root, CheckedCopy(root, file).file(), input, yield.given_files);
        });
    for (const std::string& path : paths) {
      require_kept(root.files(), {path, file.where}, input.scripts);
      require_no_database(root.files(), {path, file.where}, input.database);
      yield.given_files.push_back({path, file.where});
    }
    if (!file.permissions || file.unpacking) continue;
    yield.add({.warnings = warn_of_lost_permissions(root.files(), input.layout,
                                                    {paths.front(), file.where})});
  }
  return yield;
}

} // namespace

constinit const Step added_files{
    "added-files", AppliesTo::both,
    k_run<add_files, &model::OsConfig::additional_files, &FinalizePlan::scripts,
          &FinalizePlan::rpm_database_path, &FinalizePlan::layout, services>};

} // namespace imagewright::finalize::steps
