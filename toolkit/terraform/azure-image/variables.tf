# SPDX-License-Identifier: MIT
# The first six are written by: imagewright export terraform NAME-ARCH.manifest.json > imagewright.auto.tfvars.json

variable "image_name" {
  description = "Name of the image, as its config has it."
  type        = string
}

variable "image_file" {
  description = "The fixed VHD, seen from where Terraform runs."
  type        = string
}

variable "image_sha256" {
  description = "Digest of the VHD, from its manifest."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.image_sha256))
    error_message = "image_sha256 is 64 hexadecimal digits in lower case."
  }
}

variable "image_version" {
  description = "Version in the gallery: Major.Minor.Patch."
  type        = string

  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+$", var.image_version))
    error_message = "image_version is three numbers with dots between them."
  }
}

variable "architecture" {
  description = "x86_64 or aarch64."
  type        = string

  validation {
    condition     = contains(["x86_64", "aarch64"], var.architecture)
    error_message = "architecture is x86_64 or aarch64."
  }
}

variable "hyper_v_generation" {
  description = "V2 for an image that starts by UEFI, else V1."
  type        = string
  default     = "V2"

  validation {
    condition     = contains(["V1", "V2"], var.hyper_v_generation)
    error_message = "hyper_v_generation is V1 or V2."
  }
}

variable "resource_group_name" {
  description = "Resource group of the gallery."
  type        = string
}

variable "location" {
  description = "Region of the gallery."
  type        = string
}

variable "storage_account_name" {
  description = "Storage account for the blob."
  type        = string
}

variable "storage_account_id" {
  description = "Resource id of the same account."
  type        = string
}

variable "storage_container_name" {
  description = "Container for the blob."
  type        = string
}

variable "gallery_name" {
  description = "Azure Compute Gallery that takes the image."
  type        = string
}

variable "identifier" {
  description = "How the image is found in the gallery."
  type = object({
    publisher = string
    offer     = string
    sku       = string
  })
}

variable "target_regions" {
  description = "Regions of replicas, and how many in each."
  type        = map(number)
  default     = {}
}

variable "trusted_launch_supported" {
  description = "True only for images whose boot chain is signed."
  type        = bool
  default     = false
}

variable "end_of_life_date" {
  description = "When the version is no longer to be used, as RFC 3339 has it; null: never."
  type        = string
  default     = null
}
