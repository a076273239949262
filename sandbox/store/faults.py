"""What can go wrong in the store, with ClickHouse's own error codes and HTTP statuses."""

import re
from enum import IntEnum

_ENGINE_MESSAGE = re.compile(r"Code: (\d+)\. (DB::.*)", re.DOTALL)


class Code(IntEnum):
    """The error codes of ClickHouse that the front itself answers with."""

    BAD_ARGUMENTS = 36
    NOT_IMPLEMENTED = 48
    SYNTAX_ERROR = 62
    CANNOT_DECOMPRESS = 271
    QUERY_IS_TOO_LARGE = 229
    NOT_ENOUGH_SPACE = 243
    ACCESS_DENIED = 497
    SET_NON_GRANTED_ROLE = 512
    AUTHENTICATION_FAILED = 516
    UNKNOWN_EXCEPTION = 1002


_BAD_REQUEST = {6, 25, 26, 27, 36, 38, 41, 44, 53, 62, 69, 72, 117, 15, 16, 168, 254, 321, 356, 376, 427, 441, 675, 676}
_FORBIDDEN = {192, 193, 497, 512, 516}
_NOT_FOUND = {46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 130, 511}
_OTHER = {48: 501, 159: 408, 209: 503, 229: 413, 411: 411, 439: 503, 76: 503}


class EngineFault(RuntimeError):
    """A statement that was refused or failed: ClickHouse's code, and the text a server would send."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"Code: {code}. {text}")
        self.code = code

    @property
    def status(self) -> int:
        """The HTTP status that a server answers this code with (ClickHouse, exceptionCodeToHTTPStatus.cpp)."""
        if self.code in _BAD_REQUEST:
            return 400
        if self.code in _FORBIDDEN:
            return 403
        if self.code in _NOT_FOUND:
            return 404
        return _OTHER.get(self.code, 500)


class StoreFault(RuntimeError):
    """The store cannot start; one sentence with the mend."""


def refused(code: Code, reason: str) -> EngineFault:
    """A fault of the front itself, in the shape of a server's."""
    return EngineFault(code, f"DB::Exception: {reason} ({code.name})")


def from_engine(error: Exception, user: str) -> EngineFault:
    """The fault that an exception of the engine stands for. The engine calls every user of ours by one name."""
    message = str(error).replace("default: Not enough privileges", f"{user}: Not enough privileges")
    found = _ENGINE_MESSAGE.search(message)
    if found is None:
        return EngineFault(Code.UNKNOWN_EXCEPTION, f"DB::Exception: {message} (UNKNOWN_EXCEPTION)")
    return EngineFault(int(found[1]), found[2].strip())
