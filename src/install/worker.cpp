// SPDX-License-Identifier: MIT
#include "worker.hpp"

#include <array>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/install/nevra_codec.hpp>
#include <imagewright/root/real_patterns.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "database.hpp"
#include "device_files.hpp"
#include "kernel_packages.hpp"
#include "owned_paths.hpp"
#include "package_accounts.hpp"
#include "package_files.hpp"
#include "package_files_reader.hpp"
#include "payload_check.hpp"
#include "pipe_in_the_way.hpp"
#include "problems.hpp"
#include "request_codec.hpp"
#include "rpm_configuration.hpp"
#include "shadowed_paths.hpp"
#include "signature_check.hpp"
#include "transaction.hpp"
#include "wanted_packages.hpp"

namespace imagewright::install {

namespace {

TransactionSet make_transaction(const InstallRequest& request) {
  TransactionSet transaction(rpmtsCreate());
  rpmtsSetRootDir(transaction.get(), "/");
  rpmtsSetVfyLevel(transaction.get(), 0);
  rpmtransFlags flags = RPMTRANS_FLAG_NOPLUGINS | RPMTRANS_FLAG_NOCONTEXTS;
  if (request.documentation == Documentation::excluded) flags |= RPMTRANS_FLAG_NODOCS;
  if (request.scriptlets.use == ScriptletUse::left_out)
    flags |=
        RPMTRANS_FLAG_NOSCRIPTS | RPMTRANS_FLAG_NOTRIGGERS | _noTransScripts | _noTransTriggers;
  rpmtsSetFlags(transaction.get(), flags);
  return transaction;
}

std::string encode_result(const InsideResult& result) {
  sandbox::ByteWriter writer;
  writer.texts(result.restored);
  writer.number(result.kernel_packages.size());
  for (const model::KernelPackage& kernel : result.kernel_packages)
    writer.text(kernel.package).text(kernel.release);
  writer.texts(result.owned_identity_files);
  for (const model::Nevra& nevra : result.packages)
    write_nevra(writer, nevra);
  return writer.take();
}

} // namespace

std::string install_inside(const sandbox::WorkerCall& call) {
  const InstallRequest request = decode_request(call.request);
  const PackageFiles files(call.descriptors.front());
  require_no_pipes();
  RpmLog log;
  configure_rpm(request);
  const TransactionSet transaction = make_transaction(request);
  const EventSink tell = [&](const Event& event) { call.messages.send(encode(event)); };

  const std::vector<CheckedPackage> packages =
      check_signatures(transaction.get(), request, files, log);
  if (request.kept.empty() && request.erased.empty()) require_wanted(request.wanted, packages);
  check_payloads(packages, request.packages, files, request.thread_count);
  tell({EventKind::verified, {}, {}, {}, packages.size()});
  // Everything was verified: librpm need not do it again with whichever keyring came last.
  rpmtsSetVSFlags(transaction.get(), RPMVSF_MASK_NOSIGNATURES);
  if (rpmtsInitDB(transaction.get(), 0644) != 0) throw_transaction_failed(log.take());
  PackageAccounts accounts(request, packages, files);
  run_transaction(transaction.get(), packages, request.erased, files, accounts, log, tell);
  accounts.settle_numbers();
  InsideResult result;
  const fs::RootDir image(fmt::format("/proc/self/fd/{}", call.bare_root));
  make_device_files(packages, image);
  result.restored = restore_shadowed_paths(transaction.get(), request.packages, image);
  result.packages = installed_packages(transaction.get());
  result.kernel_packages = kernel_packages(transaction.get());
  result.owned_identity_files = owned_paths(
      transaction.get(), root::with_real_places(fs::RootDir("/"), request.identity_files));
  if (rpmtsCloseDB(transaction.get()) != 0) throw_transaction_failed(log.take());
  return encode_result(result);
}

std::span<const sandbox::WorkerJob> worker_jobs() {
  static constexpr std::array jobs{
      sandbox::WorkerJob{.name = k_transaction_job, .run = &install_inside},
      sandbox::WorkerJob{.name = k_package_files_job, .run = &read_packaged_files_inside}};
  return jobs;
}

InsideResult decode_result(std::string_view bytes) {
  InsideResult result;
  sandbox::ByteReader reader(bytes);
  result.restored = reader.texts();
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    std::string package = reader.text();
    result.kernel_packages.push_back({std::move(package), reader.text()});
  }
  result.owned_identity_files = reader.texts();
  while (!reader.at_end())
    result.packages.push_back(read_nevra(reader));
  return result;
}

} // namespace imagewright::install
