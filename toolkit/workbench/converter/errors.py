# SPDX-License-Identifier: MIT
"""The one error the converter raises for bad news from outside."""


class WorkbenchError(Exception):
    """Something the user can read and act on; printed without a traceback."""
