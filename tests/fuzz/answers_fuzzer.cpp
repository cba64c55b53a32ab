// SPDX-License-Identifier: MIT
// Whatever a worker or a machine that was taken over answers, decoding it ends with a value, an
// error, or word that it is no answer. A value can be encoded, and decoded again as the same.
// The first byte of an input chooses the decoder.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <imagewright/base/error.hpp>
#include <imagewright/inspect/system_facts.hpp>
#include <imagewright/lint/lint.hpp>
#include <imagewright/report/recording_reporter.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/error_codec.hpp>

#include "advisory/feed_codec.hpp"
#include "audit/comparison_codec.hpp"
#include "depot/action_result.hpp"
#include "inspect/disk_description_codec.hpp"
#include "inspect/installed_packages_codec.hpp"
#include "inspect/system_facts_codec.hpp"
#include "install/event.hpp"
#include "install/worker.hpp"
#include "lint/lint_codec.hpp"
#include "machine/console.hpp"
#include "machine/guest_reporter.hpp"
#include "origin/base_content.hpp"
#include "pipeline/machine/customize_codec.hpp"
#include "pipeline/machine/machine_codec.hpp"
#include "tree/label_job.hpp"

namespace {

using namespace imagewright;

void require(bool condition) {
  if (!condition) std::abort();
}

/// What is decoded, encoded, and decoded again, is encoded to the same.
template <typename Decode, typename Encode>
void there_and_back(std::string_view bytes, const Decode& decode, const Encode& encode) {
  const std::string once = encode(decode(bytes));
  require(encode(decode(once)) == once);
}

void read_labels(std::string_view bytes) {
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
    try {
      require(tree::decode_label_answer(bytes, count).size() == count);
    } catch (const base::Error&) {
      // The count is another one, ignoring.
    }
  }
}

void read_console(std::string_view bytes) {
  report::RecordingReporter reporter;
  machine::ConsoleReader reader([&](const std::string& message) {
    try {
      machine::relay(message, reporter);
    } catch (const base::BugError&) {
      // It is no message, ignoring.
    }
  });
  reader.take(bytes);
  require(reader.other_text().size() <= bytes.size() + 1);
  reader.take(machine::console_line(bytes));
}

void read_cache_entry(std::string_view bytes) {
  if (const auto files = depot::files_of_action_result(bytes))
    require(depot::files_of_action_result(depot::action_result(*files)) == files);
}

constexpr std::array k_decoders{
    +[](std::string_view bytes) { read_labels(bytes); },
    +[](std::string_view bytes) { install::encode(install::decode_event(bytes)); },
    +[](std::string_view bytes) { install::decode_result(bytes); },
    +[](std::string_view bytes) {
      there_and_back(
          bytes, [](std::string_view text) { return lint::decode_lint_report(text, "file"); },
          [](const lint::LintReport& report) { return lint::encode(report); });
    },
    +[](std::string_view bytes) {
      there_and_back(bytes, &audit::decode_comparison,
                     [](const audit::Comparison& value) { return audit::encode(value); });
    },
    +[](std::string_view bytes) {
      there_and_back(bytes, &origin::decode_base_content,
                     [](const origin::BaseContent& value) { return origin::encode(value); });
    },
    +[](std::string_view bytes) {
      there_and_back(bytes, &inspect::decode_installed_packages,
                     [](const auto& value) { return inspect::encode(value); });
    },
    +[](std::string_view bytes) {
      there_and_back(bytes, &inspect::decode_system_facts,
                     [](const inspect::SystemFacts& value) { return inspect::encode(value); });
    },
    +[](std::string_view bytes) {
      there_and_back(bytes, &advisory::decode_feed,
                     [](const advisory::Feed& value) { return advisory::encode(value); });
    },
    +[](std::string_view bytes) {
      there_and_back(bytes, &pipeline::decode_composed_root,
                     [](const pipeline::ComposedRoot& value) { return pipeline::encode(value); });
    },
    +[](std::string_view bytes) {
      there_and_back(
          bytes, &pipeline::decode_customize_result,
          [](const pipeline::CustomizeResult& value) { return pipeline::encode(value); });
    },
    +[](std::string_view bytes) { sandbox::throw_decoded(bytes); },
    +[](std::string_view bytes) { read_console(bytes); },
    +[](std::string_view bytes) { read_cache_entry(bytes); },
    +[](std::string_view bytes) {
      there_and_back(bytes, &inspect::decode_disk_description,
                     [](const model::DiskDescription& value) { return inspect::encode(value); });
    },
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    k_decoders[static_cast<std::size_t>(data[0]) % k_decoders.size()](bytes.substr(1));
  } catch (const base::BugError&) {
    // Whoever asked says that it is no answer, ignoring.
  } catch (const base::Error& error) {
    require(!error.diagnostic().code.empty() || data[0] % k_decoders.size() == 11);
  } catch (const base::Cancelled&) {
    require(data[0] % k_decoders.size() == 11);
  } catch (const std::system_error&) {
    require(data[0] % k_decoders.size() == 11);
  } catch (const std::bad_alloc&) {
    require(data[0] % k_decoders.size() == 11);
  }
  return 0;
}
