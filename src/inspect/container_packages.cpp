// SPDX-License-Identifier: MIT
#include "container_packages.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/key_value.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/inspect/package_header.hpp>
#include <imagewright/inspect/sqlite_log.hpp>

#include "package_database.hpp"

namespace imagewright::inspect {

namespace {

constexpr std::array<std::string_view, 2> k_os_release{"/etc/os-release", "/usr/lib/os-release"};
constexpr std::array<std::string_view, 4> k_foreign_databases{
    "/var/lib/rpm/Packages", "/var/lib/rpm/Packages.db", "/usr/lib/sysimage/rpm/Packages",
    "/usr/lib/sysimage/rpm/Packages.db"};
/// Images without a package manager that were made of RPM packages have this list of them.
constexpr std::string_view k_rpm_list = "/var/lib/rpmmanifest/container-manifest-2";
constexpr std::string_view k_dpkg_list = "/var/lib/dpkg/status";
/// Likewise of Debian's, one file for each.
constexpr std::string_view k_dpkg_directory = "/var/lib/dpkg/status.d/";
constexpr std::array<std::string_view, 2> k_apk_lists{"/lib/apk/db/installed",
                                                      "/usr/lib/apk/db/installed"};
constexpr std::size_t k_longest_text = 256;

template <std::size_t Count>
bool is_among(const std::array<std::string_view, Count>& paths, std::string_view path) {
  return std::ranges::find(paths, path) != paths.end();
}

bool is_plain(std::string_view text) {
  return text.size() <= k_longest_text &&
         std::ranges::all_of(text, [](char letter) { return letter > ' ' && letter < '\x7f'; });
}

class Collector {
public:
  explicit Collector(const ListedFiles& files) : files_(files) {}

  model::ContainerContents collect() {
    name_distribution();
    bool is_listed = add_rpm_database();
    is_listed = add_list(k_rpm_list, &Collector::add_rpm_list) || is_listed;
    is_listed = add_list(k_dpkg_list, &Collector::add_dpkg_list) || is_listed;
    for (const std::string_view path : k_apk_lists)
      is_listed = add_list(path, &Collector::add_apk_list) || is_listed;
    for (auto at = files_.lower_bound(k_dpkg_directory);
         at != files_.end() && at->first.starts_with(k_dpkg_directory); ++at)
      is_listed = add_list(at->first, &Collector::add_dpkg_list) || is_listed;
    if (!is_listed && contents_.unknown.empty())
      contents_.unknown = "no package manager has left a list in it";
    std::ranges::sort(contents_.packages);
    auto& packages = contents_.packages;
    packages.erase(std::unique(packages.begin(), packages.end()), packages.end());
    return std::move(contents_);
  }

private:
  const std::string* find(std::string_view path) const {
    const auto found = files_.find(path);
    return found == files_.end() ? nullptr : &found->second;
  }

  void complain(std::string_view path, std::string_view why) {
    if (!contents_.unknown.empty()) return;
    contents_.unknown = base::escape_controls(path) + " " + std::string(why);
  }

  void name_distribution() {
    for (const std::string_view path : k_os_release) {
      const std::string* text = find(path);
      if (text == nullptr) continue;
      contents_.distribution = base::find_value(*text, "ID").value_or("");
      contents_.distribution_version = base::find_value(*text, "VERSION_ID").value_or("");
      break;
    }
    for (std::string* each : {&contents_.distribution, &contents_.distribution_version}) {
      if (!is_plain(*each)) each->clear();
    }
  }

  void add(model::ContainerPackage package, std::string_view path) {
    if (!is_plain(package.source)) package.source.clear();
    const bool is_whole = !package.name.empty() && !package.version.empty() &&
                          is_plain(package.name) && is_plain(package.version) &&
                          is_plain(package.architecture);
    if (is_whole) {
      contents_.packages.push_back(std::move(package));
    } else {
      complain(path, "has a package whose name or version is none");
    }
  }

  bool add_rpm_database() {
    bool is_there = false;
    for (const std::string& path : package_database_paths()) {
      const std::string* found = find(path);
      if (found == nullptr) continue;
      is_there = true;
      try {
        std::string database = *found;
        const std::string* log = find(path + "-wal");
        apply_write_ahead_log(database, log == nullptr ? std::string_view() : *log);
        add_rpm_packages(database, path);
      } catch (const base::Error&) {
        complain(path, "is damaged");
      }
    }
    for (const std::string_view path : k_foreign_databases) {
      if (find(path) == nullptr) continue;
      is_there = true;
      complain(path, "is a database of a kind that is not read here");
    }
    return is_there;
  }

  void add_rpm_packages(const std::string& database, const std::string& path) {
    const auto packages = read_package_database(database);
    if (!packages) return complain(path, "is no database of packages");
    const auto sources = read_source_packages(database);
    for (const model::Nevra& nevra : *packages) {
      const auto source = sources.find(nevra.to_string());
      add({"rpm", nevra.name, nevra.evr(), nevra.architecture,
           source == sources.end() ? std::string() : source->second},
          path);
    }
  }

  bool add_list(std::string_view path,
                void (Collector::*add_all)(const std::string&, std::string_view)) {
    const std::string* text = find(path);
    if (text == nullptr) return false;
    (this->*add_all)(*text, path);
    return true;
  }

  /// Columns: name, version-release, times, vendor, epoch, size, architecture, epoch, source.
  void add_rpm_list(const std::string& text, std::string_view path) {
    for (const std::string& line : base::split(text, '\n')) {
      if (line.empty()) continue;
      const auto columns = base::split(line, '\t');
      if (columns.size() < 10) {
        complain(path, "is no list of packages");
        return;
      }
      const bool has_epoch = columns[8] != "0" && columns[8] != "(none)";
      add({"rpm", columns[0], (has_epoch ? columns[8] + ":" : "") + columns[1], columns[7],
           columns[9] == "(none)" ? "" : columns[9]},
          path);
    }
  }

  /// deb-control(5): paragraphs of "Field: value", which an empty line ends.
  void add_dpkg_list(const std::string& text, std::string_view path) {
    std::map<std::string, std::string, std::less<>> fields;
    const auto take = [&] {
      if (fields.empty()) return;
      const auto status = fields.find("Status");
      const bool is_installed = status == fields.end() || status->second.ends_with(" installed");
      if (is_installed) {
        // "name (version)", where those are others than the package's.
        std::string source = fields["Source"];
        std::erase_if(source, [](char letter) { return letter == '(' || letter == ')'; });
        std::ranges::replace(source, ' ', '@');
        add({"deb", fields["Package"], fields["Version"], fields["Architecture"], source}, path);
      }
      fields.clear();
    };
    for (const std::string& line : base::split(text, '\n')) {
      if (line.empty()) take();
      const std::size_t colon = line.find(':');
      if (line.empty() || line.front() == ' ' || colon == std::string::npos) continue;
      const std::string_view value = base::trimmed(std::string_view(line).substr(colon + 1));
      fields.emplace(line.substr(0, colon), value);
    }
    take();
  }

  /// apk's format: paragraphs of "P:name", "V:version", "A:architecture", "o:source".
  void add_apk_list(const std::string& text, std::string_view path) {
    std::optional<model::ContainerPackage> package;
    const auto take = [&] {
      if (package) add(std::move(*package), path);
      package.reset();
    };
    for (const std::string& line : base::split(text, '\n')) {
      if (line.empty()) take();
      if (line.size() < 2 || line[1] != ':') continue;
      if (!package) package.emplace(model::ContainerPackage{.kind = "apk"});
      const std::string value = line.substr(2);
      if (line[0] == 'P') package->name = value;
      if (line[0] == 'V') package->version = value;
      if (line[0] == 'A') package->architecture = value;
      if (line[0] == 'o') package->source = value;
    }
    take();
  }

  const ListedFiles& files_;
  model::ContainerContents contents_;
};

} // namespace

bool lists_packages(std::string_view path) {
  const auto is_database = [&](const std::string& each) {
    return path == each || path == each + "-wal";
  };
  return is_among(k_os_release, path) || is_among(k_foreign_databases, path) ||
         is_among(k_apk_lists, path) || path == k_rpm_list || path == k_dpkg_list ||
         path.starts_with(k_dpkg_directory) ||
         std::ranges::any_of(package_database_paths(), is_database);
}

model::ContainerContents packages_in(const ListedFiles& files) {
  return Collector(files).collect();
}

} // namespace imagewright::inspect
