# SPDX-License-Identifier: MIT
"""Turns Debian binary packages into a signed RPM repository."""
