"""What anybody with a password does over HTTP, honest or not: sign in at a service, search, open patients."""

import http.client
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tocsin_range.live.browser import Browser
from tocsin_range.live.wire import Answer

LOST = (OSError, http.client.HTTPException)


class Refused(Exception):
    """The account is stopped: `where` (provider or service), and the status or words of the refusal."""

    def __init__(self, where: str, how: str) -> None:
        super().__init__(f"{where}: {how}")
        self.where = where
        self.how = how


@dataclass(slots=True)
class Visit:
    """One account, used from one browser."""

    user_name: str
    password: str
    browser: Browser
    signed_in: set[str] = field(default_factory=set)
    """Services (URL) where this browser has a session."""

    def sign_in(self, service: str) -> None:
        """Sign in at a service through the provider's forms; a session at the provider makes it silent.

        Raises `Refused` if the provider or the service does not let the account in.
        """
        page = self.browser.get(f"{service}/login")
        for fields in ({"login": self.user_name}, {"password": self.password}):
            if self.browser.at.startswith(service):
                break
            try:
                page = self.browser.fill(page, fields)
            except ValueError:
                raise Refused("provider", f"{page.status}") from None
        if not self.browser.at.startswith(service):
            raise Refused("provider", "the password is refused")
        if page.status != 200:
            raise Refused("service", f"sign-in answered {page.status}")
        self.signed_in.add(service)

    def search(self, service: str, *, family: str = "", birthdate: str = "", offset: int = 0) -> list[str]:
        """Ids of the patients of one page of results. Raises `Refused`."""
        asked = {"family": family, "birthdate": birthdate, "_offset": str(offset)}
        query = urlencode({name: value for name, value in asked.items() if value and value != "0"})
        return [one["id"] for one in self._ask(service, f"/patients?{query}").json()["patients"]]

    def open(self, service: str, patient: str) -> dict[str, object]:
        """What the service shows of a patient. Raises `Refused`."""
        told: dict[str, object] = self._ask(service, f"/patients/{patient}").json()
        return told

    def sign_out(self, service: str) -> None:
        """End the session at a service."""
        self.browser.get(f"{service}/logout")
        self.signed_in.discard(service)

    def _ask(self, service: str, path: str) -> Answer:
        if service not in self.signed_in:
            self.sign_in(service)
        answer = self.browser.get(service + path)
        if answer.status == 401:
            raise Refused("service", "401")
        if answer.status != 200:
            raise OSError(f"{answer.status}")
        return answer
