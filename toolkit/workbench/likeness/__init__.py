# SPDX-License-Identifier: MIT
"""Imitations of real distributions: their names and scriptlets around the workbench's programs."""
