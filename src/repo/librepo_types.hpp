// SPDX-License-Identifier: MIT
#pragma once

// Owners for what librepo and GLib hand out.

#include <memory>
#include <string>

#include <glib.h>
#include <librepo/librepo.h>

namespace imagewright::repo {

struct HandleDeleter {
  void operator()(LrHandle* handle) const { lr_handle_free(handle); }
};
using HandlePointer = std::unique_ptr<LrHandle, HandleDeleter>;

struct TargetDeleter {
  void operator()(LrPackageTarget* target) const { lr_packagetarget_free(target); }
};
using TargetPointer = std::unique_ptr<LrPackageTarget, TargetDeleter>;

struct RepomdDeleter {
  void operator()(LrYumRepoMd* repomd) const { lr_yum_repomd_free(repomd); }
};
using RepomdPointer = std::unique_ptr<LrYumRepoMd, RepomdDeleter>;

/// A list that does not own its elements.
struct ListDeleter {
  void operator()(GSList* list) const { g_slist_free(list); }
};
using ListPointer = std::unique_ptr<GSList, ListDeleter>;

/// Receives a GError.
class ErrorReceiver {
public:
  ErrorReceiver() = default;
  ErrorReceiver(const ErrorReceiver&) = delete;
  ErrorReceiver& operator=(const ErrorReceiver&) = delete;
  ErrorReceiver(ErrorReceiver&&) = delete;
  ErrorReceiver& operator=(ErrorReceiver&&) = delete;
  ~ErrorReceiver() { g_clear_error(&error_); }

  GError** receive() {
    g_clear_error(&error_);
    return &error_;
  }
  std::string text() const {
    return error_ == nullptr ? "unknown error" : std::string(error_->message);
  }

private:
  GError* error_ = nullptr;
};

} // namespace imagewright::repo
