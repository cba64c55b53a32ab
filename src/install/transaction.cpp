// SPDX-License-Identifier: MIT
#include "transaction.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <map>

#include <sys/statvfs.h>

#include <rpm/rpmcallback.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmtag.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "device_files.hpp"
#include "pipe_in_the_way.hpp"
#include "problems.hpp"
#include "scriptlet_leftovers.hpp"

namespace imagewright::install {

namespace {

/// Keys of transaction elements are never null, so that "no key" can be told apart.
fnpyKey key_of(std::size_t index) {
  return reinterpret_cast<fnpyKey>(index + 1);
}
std::size_t index_of(fnpyKey key) {
  return reinterpret_cast<std::size_t>(key) - 1;
}

/// "%post" for RPMTAG_POSTIN, …: as spec files call them.
std::string scriptlet_name(rpmTagVal tag) {
  switch (tag) {
  case RPMTAG_PREIN:
    return "%pre";
  case RPMTAG_POSTIN:
    return "%post";
  case RPMTAG_PREUN:
    return "%preun";
  case RPMTAG_POSTUN:
    return "%postun";
  case RPMTAG_PRETRANS:
    return "%pretrans";
  case RPMTAG_POSTTRANS:
    return "%posttrans";
  case RPMTAG_TRIGGERPREIN:
    return "%triggerprein";
  case RPMTAG_TRIGGERIN:
    return "%triggerin";
  case RPMTAG_TRIGGERUN:
    return "%triggerun";
  case RPMTAG_TRIGGERPOSTUN:
    return "%triggerpostun";
  default:
    return std::string("%") + rpmTagGetName(tag);
  }
}

/// The other end of librpm's callbacks. What goes wrong in them is kept until librpm has returned.
class Observer {
public:
  Observer(const PackageFiles& files, PackageAccounts& accounts, RpmLog& log, const EventSink& tell,
           const std::vector<CheckedPackage>& packages)
      : files_(files), accounts_(accounts), log_(log), tell_(tell), packages_(packages) {}

  static void* notify(const void* header, rpmCallbackType what, rpm_loff_t amount, rpm_loff_t total,
                      fnpyKey key, rpmCallbackData data) {
    auto* self = static_cast<Observer*>(data);
    try {
      return self->on(static_cast<Header>(const_cast<void*>(header)), what, amount, total, key);
    } catch (...) {
      // A C library stands between here and who called it: the exception waits.
      if (!self->failure_) self->failure_ = std::current_exception();
      return nullptr;
    }
  }

  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

  std::vector<LogMessage> errors;

private:
  void* on(Header header, rpmCallbackType what, rpm_loff_t amount, rpm_loff_t total, fnpyKey key) {
    // NOLINTNEXTLINE(clang-diagnostic-switch-enum): librpm may have more kinds than this program
    // knows.
    if (what == RPMCALLBACK_INST_OPEN_FILE) return open(key);
    if (what == RPMCALLBACK_INST_CLOSE_FILE) file_.reset();
    if (what == RPMCALLBACK_INST_START) {
      pass_on_messages();
      tell_({EventKind::package_started, text_of(header, RPMTAG_NAME), {}, {}, started_++});
      // What is thrown here would wait until librpm returns, and it would not.
      if (const std::string pipe = find_pipe_in_the_way(header); !pipe.empty())
        tell_({EventKind::hindered, text_of(header, RPMTAG_NAME), pipe, {}, 0});
      accounts_.before_unpacking(header);
    }
    if (what == RPMCALLBACK_INST_PROGRESS) tell_of_progress(header);
    if (what == RPMCALLBACK_INST_STOP) {
      tell_({EventKind::package_finished, text_of(header, RPMTAG_NAME), {}, {}, ++finished_});
    }
    if (what == RPMCALLBACK_UNPACK_ERROR || what == RPMCALLBACK_CPIO_ERROR) on_unpack_error(header);
    if (what == RPMCALLBACK_SCRIPT_START) {
      pass_on_messages();
      const std::string scriptlet = name_of_scriptlet(header, static_cast<rpmTagVal>(amount), key);
      if (const std::string pipe = find_opened_pipe(); !pipe.empty())
        tell_({EventKind::hindered, name_of(header), pipe, scriptlet, 0});
      tell_({EventKind::scriptlet_started, name_of(header), scriptlet, {}, 0});
    }
    if (what == RPMCALLBACK_SCRIPT_STOP)
      on_script_stop(header, name_of_scriptlet(header, static_cast<rpmTagVal>(amount), key), total);
    return nullptr;
  }

  /// A large package takes its time: whoever waits is told now and then.
  void tell_of_progress(Header header) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_sign_ < std::chrono::seconds(5)) return;
    last_sign_ = now;
    tell_({EventKind::unpacking, name_of(header), {}, {}, 0});
  }

  static std::string name_of(Header header) {
    return header != nullptr ? text_of(header, RPMTAG_NAME) : "";
  }

  void* open(fnpyKey key) {
    accounts_.before_scripts(packages_[index_of(key)].header.get());
    const fs::UniqueFd descriptor = files_.open(index_of(key));
    file_.reset(fdDup(descriptor.get()));
    return file_.get();
  }

  void on_unpack_error(Header header) {
    const std::string package = header != nullptr ? nevra_of(header).to_string() : "(unknown)";
    throw_unpack_error(package, log_.take());
  }

  /// librpm gives file triggers the tag of package triggers; they have no element of the
  /// transaction.
  std::string name_of_scriptlet(Header header, rpmTagVal tag, fnpyKey key) const {
    const std::string name = scriptlet_name(tag);
    if (key != nullptr || header == nullptr || !name.starts_with("%trigger")) return name;
    const bool has_each = headerIsEntry(header, RPMTAG_FILETRIGGERNAME) != 0;
    const bool has_whole = headerIsEntry(header, RPMTAG_TRANSFILETRIGGERNAME) != 0;
    const bool is_whole = has_whole && (!has_each || finished_ == packages_.size());
    return (is_whole ? "%transfile" : "%file") + name.substr(1);
  }

  void on_script_stop(Header header, const std::string& name, rpm_loff_t result) {
    leftovers_.undo();
    if (result == RPMRC_OK) {
      pass_on_messages();
      tell_({EventKind::scriptlet_finished, name_of(header), name, {}, 0});
      return;
    }
    std::vector<std::string> texts;
    for (const LogMessage& message : log_.take())
      texts.push_back(message.text);
    tell_({EventKind::scriptlet_failed, name_of(header), name, base::join(texts, "; "), 0});
  }

  void pass_on_messages() {
    for (LogMessage& message : log_.take()) {
      if (message.level == LogLevel::error) errors.push_back(message);
      tell_({EventKind::warning, {}, std::move(message.text), {}, 0});
    }
  }

  const PackageFiles& files_;
  PackageAccounts& accounts_;
  RpmLog& log_;
  const EventSink& tell_;
  const std::vector<CheckedPackage>& packages_;
  ScriptletLeftovers leftovers_;
  RpmFile file_;
  std::exception_ptr failure_;
  std::uint64_t started_ = 0;
  std::uint64_t finished_ = 0;
  std::chrono::steady_clock::time_point last_sign_ = std::chrono::steady_clock::now();
};

/// Of a package that takes the place of another version librpm says so to the scripts of both.
bool is_upgrade(Header header, const std::vector<model::Nevra>& erased) {
  const std::string name = text_of(header, RPMTAG_NAME);
  return std::ranges::any_of(erased, [&](const model::Nevra& each) { return each.name == name; });
}

void add_packages(rpmts transaction, const std::vector<CheckedPackage>& packages,
                  const std::vector<model::Nevra>& erased) {
  for (std::size_t index = 0; index < packages.size(); ++index) {
    DeviceExclusions exclusions(packages[index].header.get());
    if (rpmtsAddInstallElement(transaction, packages[index].header.get(), key_of(index),
                               is_upgrade(packages[index].header.get(), erased) ? 1 : 0,
                               exclusions.list()) != 0) {
      throw base::Error(base::FailureKind::build, "install.package-refused",
                        nevra_of(packages[index].header.get()).to_string() +
                            " cannot be installed");
    }
  }
}

/// Those that an upgrade takes away are there already, and librpm knows.
void add_erasures(rpmts transaction, const std::vector<model::Nevra>& erased) {
  for (const model::Nevra& nevra : erased) {
    const MatchIterator found(rpmtsInitIterator(transaction, RPMDBI_NAME, nevra.name.c_str(), 0));
    while (Header header = rpmdbNextIterator(found.get())) {
      if (nevra_of(header) != nevra) continue;
      if (rpmtsAddEraseElement(transaction, header, static_cast<int>(headerGetInstance(header))) !=
          0) {
        throw base::Error(base::FailureKind::build, "install.package-refused",
                          nevra.to_string() + " cannot be erased");
      }
    }
  }
}

/// The resolver chose packages for the image's machine, which need not be the one that this runs
/// on. Some filesystems of networks and of FUSE do not tell how large they are; whether something
/// has room there is seen when it is written.
rpmprobFilterFlags problems_to_ignore() {
  rpmprobFilterFlags flags = RPMPROB_FILTER_IGNOREARCH | RPMPROB_FILTER_IGNOREOS;
  struct statvfs status {};
  if (::statvfs("/", &status) == 0 && status.f_blocks == 0)
    flags |= RPMPROB_FILTER_DISKSPACE | RPMPROB_FILTER_DISKNODES;
  return flags;
}

} // namespace

void run_transaction(rpmts transaction, const std::vector<CheckedPackage>& packages,
                     const std::vector<model::Nevra>& erased, const PackageFiles& files,
                     PackageAccounts& accounts, RpmLog& log, const EventSink& tell) {
  Observer observer(files, accounts, log, tell, packages);
  rpmtsSetNotifyCallback(transaction, &Observer::notify, &observer);
  add_packages(transaction, packages, erased);
  add_erasures(transaction, erased);
  rpmtsCheck(transaction);
  require_no_problems(transaction);
  if (rpmtsOrder(transaction) != 0) throw_transaction_failed(log.take());
  rpmtsClean(transaction);
  const int result = rpmtsRun(transaction, nullptr, problems_to_ignore());
  observer.rethrow();
  if (result > 0) require_no_problems(transaction);
  std::vector<LogMessage> messages = std::move(observer.errors);
  for (LogMessage& message : log.take()) {
    if (result == 0) tell({EventKind::warning, {}, message.text, {}, 0});
    messages.push_back(std::move(message));
  }
  if (result != 0) throw_transaction_failed(messages);
}

} // namespace imagewright::install
