"""Somebody at the console with what an operator has: its address, the authority, the token."""

import http.cookiejar
import pathlib
import ssl
import urllib.error
import urllib.parse
import urllib.request

from project import wait_for

ADDRESS = "https://127.0.0.1:4530"


class Browser:
    """Keeps cookies, follows redirects, and trusts the development authority alone."""

    def __init__(self, project):
        authority = pathlib.Path(project.environment["WEIR_CERTIFICATES"]) / "ca.pem"
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=authority)),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def ask(self, path, **fields):
        """GET, or POST where there are fields: the status, where it led to, the page."""
        body = urllib.parse.urlencode(fields).encode() if fields else None
        try:
            answer = self.opener.open(ADDRESS + path, body, timeout=20)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return answer.status, urllib.parse.urlsplit(answer.url).path, answer.read().decode()


def shows_everything(project, enrichers):
    """Nothing without the token; with it the overview, with what each service has said."""
    stranger = Browser(project)
    for ask in ({}, {"token": "not the token of this console"}):
        status, path, page = stranger.ask("/sign-in" if ask else "/", **ask)
        assert (status, path) == (401 if ask else 200, "/sign-in"), (status, path)
        assert "nfcapd" not in page and "Enrichers" not in page, page
    token = pathlib.Path(project.environment["WEIR_SECRETS"]) / "console.token"
    operator = Browser(project)
    status, path, page = operator.ask("/sign-in", token=token.read_text().strip())
    assert (status, path) == (200, "/"), (status, path, page)
    # It looks each 5 seconds: what was away before is seen then.
    wait_for("the console shows all services", lambda: is_whole(operator.ask("/")[2], enrichers))
    status, _, page = operator.ask("/inputs")
    assert status == 200 and "no answer" not in page, page


def is_whole(page, enrichers):
    """Whether sources, outputs and as many enrichers have answered."""
    parts = (">kinesis<", ">cloudwatch<", ">s3<", "udp://nfcapd:4739", "udp://collect:4739")
    count = page.count('data-label="Enricher"')
    return "no answer" not in page and all(part in page for part in parts) and count == enrichers
