"""The few kinds of error that leave iqa, each worded for a physicist.

    IqaError
    ├── UsageError         the command or call itself makes no sense
    ├── InputError         a file, folder or series cannot be used
    └── DefinitionError    a phantom, physics or settings file is wrong: file, key, expected, found

What an image merely does not hold is no error: it is a `NotMeasured` or `Refused` value of `iqa.model`.
No error may carry a patient attribute.
"""

from __future__ import annotations


class IqaError(Exception):
    """Something could not be done; the message says what, where, what was expected and what to do."""


class UsageError(IqaError):
    """The command or call itself makes no sense (a wrong option, an unknown name)."""


class InputError(IqaError):
    """A file, folder or series cannot be used.

    Attributes
    ----------
    path : str
        The offending path, to print and never to store.
    reason : str
        One sentence: what is wrong, what was expected, what to do.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class DefinitionError(IqaError):
    """A definition file breaks its schema or contradicts itself.

    Attributes
    ----------
    file : str
        The file that was read.
    key : str
        Dotted path to the bad field, such as ``module.CTP404.insert.teflon.diameter_mm``.
    expected, found : str
        What the field must be and what stands there.
    """

    def __init__(self, file: str, key: str, expected: str, found: str) -> None:
        super().__init__(f"{file}: {key}: expected {expected}, found {found}")
        self.file = file
        self.key = key
        self.expected = expected
        self.found = found
