"""A browser as far as signing in needs one: cookies a server, redirects, HTML forms with their hidden fields."""

from collections import defaultdict
from html.parser import HTMLParser
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urljoin, urlsplit

from tocsin_range.live.wire import Answer, Pairs, call

_MOST_HOPS = 12


class TooManyHops(OSError):
    """Redirects that do not end."""


class Browser:
    """One person's browser, on one machine, behind one address."""

    def __init__(self, *, address: str, device: str) -> None:
        """`address` is sent as X-Forwarded-For: on the loopback everybody would have the same; `device` as X-Device."""
        self.headers = {"X-Forwarded-For": address, "X-Device": device, "User-Agent": "Mozilla/5.0 (range)"}
        self.cookies: defaultdict[str, dict[str, str]] = defaultdict(dict)
        """Server (`host:port`) -> name -> value."""
        self.at = ""
        """Where the last request ended."""
        self.stays_off = ""
        """Beginning of addresses to which redirects are not followed: the answer that points there is given back."""

    def get(self, url: str) -> Answer:
        """Go somewhere, following redirects. Raises `OSError` or `HTTPException` without an answer."""
        return self._go("GET", url, None)

    def post(self, url: str, form: Pairs) -> Answer:
        """Send a form, following redirects."""
        return self._go("POST", url, form)

    def fill(self, page: Answer, wanted: dict[str, str]) -> Answer:
        """Send the form of a page that has these fields, its hidden fields (CSRF) included.

        Raises `ValueError` if the page has no such form.
        """
        for action, fields in forms(page.text):
            if wanted.keys() <= fields.keys():
                return self.post(urljoin(self.at, action), {**fields, **wanted})
        raise ValueError(f"no form with {', '.join(wanted)}")

    def _go(self, method: str, url: str, form: Pairs | None) -> Answer:
        for _ in range(_MOST_HOPS):
            server = urlsplit(url).netloc
            jar = self.cookies[server]
            cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}
            answer = call(method, url, headers={**self.headers, **cookie}, form=form)
            self._take(answer, jar)
            self.at = url
            if answer.status not in (301, 302, 303, 307) or not answer.header("Location"):
                return answer
            if self.stays_off and answer.header("Location").startswith(self.stays_off):
                return answer
            method, form, url = "GET", None, urljoin(url, answer.header("Location"))
        raise TooManyHops(f"more than {_MOST_HOPS} redirects")

    def _take(self, answer: Answer, jar: dict[str, str]) -> None:
        for name, text in answer.headers:
            if name.lower() == "set-cookie":
                try:
                    jar |= {key: morsel.value for key, morsel in SimpleCookie(text).items()}
                except CookieError:
                    continue


def forms(page: str) -> list[tuple[str, dict[str, str]]]:
    """(action, name -> value) of each form of a page."""
    reader = _Forms()
    reader.feed(page)
    return reader.found


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.found.append((given.get("action") or "", {}))
            self._inside = True
        elif tag == "input" and self._inside and given.get("name") and given.get("type") not in ("checkbox", "submit"):
            self.found[-1][1][given["name"] or ""] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
