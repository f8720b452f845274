"""The province's identity provider, by OpenID Connect: authorization code with PKCE, state and nonce.

Authlib speaks OAuth 2.0 and joserfc checks the signed ID token; of the person nothing but that token is believed.
"""

import secrets
import ssl
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from streams.web.people.person import Person
from streams.web.people.roles import Role

PROVIDED = "oidc:"
"""How the accounts of the provider's people begin; no local account does."""
_SCOPE = "openid profile email"
_ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
"""Signatures by a key that the provider alone has: neither `none` nor HMAC."""
_CLOCKS_DIFFER = 60
"""Seconds."""
_TIMEOUT = 10.0
_ROLE = "ioc-"
"""How the values of the claim begin that are roles here: ``ioc-viewer``."""


class ProviderError(Exception):
    """A sign-in that the provider, or what it said, does not bear out; the message says why."""


class Begun(NamedTuple):
    """A sign-in that is under way at the provider."""

    url: str
    """Where the browser goes."""
    state: str
    nonce: str
    verifier: str


class Provider:
    """One client of one provider. Its addresses and keys are asked for when they are needed."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        *,
        callback: str,
        role_claim: str,
        now: Callable[[], float],
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        """``callback``: where browsers come back to. ``role_claim``: whose values say the role, with dots between
        names within names. ``trusted``: who vouches for the provider; None: whom the system trusts.
        """
        self._issuer, self._client_id, self._secret = issuer.rstrip("/"), client_id, client_secret
        self._callback, self._role_claim, self._now = callback, role_claim, now
        self._verify: ssl.SSLContext | bool = True if trusted is None else trusted
        self._metadata: Mapping[str, Any] | None = None

    async def begin(self) -> Begun:
        """Begin a sign-in. Raises ProviderError."""
        endpoint = (await self._known())["authorization_endpoint"]
        nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        async with self._client() as client:
            url, state = client.create_authorization_url(endpoint, code_verifier=verifier, nonce=nonce)
        return Begun(url, state, nonce, verifier)

    async def finish(self, begun: Begun, answer: Mapping[str, str]) -> Person:
        """The person whom the provider's answer is about. Raises ProviderError."""
        if "error" in answer:
            raise ProviderError(f"the provider refused: {answer['error']}")
        if answer.get("iss", self._issuer).rstrip("/") != self._issuer:
            raise ProviderError("the answer is another provider's")
        metadata = await self._known()
        try:
            async with self._client() as client:
                token = await client.fetch_token(
                    metadata["token_endpoint"], code=answer.get("code", ""), code_verifier=begun.verifier
                )
            keys = await self._read(metadata["jwks_uri"])
            claims = self._claims(token.get("id_token", ""), keys, begun.nonce)
        except (OAuthError, JoseError, httpx2.HTTPError, ValueError, TypeError, KeyError) as error:
            raise ProviderError(f"what the provider said does not hold: {error}") from None
        return self._person(claims)

    def _claims(self, id_token: str, keys: Any, nonce: str) -> Mapping[str, Any]:
        """Raises JoseError, ValueError."""
        claims = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS).claims
        rules = jwt.JWTClaimsRegistry(
            now=lambda: int(self._now()),
            leeway=_CLOCKS_DIFFER,
            sub={"essential": True},
            exp={"essential": True},
            aud={"essential": True, "value": self._client_id},
            nonce={"essential": True, "value": nonce},
        )
        rules.validate(claims)
        if str(claims.get("iss", "")).rstrip("/") != self._issuer:
            raise ValueError("the token is another provider's")
        if claims.get("azp", self._client_id) != self._client_id:
            raise ValueError("the token is for another client")
        return claims

    def _person(self, claims: Mapping[str, Any]) -> Person:
        subject = str(claims["sub"])
        name = str(claims.get("name") or claims.get("preferred_username") or claims.get("email") or subject)
        roles = [role for value in _values(claims, self._role_claim) if (role := _role(value)) is not None]
        if not roles:
            raise ProviderError(f"{name} ({subject}) has no role here: {self._role_claim} names no {_ROLE}...")
        return Person(f"{PROVIDED}{subject}", " ".join(name.split())[:80], max(roles))

    async def _known(self) -> Mapping[str, Any]:
        """What the provider publishes of itself (OpenID Connect Discovery 1.0). Raises ProviderError."""
        if self._metadata is None:
            url = f"{self._issuer}/.well-known/openid-configuration"
            try:
                found = await self._read(url)
                if str(found["issuer"]).rstrip("/") != self._issuer:
                    raise ValueError(f"it says that it is {found['issuer']}")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    found[name]
            except (httpx2.HTTPError, ValueError, LookupError, TypeError) as error:
                raise ProviderError(f"the provider at {url} cannot be asked: {error!r}") from None
            self._metadata = found
        return self._metadata

    async def _read(self, url: str) -> Any:
        """Raises HTTPError, ValueError."""
        async with httpx2.AsyncClient(verify=self._verify, trust_env=False, timeout=_TIMEOUT) as client:
            return (await client.get(url)).raise_for_status().json()

    def _client(self) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self._client_id,
            self._secret,
            scope=_SCOPE,
            redirect_uri=self._callback,
            code_challenge_method="S256",
            verify=self._verify,
            trust_env=False,
            timeout=_TIMEOUT,
        )


def _values(claims: Mapping[str, Any], path: str) -> list[str]:
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return [found] if isinstance(found, str) else [str(each) for each in found or []]


def _role(value: str) -> Role | None:
    try:
        return Role.named(value.removeprefix(_ROLE)) if value.startswith(_ROLE) else None
    except ValueError:
        return None
