// SPDX-License-Identifier: MIT
#include "running_state.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/version_series.hpp>
#include <imagewright/inspect/unit_state.hpp>
#include <imagewright/model/kernel_command_line.hpp>
#include <imagewright/model/unit_name.hpp>

namespace imagewright::drift {

namespace {

/// What an answer is worth.
struct Answer {
  enum class Kind : std::uint8_t { holds, differs, unreadable } kind = Kind::unreadable;
  std::string text; ///< what there is instead, or why nobody knows
};

Answer holds() {
  return {Answer::Kind::holds, {}};
}

Answer unreadable(std::string why) {
  return {Answer::Kind::unreadable, std::move(why)};
}

Answer equals(const std::string& actual, const std::string& expected) {
  if (actual == expected) return holds();
  return {Answer::Kind::differs,
          fmt::format("{}, not {}", base::quoted(actual), base::quoted(expected))};
}

std::string one_line(std::string_view text) {
  return base::join(base::split_whitespace(text), " ");
}

/// "nf-tables" and "nf_tables" are one module.
std::string module_name(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// The module that a file holds; empty for other files.
std::string module_of(const std::string& path) {
  const std::string file = path.substr(path.rfind('/') + 1);
  const std::size_t end = file.find(".ko");
  if (end == std::string::npos || path.find("/lib/modules/") == std::string::npos) return {};
  const std::string ending = file.substr(end + 3);
  const bool is_module = ending.empty() || ending == ".xz" || ending == ".gz" || ending == ".zst";
  return is_module ? module_name(file.substr(0, end)) : std::string();
}

class Questioner {
public:
  Questioner(const audit::Manifest& manifest, const NodeTree& tree, const PackageJudge& packages)
      : manifest_(manifest), tree_(tree), packages_(packages) {}

  RunningState run() {
    const auto line = tree_.read("/proc/cmdline");
    result_.is_running = line && !base::trimmed(*line).empty();
    if (!result_.is_running) return std::move(result_);
    for (const model::Check& check : manifest_.checks)
      note(check.name, answer(check));
    compare_command_line(*line);
    compare_modules();
    compare_settings();
    return std::move(result_);
  }

private:
  void note(const std::string& subject, Answer answer) {
    ++result_.check_count;
    if (answer.kind == Answer::Kind::holds) return;
    const bool differs = answer.kind == Answer::Kind::differs;
    result_.findings.push_back({FindingKind::setting, subject,
                                differs ? DriftClass::unexplained : DriftClass::unreadable,
                                differs ? answer.text : "not known",
                                differs ? "the image promises something else" : answer.text});
  }

  Answer answer(const model::Check& check) const {
    switch (check.kind) {
    case model::CheckKind::kernel_series:
      return series(tree_.read("/proc/sys/kernel/osrelease"), check.expected);
    case model::CheckKind::systemd_series:
      return series(packages_.version_of("systemd"), check.expected);
    case model::CheckKind::package_series:
      return series(packages_.version_of(check.subject), check.expected);
    case model::CheckKind::command_line_has:
    case model::CheckKind::command_line_lacks:
      return command_line(check);
    case model::CheckKind::cgroup_filesystem:
      return cgroup(check.expected);
    case model::CheckKind::selinux_mode:
      return selinux(check.expected);
    case model::CheckKind::fips_enabled:
      return equals(one_line(tree_.read("/proc/sys/crypto/fips_enabled").value_or("0")),
                    check.expected);
    case model::CheckKind::unit_active:
      return unit(check.subject);
    case model::CheckKind::unit_state:
      return equals(unit_state(check.subject), check.expected);
    case model::CheckKind::file_content:
      return file(check);
    case model::CheckKind::no_failed_units:
    case model::CheckKind::command_output:
      return unreadable("only a command on the node could tell");
    }
    throw base::BugError("unknown kind of check");
  }

  static Answer series(const std::optional<std::string>& version, const std::string& expected) {
    if (!version) return unreadable("its version cannot be read");
    if (base::is_in_series(base::trimmed(*version), expected)) return holds();
    return {Answer::Kind::differs, fmt::format("{}, not {}", base::trimmed(*version), expected)};
  }

  Answer command_line(const model::Check& check) const {
    const auto words = model::kernel_words(tree_.read("/proc/cmdline").value_or(""));
    const bool is_presence = check.kind == model::CheckKind::command_line_has;
    for (const std::string& word : words) {
      if (is_presence && model::kernel_parameter(word) == model::kernel_parameter(check.expected))
        return holds();
      const bool is_named = word == check.expected || word.starts_with(check.expected + "=");
      if (!is_presence && is_named) return {Answer::Kind::differs, "has " + word};
    }
    if (!is_presence) return holds();
    return {Answer::Kind::differs, "lacks " + check.expected};
  }

  Answer cgroup(const std::string& expected) const {
    if (tree_.read("/sys/fs/cgroup/cgroup.controllers")) return equals("cgroup2fs", expected);
    if (tree_.is_directory("/sys/fs/cgroup/systemd") || tree_.is_directory("/sys/fs/cgroup/memory"))
      return equals("tmpfs", expected);
    return unreadable("/sys/fs/cgroup is not there");
  }

  Answer selinux(const std::string& expected) const {
    const auto enforce = tree_.read("/sys/fs/selinux/enforce");
    if (!enforce) {
      if (!tree_.is_directory("/sys/fs")) return unreadable("/sys is not there");
      return equals("disabled", expected);
    }
    return equals(one_line(*enforce) == "1" ? "enforcing" : "permissive", expected);
  }

  Answer unit(const std::string& name) const {
    for (const char* slice : {"system.slice", "init.scope", "machine.slice", "user.slice"}) {
      const auto events = tree_.read(
          fmt::format("/sys/fs/cgroup/{}/{}/cgroup.events", slice, model::full_unit_name(name)));
      if (events && one_line(*events).find("populated 1") != std::string::npos) return holds();
    }
    return unreadable("it has no processes; only systemd knows whether it is active all the same");
  }

  std::string unit_state(const std::string& name) const {
    const auto list = [&](const std::string& directory) {
      std::vector<std::string> names;
      for (const NodeEntry& entry : tree_.list(directory).value_or(std::vector<NodeEntry>{}))
        names.push_back(entry.name);
      return names;
    };
    return inspect::unit_state(
        name, {.read = [&](const std::string& path) { return read_followed(path); },
               .link_target = [&](const std::string& path) { return tree_.link_target(path); },
               .list = list});
  }

  /// A link in the place of a unit leads to a file of the node.
  std::optional<std::string> read_followed(const std::string& path) const {
    const auto target = tree_.link_target(path);
    if (!target) return tree_.read(path);
    const std::filesystem::path directory = std::filesystem::path(path).parent_path();
    return tree_.read((directory / *target).lexically_normal().string());
  }

  Answer file(const model::Check& check) const {
    const auto content = tree_.read(check.subject);
    if (!content) return unreadable(check.subject + " cannot be read");
    return equals(std::string(base::trimmed(*content)), std::string(base::trimmed(check.expected)));
  }

  /// Word by word: what was added says more than the whole line.
  void compare_command_line(const std::string& line) {
    const auto expected = model::kernel_words(manifest_.kernel_command_line);
    if (expected.empty()) return;
    const auto actual = model::kernel_words(line);
    const auto has = [](const std::vector<std::string>& words, const std::string& word) {
      return std::any_of(words.begin(), words.end(), [&](const std::string& other) {
        return model::kernel_parameter(other) == model::kernel_parameter(word);
      });
    };
    ++result_.check_count;
    for (const std::string& word : expected) {
      if (!has(actual, word)) command_line_finding("lacks " + word);
    }
    for (const std::string& word : actual) {
      // Boot loaders say what they loaded.
      if (word.starts_with("BOOT_IMAGE=") || word.starts_with("initrd=")) continue;
      if (!has(expected, word)) command_line_finding("has " + word);
    }
  }

  void command_line_finding(std::string what) {
    result_.findings.push_back({FindingKind::setting, "kernel command line",
                                DriftClass::unexplained, std::move(what),
                                "the image's own command line is another"});
  }

  std::set<std::string> modules_of_image() const {
    std::set<std::string> modules;
    for (const auto& [path, line] : manifest_.files) {
      if (std::string module = module_of(path); !module.empty()) modules.insert(std::move(module));
    }
    for (const auto& [path, file] : packages_.updated_files()) {
      if (std::string module = module_of(path); !module.empty()) modules.insert(std::move(module));
    }
    return modules;
  }

  /// Those that the node's own configuration forbids.
  std::set<std::string> forbidden_modules() const {
    std::set<std::string> modules;
    for (const NodeEntry& entry :
         tree_.list("/etc/modprobe.d").value_or(std::vector<NodeEntry>{})) {
      if (!entry.name.ends_with(".conf")) continue;
      const std::string text = tree_.read("/etc/modprobe.d/" + entry.name).value_or("");
      for (const std::string& line : base::split(text, '\n')) {
        const auto words = base::split_whitespace(line);
        const bool is_blocked =
            words.size() >= 2 && (words[0] == "blacklist" ||
                                  (words[0] == "install" && words.size() > 2 &&
                                   (words[2].ends_with("/false") || words[2].ends_with("/true"))));
        if (is_blocked) modules.insert(module_name(words[1]));
      }
    }
    return modules;
  }

  void compare_modules() {
    const auto text = tree_.read("/proc/modules");
    // A kernel without modules has no such file.
    if (!text) return;
    ++result_.check_count;
    const std::set<std::string> known = modules_of_image();
    const std::set<std::string> forbidden = forbidden_modules();
    for (const std::string& line : base::split(*text, '\n')) {
      const auto words = base::split_whitespace(line);
      if (words.empty()) continue;
      const std::string name = module_name(words[0]);
      if (forbidden.contains(name)) {
        module_finding(name, DriftClass::unexplained, "the image forbids it");
      } else if (!known.contains(name)) {
        module_finding(name, DriftClass::unexplained, "it is no module of the image");
      } else if (words.back().find('(') != std::string::npos &&
                 words.back().find_first_of("OEF") != std::string::npos) {
        module_finding(name, DriftClass::unexplained,
                       "the kernel says that it is not its own: " + words.back());
      } else {
        module_finding(name, DriftClass::expected, "a module of the image");
      }
    }
  }

  void module_finding(const std::string& name, DriftClass drift_class, std::string reason) {
    result_.findings.push_back(
        {FindingKind::setting, "module " + name, drift_class, "loaded", std::move(reason)});
  }

  /// What the image's own settings of the kernel say.
  void compare_settings() {
    const std::string file = "/etc/sysctl.d/95-image.conf";
    if (!manifest_.files.contains(file)) return;
    for (const std::string& line : base::split(tree_.read(file).value_or(""), '\n')) {
      const std::size_t equals_sign = line.find('=');
      if (equals_sign == std::string::npos || line.starts_with("#")) continue;
      const std::string name(base::trimmed(std::string_view(line).substr(0, equals_sign)));
      std::string place = name;
      if (place.find('/') == std::string::npos) std::replace(place.begin(), place.end(), '.', '/');
      const auto actual = tree_.read("/proc/sys/" + place);
      note("sysctl " + name, actual
                                 ? equals(one_line(*actual), one_line(line.substr(equals_sign + 1)))
                                 : unreadable("/proc/sys/" + place + " cannot be read"));
    }
  }

  const audit::Manifest& manifest_;
  const NodeTree& tree_;
  const PackageJudge& packages_;
  RunningState result_;
};

} // namespace

RunningState ask_running_state(const audit::Manifest& manifest, const NodeTree& tree,
                               const PackageJudge& packages) {
  return Questioner(manifest, tree, packages).run();
}

} // namespace imagewright::drift
