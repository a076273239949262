"""Who may call: bearer tokens with a scope."""

from collections.abc import Awaitable, Callable, Collection
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.runtime.problems import Problem
from services.runtime.tokens import Scope, Token, TokenFile

_bearer = HTTPBearer(auto_error=False, description="A token of the tokens file")


def requires(tokens: TokenFile, scope: Scope) -> Callable[..., Awaitable[Token]]:
    """A dependency that gives the caller's token when it has the scope; 401 without a token, 403 without the scope."""

    async def check(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Token:
        return permitted(tokens.owner_of(credentials.credentials) if credentials else None, {scope})

    return check


def permitted(token: Token | None, scopes: Collection[Scope]) -> Token:
    """The token when it has one of the scopes. Raises Problem: 401 without a token, 403 without any of the scopes."""
    if token is None:
        raise Problem(
            401,
            "no-token",
            "No valid token",
            "Send a token of this service as `Authorization: Bearer …`.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if token.scopes.isdisjoint(scopes):
        lacking = " or ".join(sorted(scope.value for scope in scopes))
        raise Problem(403, "wrong-scope", "Not allowed", f"The token {token.name!r} lacks the scope {lacking}.")
    return token
