# SPDX-License-Identifier: MIT
# A fixed VHD as a page blob, an image definition, and a version of it in a gallery.

locals {
  architectures = {
    x86_64  = "x64"
    aarch64 = "Arm64"
  }
  regions = length(var.target_regions) > 0 ? var.target_regions : { (var.location) = 1 }
}

resource "azurerm_storage_blob" "image" {
  name                   = "${var.image_name}-${var.architecture}-${var.image_version}.vhd"
  storage_account_name   = var.storage_account_name
  storage_container_name = var.storage_container_name
  type                   = "Page"
  source                 = var.image_file
  parallelism            = 8

  metadata = {
    sha256 = var.image_sha256
  }

  lifecycle {
    precondition {
      condition     = filesha256(var.image_file) == var.image_sha256
      error_message = "The file ${var.image_file} is not the image of the manifest: its digest differs."
    }
  }
}

resource "azurerm_shared_image" "image" {
  name                = "${var.image_name}-${replace(var.architecture, "_", "-")}"
  gallery_name        = var.gallery_name
  resource_group_name = var.resource_group_name
  location            = var.location

  os_type            = "Linux"
  architecture       = local.architectures[var.architecture]
  hyper_v_generation = var.hyper_v_generation

  trusted_launch_supported            = var.trusted_launch_supported
  accelerated_network_support_enabled = true
  disk_controller_type_nvme_enabled   = true

  identifier {
    publisher = var.identifier.publisher
    offer     = var.identifier.offer
    sku       = var.identifier.sku
  }
}

resource "azurerm_shared_image_version" "image" {
  name                = var.image_version
  gallery_name        = var.gallery_name
  image_name          = azurerm_shared_image.image.name
  resource_group_name = var.resource_group_name
  location            = var.location

  blob_uri           = azurerm_storage_blob.image.url
  storage_account_id = var.storage_account_id
  end_of_life_date   = var.end_of_life_date

  dynamic "target_region" {
    for_each = local.regions
    content {
      name                   = target_region.key
      regional_replica_count = target_region.value
    }
  }
}
