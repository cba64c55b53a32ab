// SPDX-License-Identifier: MIT
#include <string_view>

#include <imagewright/base/error.hpp>
#include <imagewright/model/partition_type.hpp>

namespace imagewright::model {

namespace {

base::Uuid uuid(std::string_view text) {
  const auto parsed = base::Uuid::parse(text);
  IMAGEWRIGHT_ASSERT(parsed.has_value());
  return *parsed;
}

} // namespace

base::Uuid partition_type(PartitionKind kind, const Architecture& architecture) {
  switch (kind) {
  case PartitionKind::linux_generic:
    return uuid("0fc63daf-8483-4772-8e79-3d69d8477de4");
  case PartitionKind::esp:
    return uuid("c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
  case PartitionKind::bios_grub:
    return uuid("21686148-6449-6e6f-744e-656564454649");
  case PartitionKind::home:
    return uuid("933ac7e1-2eb4-4f13-b844-0e14e2aef915");
  case PartitionKind::root:
    return architecture.partition_types.root;
  case PartitionKind::root_verity:
    return architecture.partition_types.root_verity;
  case PartitionKind::srv:
    return uuid("3b8f8425-20e0-4f3b-907f-1a25a76f98e8");
  case PartitionKind::swap:
    return uuid("0657fd6d-a4ab-43c4-84e5-0933c84b4f4f");
  case PartitionKind::tmp:
    return uuid("7ec6f557-3bc5-4aca-b293-16ef5df639d1");
  case PartitionKind::usr:
    return architecture.partition_types.usr;
  case PartitionKind::usr_verity:
    return architecture.partition_types.usr_verity;
  case PartitionKind::var:
    return uuid("4d21b016-b534-45c2-a9fb-5c16e091fd2d");
  case PartitionKind::xbootldr:
    return uuid("bc13c2ff-59e6-4262-a352-b275fd6f7172");
  case PartitionKind::other:
    break;
  }
  throw base::BugError("a partition of another kind has its own type");
}

} // namespace imagewright::model
