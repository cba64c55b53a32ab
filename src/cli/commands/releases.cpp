// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/config/load.hpp>
#include <imagewright/json/value.hpp>

#include "../command.hpp"
#include "../data_directories.hpp"

namespace imagewright::cli {

namespace {

/// A release profile that a config may name.
struct KnownRelease {
  std::string name;
  std::string title;
  std::vector<std::string> architectures;
  std::filesystem::path file;
};

/// As a config in the current directory would look for them, nearest first.
std::vector<std::filesystem::path> places(const Invocation& invocation) {
  std::vector<std::filesystem::path> directories =
      config::directories_above(std::filesystem::current_path(), "releases");
  for (const auto& directory : installed_directories(invocation, "releases"))
    directories.push_back(directory);
  return directories;
}

std::vector<std::filesystem::path> profiles_in(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  std::error_code error; // a place that is not there, or not for us, has none
  for (std::filesystem::directory_iterator entry(directory, error), end; entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".yaml") files.push_back(entry->path());
  }
  std::ranges::sort(files);
  return files;
}

/// The first place that has a name counts, as for a build.
std::vector<KnownRelease> known_releases(const CommandContext& context) {
  std::vector<KnownRelease> releases;
  std::set<std::string> seen; // also those that are broken: they hide the farther ones, too
  for (const auto& directory : places(context.invocation)) {
    for (const std::filesystem::path& file : profiles_in(directory)) {
      const std::string name = file.stem().string();
      if (!seen.insert(name).second) continue;
      try {
        const auto loaded = config::load_release_profile(file);
        releases.push_back({name, loaded.profile.title, loaded.profile.architectures, file});
      } catch (const base::InputError& error) {
        context.console.show(error.diagnostics());
      }
    }
  }
  std::ranges::sort(releases, {}, &KnownRelease::name);
  return releases;
}

std::string to_text(const std::vector<KnownRelease>& releases) {
  std::size_t name_width = 0;
  std::size_t title_width = 0;
  for (const KnownRelease& release : releases) {
    name_width = std::max(name_width, release.name.size());
    title_width = std::max(title_width, release.title.size());
  }
  std::string text;
  for (const KnownRelease& release : releases) {
    text += fmt::format("{:<{}}  {:<{}}  {}\n", release.name, name_width, release.title,
                        title_width, release.file.string());
  }
  return text;
}

json::Value to_json(const std::vector<KnownRelease>& releases) {
  json::Array array;
  for (const KnownRelease& release : releases) {
    json::Array architectures;
    for (const std::string& architecture : release.architectures)
      architectures.emplace_back(architecture);
    array.push_back(json::Object{{"name", release.name},
                                 {"title", release.title},
                                 {"architectures", architectures},
                                 {"file", release.file.string()}});
  }
  return array;
}

ExitCode run_releases(OutputStyle style, const CommandContext& context) {
  const std::vector<KnownRelease> releases = known_releases(context);
  if (releases.empty()) {
    std::string looked;
    for (const auto& directory : installed_directories(context.invocation, "releases"))
      looked += (looked.empty() ? "" : ", ") + directory.string();
    throw base::Error(base::FailureKind::input, "cli.no-releases",
                      "no release profile was found in a releases directory here or above, or in " +
                          looked,
                      "install the program with its data, or name the directory that holds "
                      "\"releases\" in IMAGEWRIGHT_DATA");
  }
  context.console.print(style == OutputStyle::json ? json::to_text(to_json(releases))
                                                   : to_text(releases));
  return ExitCode::done;
}

} // namespace

Command releases_command() {
  const auto is_json = std::make_shared<bool>(false);
  Command command{.name = "releases",
                  .summary = "The release profiles that are known, and where each comes from"};
  command.arguments = {json_argument(*is_json, "Print a list with one object for each profile")};
  command.notes =
      "A config names a release by the name of its profile. It is looked for in a directory "
      "\"releases\" beside the config and in each directory above it, then in "
      "../share/imagewright/releases from the program, then in $IMAGEWRIGHT_DATA/releases. This "
      "lists what a config in the current directory finds.";
  command.examples = {{"imagewright releases", "What \"release:\" of a config may say"},
                      {"IMAGEWRIGHT_DATA=/srv/imagewright imagewright releases --json",
                       "With profiles of your own, for a program"}};
  command.action = [is_json](const CommandContext& context) {
    return run_releases(*is_json ? OutputStyle::json : OutputStyle::text, context);
  };
  return command;
}

} // namespace imagewright::cli
