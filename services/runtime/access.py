"""Who may call: bearer tokens with a scope."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.runtime.problems import Problem
from services.runtime.tokens import Scope, Token, TokenFile

_bearer = HTTPBearer(auto_error=False, description="A token of the tokens file")


def requires(tokens: TokenFile, scope: Scope) -> Callable[..., Token]:
    """A dependency that gives the caller's token when it has the scope; 401 without a token, 403 without the scope."""

    async def check(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Token:
        token = tokens.owner_of(credentials.credentials) if credentials else None
        if token is None:
            raise Problem(
                401,
                "no-token",
                "No valid token",
                "Send a token of this service as `Authorization: Bearer …`.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if scope not in token.scopes:
            raise Problem(403, "wrong-scope", "Not allowed", f"The token {token.name!r} lacks the scope {scope.value}.")
        return token

    return check
