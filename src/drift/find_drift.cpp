// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/audit/manifest_file_line.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/parallel_for.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/drift/find_drift.hpp>
#include <imagewright/model/filesystem_type.hpp>

#include "node_tree.hpp"
#include "package_judge.hpp"
#include "place_rules.hpp"
#include "running_state.hpp"

namespace imagewright::drift {

namespace {

/// Fewer of the manifest's files than one in so many: another system stands there.
constexpr std::size_t k_least_part = 10;

std::string aspect(const audit::Aspects& aspects, std::string_view name) {
  const auto found = aspects.find(name);
  return found == aspects.end() ? std::string() : found->second;
}

bool is_below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         (directory == "/" || path[directory.size()] == '/');
}

audit::DriftRules all_rules(const DriftRequest& request, const NodeTree& tree) {
  audit::DriftRules rules = request.manifest.drift;
  rules.changing.insert(rules.changing.end(), request.rules.changing.begin(),
                        request.rules.changing.end());
  rules.guarded.insert(rules.guarded.end(), request.rules.guarded.begin(),
                       request.rules.guarded.end());
  // Keys let people in wherever a user's home is.
  for (const std::string& line : base::split(tree.read("/etc/passwd").value_or(""), '\n')) {
    const std::vector<std::string> fields = base::split(line, ':');
    if (fields.size() > 5 && fields[5].size() > 1 && fields[5].starts_with("/"))
      rules.guarded.push_back(fields[5] + "/.ssh");
  }
  return rules;
}

/// Makes one report.
class Walk {
public:
  Walk(const DriftRequest& request, const base::Cancellation& cancellation)
      : request_(request), cancellation_(cancellation), tree_(request.root),
        packages_(request.manifest, tree_), rules_(all_rules(request, tree_)),
        update_(packages_.has_update() ? UpdateSeen::yes : UpdateSeen::no) {
    for (const model::Partition& partition : request.manifest.layout.partitions) {
      const auto& filesystem = partition.filesystem;
      if (filesystem && filesystem->type == model::FilesystemType::fat32)
        without_owners_.push_back(filesystem->mount_point);
    }
  }

  Report run() {
    report_.image = request_.manifest.name + "-" + request_.manifest.architecture;
    report_.tool_version = request_.tool_version;
    compare_files();
    find_additions("/");
    note_labels();
    report_.package_count = packages_.package_count();
    add_all(packages_.findings());
    RunningState state = ask_running_state(request_.manifest, tree_, packages_);
    report_.is_running = state.is_running;
    report_.check_count = state.check_count;
    add_all(state.findings);
    std::sort(report_.findings.begin(), report_.findings.end());
    return std::move(report_);
  }

private:
  void add_all(const std::vector<Finding>& findings) {
    report_.findings.insert(report_.findings.end(), findings.begin(), findings.end());
  }

  void add(const std::string& path, DriftClass drift_class, std::string what, std::string reason) {
    report_.findings.push_back(
        {FindingKind::file, path, drift_class, std::move(what), std::move(reason)});
  }

  void compare_files() {
    std::vector<const std::pair<const std::string, std::string>*> lines;
    for (const auto& line : request_.manifest.files)
      lines.push_back(&line);
    std::vector<NodeFile> files(lines.size());
    base::parallel_for(lines.size(), request_.thread_count, cancellation_,
                       [&](std::size_t index) { files[index] = tree_.look(lines[index]->first); });
    const auto present = static_cast<std::size_t>(
        std::count_if(files.begin(), files.end(),
                      [](const NodeFile& file) { return file.presence != Presence::absent; }));
    if (present < files.size() / k_least_part) {
      throw base::Error(base::FailureKind::input, "drift.other-image",
                        fmt::format("of {} files of {}, {} has {}", files.size(), report_.image,
                                    base::quoted(request_.root.string()), present),
                        "give the root directory of a node that was made from this image");
    }
    report_.file_count = files.size();
    for (std::size_t index = 0; index < lines.size(); ++index)
      judge(lines[index]->first, audit::parse_file_line(lines[index]->second), files[index]);
  }

  void judge(const std::string& path, const audit::Aspects& before, const NodeFile& file) {
    switch (file.presence) {
    case Presence::unreadable:
      return add(path, DriftClass::unreadable, "unreadable", file.complaint);
    case Presence::absent:
      return judge_absence(path, before);
    case Presence::present:
      break;
    }
    const std::string what = changes(path, before, file.aspects);
    if (what.empty()) return;
    if (auto reason = packages_.explain(path, before, file.aspects))
      return add(path, DriftClass::explained, what, *std::move(reason));
    const auto rule = rules_.find_reason(path, update_);
    if (rule && is_harmless_kind_of_change(before, file.aspects))
      return add(path, DriftClass::expected, what, *rule);
    add(path, DriftClass::unexplained, what, "nothing says why");
  }

  void judge_absence(const std::string& path, const audit::Aspects& before) {
    // What is gone with its directory is told of the directory.
    if (!gone_.empty() && is_below(path, gone_)) return;
    if (auto reason = packages_.explain_absence(path, before))
      return add(path, DriftClass::explained, "removed", *std::move(reason));
    if (const auto rule = rules_.find_reason(path, update_))
      return add(path, DriftClass::expected, "removed", *rule);
    if (aspect(before, "type") == "dir") gone_ = path;
    add(path, DriftClass::unexplained, "removed", "nothing says why");
  }

  /// In words; empty when there are none.
  std::string changes(const std::string& path, const audit::Aspects& before,
                      const audit::Aspects& now) {
    const bool has_owners =
        std::none_of(without_owners_.begin(), without_owners_.end(),
                     [&](const auto& place) { return path == place || is_below(path, place); });
    std::set<std::string> names;
    for (const auto* aspects : {&before, &now}) {
      for (const auto& [name, value] : *aspects)
        names.insert(name);
    }
    std::vector<std::string> found;
    for (const std::string& name : names) {
      const bool is_of_content = name == "type" || name == "content";
      if (name == "package" || (!has_owners && !is_of_content)) continue;
      const std::string left = aspect(before, name);
      const std::string right = aspect(now, name);
      if (name == "label" && !counts_as_label(left, right)) continue;
      if (left == right) continue;
      const bool is_short = name == "mode" || name == "owner" || name == "type";
      found.push_back(is_short ? fmt::format("{} {} -> {}", name, left, right) : name);
    }
    return base::join(found, ", ");
  }

  /// Labels are compared where both sides have them: an image without any is labelled when it
  /// boots, and an unpacked tree may have lost all.
  bool counts_as_label(const std::string& before, const std::string& now) {
    if (before.empty()) return false;
    has_labels_ |= !now.empty();
    if (now.empty()) ++missing_labels_;
    return !now.empty();
  }

  void note_labels() {
    if (missing_labels_ == 0) return;
    add("/", has_labels_ ? DriftClass::unexplained : DriftClass::unreadable, "labels",
        fmt::format("{} files have no label, which the image gave them", missing_labels_));
  }

  void find_additions(const std::string& directory) {
    cancellation_.check();
    const auto entries = tree_.list(directory);
    if (!entries) {
      if (tree_.is_directory(directory))
        add(directory, DriftClass::unreadable, "unreadable", "the directory cannot be listed");
      return;
    }
    for (const NodeEntry& entry : *entries) {
      const std::string path = (directory == "/" ? "" : directory) + "/" + entry.name;
      const bool is_guarded = rules_.is_guarded(path);
      if (entry.is_directory) {
        if (is_guarded || rules_.leads_to_guarded(path)) find_additions(path);
      } else if (is_guarded && !request_.manifest.files.contains(path)) {
        judge_addition(path);
      }
    }
  }

  void judge_addition(const std::string& path) {
    const NodeFile file = tree_.look(path);
    if (file.presence == Presence::absent) return;
    if (file.presence == Presence::unreadable)
      return add(path, DriftClass::unreadable, "added, unreadable", file.complaint);
    if (auto reason = packages_.explain(path, {}, file.aspects))
      return add(path, DriftClass::explained, "added", *std::move(reason));
    const auto rule = rules_.find_reason(path, update_);
    if (rule && is_harmless_kind_of_change({}, file.aspects))
      return add(path, DriftClass::expected, "added", *rule);
    add(path, DriftClass::unexplained, "added", "the image has no such file in a guarded place");
  }

  const DriftRequest& request_;
  const base::Cancellation& cancellation_;
  NodeTree tree_;
  PackageJudge packages_;
  PlaceRules rules_;
  UpdateSeen update_;
  /// Mount points of filesystems that have neither owners nor modes.
  std::vector<std::string> without_owners_;
  std::string gone_;
  bool has_labels_ = false;
  std::size_t missing_labels_ = 0;
  Report report_;
};

} // namespace

Report find_drift(const DriftRequest& request, const base::Cancellation& cancellation) {
  return Walk(request, cancellation).run();
}

} // namespace imagewright::drift
