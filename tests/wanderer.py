"""A spider for tests of what lies below spiders: it asks for any address, follows redirects, and tells what came."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from loopback_web import LoopbackWeb
from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.settings import BaseSettings

from dongtin.settings import load
from spiders.outcomes import of_failure
from spiders.politeness import insist

ROOT = Path(__file__).parents[1]
FAST = {"DOWNLOAD_DELAY": "0.001", "AUTOTHROTTLE_ENABLED": "False", "RETRY_TIMES": "1", "DOWNLOAD_TIMEOUT": "20"}


class Wanderer(Spider):
    name = "wanderer"
    handle_httpstatus_list = (204, 403, 404, 410, 429, 500, 503)

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        settings.set("DONGTIN_SETTINGS", load(), priority="cmdline")
        # What lies below must hold for any spider, with whatever of Scrapy it uses: this one with all of it.
        settings.set("REDIRECT_ENABLED", True, priority="spider")
        settings.set("SPIDER_MIDDLEWARES", {}, priority="spider")
        insist(settings)

    async def start(self) -> AsyncIterator[Request]:
        for url in self.urls.split():
            yield Request(
                url,
                errback=self.failed,
                dont_filter=True,
                cb_kwargs={"given": url},
                meta={"download_slot": "thanhnien.vn"},
            )

    def parse(self, response: Response, given: str) -> None:
        self.tell(given, str(response.status), f"{len(response.body)} bytes of {response.url}")

    def failed(self, failure: Any) -> None:
        why = f"{type(failure.value).__name__}: {failure.value}"
        self.tell(failure.request.cb_kwargs["given"], of_failure(failure.value), why)

    def tell(self, url: str, outcome: str, why: str) -> None:
        print(json.dumps({"url": url, "outcome": outcome, "why": why}), flush=True)


class Wandering:
    """A process of its own. `settings` are Scrapy's; every name leads to `web`."""

    def __init__(self, web: LoopbackWeb, state: Path, *urls: str, **settings: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        environment |= {
            "LOOPBACK_PORT": str(web.port),
            "DONGTIN_STATE_DIR": str(state),
            "PYTHONPATH": str(ROOT / "tests"),
            "SCRAPY_SETTINGS_MODULE": "spiders.settings",
        }
        chosen = {
            **FAST,
            "SPIDER_MODULES": "wanderer",
            "COMMANDS_MODULE": "",
            "ITEM_PIPELINES": "{}",
            "TWISTED_DNS_RESOLVER": "loopback_web.ToLoopback",
            **settings,
        }
        command = [sys.executable, "-m", "scrapy", "crawl", "wanderer", "-a", "urls=" + " ".join(urls)]
        command += [part for name, value in chosen.items() for part in ("-s", f"{name}={value}")]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.log = ""
        self.why: dict[str, str] = {}

    def outcomes(self) -> dict[str, str]:
        """Address → status or outcome, when the process has ended."""
        output, self.log = self.process.communicate(timeout=120)
        told = [json.loads(line) for line in output.splitlines()]
        self.why = {line["url"]: line["why"] for line in told}
        assert self.process.returncode in (0, 1), self.log
        assert "Traceback" not in self.log, self.log
        return {line["url"]: line["outcome"] for line in told}


def wander(web: LoopbackWeb, state: Path, *urls: str, **settings: str) -> dict[str, str]:
    return Wandering(web, state, *urls, **settings).outcomes()
