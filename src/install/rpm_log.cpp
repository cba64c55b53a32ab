// SPDX-License-Identifier: MIT
#include "rpm_log.hpp"

#include <utility>

#include <rpm/rpmlog.h>

#include <imagewright/base/text.hpp>

namespace imagewright::install {

namespace {

int hear(rpmlogRec record, rpmlogCallbackData data) {
  const rpmlogLvl level = rpmlogRecPriority(record);
  if (level > RPMLOG_WARNING) return 0;
  try {
    static_cast<RpmLog*>(data)->add({level == RPMLOG_WARNING ? LogLevel::warning : LogLevel::error,
                                     std::string(base::trimmed(rpmlogRecMessage(record)))});
  } catch (...) {
    // Out of memory in a C library's callback: a lost message is all that can be afforded,
    // ignoring.
  }
  return 0;
}

} // namespace

RpmLog::RpmLog() {
  rpmlogSetCallback(hear, this);
}

RpmLog::~RpmLog() {
  rpmlogSetCallback(nullptr, nullptr);
}

std::vector<LogMessage> RpmLog::take() {
  return std::exchange(messages_, {});
}

} // namespace imagewright::install
