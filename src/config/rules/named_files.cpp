// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>
#include <vector>

#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/digest.hpp>
#include <imagewright/fs/file.hpp>

#include "config/rules/credentials.hpp"
#include "config/rules/rules.hpp"

namespace imagewright::config {

namespace {

namespace fs = std::filesystem;

constexpr const char* k_check_path = "check the path; it starts at the directory of this file";
constexpr std::string_view k_added_file = "the file";

/// What is in the directory of a file that is not there.
std::vector<std::string> names_beside(const fs::path& path) {
  constexpr std::size_t most = 1000;
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(path.parent_path(), error), end;
       !error && entry != end && names.size() < most; entry.increment(error))
    names.push_back(entry->path().filename().string());
  return names;
}

class FileRules {
public:
  base::Diagnostics check(const model::ImageConfig& own) {
    if (own.input.image)
      expect_file(own.input.image->value, "the input image", own.input.image->where);
    check_os(own.os);
    for (const auto& medium : {own.iso, own.pxe}) {
      if (medium) check_files(medium->additional_files);
    }
    check_scripts(own.scripts.post_customization);
    check_scripts(own.scripts.finalize_customization);
    check_outputs(own.output);
    return diagnostics_;
  }

private:
  void report(std::string message, const base::SourceLocation& where) {
    diagnostics_.error("config.missing-file", std::move(message), where, k_check_path);
  }

  void expect_readable(const fs::path& path, std::string_view what,
                       const base::SourceLocation& where) {
    if (::access(path.c_str(), R_OK) == 0) return;
    diagnostics_.error("config.missing-file",
                       fmt::format("{} {} cannot be read: {}", what, base::quoted(path.string()),
                                   std::generic_category().message(errno)),
                       where, how_to_make_readable(path));
  }

  void expect_file(const fs::path& path, std::string_view what, const base::SourceLocation& where) {
    std::error_code ignored;
    const fs::file_status status = fs::status(path, ignored);
    if (!fs::exists(status)) {
      const std::string near = base::did_you_mean(path.filename().string(), names_beside(path));
      diagnostics_.error("config.missing-file",
                         fmt::format("{} {} does not exist", what, base::quoted(path.string())),
                         where, near.empty() ? k_check_path : near);
    } else if (!fs::is_regular_file(status)) {
      diagnostics_.error(
          "config.missing-file",
          fmt::format("{} {} is not a file", what, base::quoted(path.string())), where,
          !fs::is_directory(status) ? "give a file, relative to the directory of this one"
          : what == k_added_file    ? "name a file of it; os.additionalDirs takes directories"
                                    : "name a file of it");
    } else {
      expect_readable(path, what, where);
    }
  }

  void check_key_file(const fs::path& path, const base::SourceLocation& where) {
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored) || ::access(path.c_str(), R_OK) != 0) return;
    try {
      const std::string text = imagewright::fs::read_file(path, base::ByteSize::mib(1));
      diagnostics_.append(check_public_key_file(text, where, path.string()));
    } catch (const base::Error& error) {
      report(error.diagnostic().message, where);
    }
  }

  void expect_directory(const fs::path& path, const base::SourceLocation& where) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored))
      report(fmt::format("there is no directory {}", base::quoted(path.string())), where);
  }

  void check_files(const std::vector<model::AdditionalFile>& files) {
    for (const model::AdditionalFile& file : files) {
      const auto* source = std::get_if<fs::path>(&file.content);
      if (source == nullptr) continue;
      expect_file(*source, k_added_file, file.content_where);
      check_public_place(*source, file.destination, file.content_where);
      if (file.wanted) check_digest(*source, *file.wanted);
    }
  }

  /// Asked again of what comes into the image: it may be another file by then.
  void check_digest(const fs::path& path, const model::WantedDigest& wanted) {
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored) || ::access(path.c_str(), R_OK) != 0) return;
    try {
      const base::Digest actual =
          imagewright::fs::digest_of_file(path, base::DigestAlgorithm::sha256);
      if (actual == wanted.digest) return;
      diagnostics_.error("config.file-checksum",
                         fmt::format("the file {} is not the one that \"sha256\" names: its digest "
                                     "is {}",
                                     base::quoted(path.string()), actual.hex),
                         wanted.where,
                         "find out why it is another; when that is right, correct "
                         "\"sha256\"");
    } catch (const base::Error& error) {
      report(error.diagnostic().message, wanted.where);
    }
  }

  /// A file that is too large for a key is none.
  void check_public_place(const fs::path& path, const std::string& destination,
                          const base::SourceLocation& where) {
    constexpr base::ByteSize largest = base::ByteSize::mib(16);
    std::error_code ignored;
    if (!is_place_of_public_keys(destination) || !fs::is_regular_file(path, ignored)) return;
    if (fs::file_size(path, ignored) > largest.bytes() || ::access(path.c_str(), R_OK) != 0) return;
    try {
      const std::string text = imagewright::fs::read_file(path, largest);
      diagnostics_.append(check_file_in_public_place(text, where, destination));
    } catch (const base::Error& error) {
      report(error.diagnostic().message, where);
    }
  }

  void check_directory(const model::AdditionalDirectory& directory) {
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::recursive_directory_iterator entry(directory.source, error), end;
         !error && entry != end; entry.increment(error)) {
      std::error_code ignored;
      if (entry->is_regular_file(ignored)) files.push_back(entry->path());
    }
    std::ranges::sort(files);
    for (const fs::path& file : files) {
      expect_readable(file, k_added_file, directory.source_where);
      const fs::path below = file.lexically_relative(directory.source);
      check_public_place(file, (fs::path(directory.destination) / below).string(),
                         directory.source_where);
    }
  }

  void check_os(const model::OsConfig& os) {
    check_files(os.additional_files);
    for (const model::AdditionalDirectory& directory : os.additional_directories) {
      if (directory.source.empty()) continue;

      expect_directory(directory.source, directory.source_where);
      check_directory(directory);
    }

    for (const model::UserConfig& user : os.users) {
      for (const auto& [path, where] : user.ssh_public_key_files) {
        expect_file(path, "the key file", where);
        check_key_file(path, where);
      }
      if (user.password && !user.password->file.empty())
        expect_file(user.password->file, "the password file", user.password->value_where);
    }
    for (const model::UnitDropIn& drop_in : os.services.drop_ins) {
      if (const auto* source = std::get_if<fs::path>(&drop_in.content))
        expect_file(*source, k_added_file, drop_in.content_where);
    }
  }

  void check_scripts(const std::vector<model::ScriptConfig>& scripts) {
    for (const model::ScriptConfig& script : scripts) {
      if (!script.path.empty())
        expect_file(script.directory / script.path, "the script", script.path_where);
    }
  }

  void check_outputs(const model::OutputConfig& output) {
    std::error_code ignored;
    const bool wants_directory =
        !output.images.empty() && output.images.front().format == model::OutputFormat::pxe_dir;
    if (output.image_path && !wants_directory &&
        fs::is_directory(output.image_path->value, ignored)) {
      report(fmt::format("the output {} is a directory",
                         base::quoted(output.image_path->value.string())),
             output.image_path->where);
    }
    if (output.selinux_policy_path &&
        fs::is_regular_file(output.selinux_policy_path->value, ignored)) {
      report(fmt::format("{} is a file, not a directory",
                         base::quoted(output.selinux_policy_path->value.string())),
             output.selinux_policy_path->where);
    }
  }

  base::Diagnostics diagnostics_;
};

} // namespace

base::Diagnostics check_named_files(const model::ImageConfig& own) {
  return FileRules().check(own);
}

} // namespace imagewright::config
