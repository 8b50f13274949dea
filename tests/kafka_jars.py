"""The jars of the Kafka that tests run: fetched once by Maven, kept in the user's cache."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEPLOY = Path(__file__).resolve().parent.parent / "deploy" / "kafka-for-tests"
POM = DEPLOY / "pom.xml"

JAVA_NEEDED = 17
FETCH_TIMEOUT_S = 900
INSTALL = "install Java 17 or later and Maven, e.g. apt-get install openjdk-17-jre-headless maven"
COPY_JARS = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


class KafkaUnavailable(Exception):
    """No test broker can be had or started; the text says why, and what to install where something is missing."""


def java() -> str:
    """The path of a Java 17 or later: of `JAVA_HOME` where that is set, else of `PATH`. Raises KafkaUnavailable."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    if found is None:
        raise KafkaUnavailable(f"java was not found; {INSTALL}")
    told = _version(found)
    version = re.search(r'version "(\d{1,4})', told)
    if version is None or int(version[1]) < JAVA_NEEDED:
        first_line = (told.splitlines() or ["no version"])[0]
        raise KafkaUnavailable(f"{found} is too old ({first_line}); {INSTALL}")
    return found


def jars() -> Path:
    """The folder of the jars, complete. Fetches them where the cache has none; safe to call from several processes.

    The folder's name holds the release and a hash of pom.xml, so that another pom.xml never meets old jars. It comes
    into being by a rename, after every jar in it was read to its end. Raises KafkaUnavailable.
    """
    pom = POM.read_bytes()
    release = re.search(rb"<kafka\.version>([0-9.]{1,20})</kafka\.version>", pom)
    if release is None:
        raise KafkaUnavailable(f"{POM} names no kafka.version")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dongtin"
    folder = cache / f"kafka-{release[1].decode()}-{hashlib.sha256(pom).hexdigest()[:8]}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with lock(folder.with_name(folder.name + ".lock")):
            if not folder.is_dir():
                _fetch(folder)
    return folder


def classes() -> Path:
    """Where the classes are kept that this Java has loaded from these jars. Raises KafkaUnavailable."""
    folder = jars()
    return folder.with_name(f"{folder.name}-{hashlib.sha256(_version(java()).encode()).hexdigest()[:8]}.jsa")


def _version(java: str) -> str:
    return subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60).stderr


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise KafkaUnavailable(f"mvn was not found, and Kafka's jars are not in {folder}; {INSTALL}")
    for left_by_a_killed_run in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(left_by_a_killed_run, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        complete = Path(temporary) / "jars"
        command = [
            maven,
            "-q",
            "-B",
            "-f",
            str(POM),
            COPY_JARS,
            "-DincludeScope=runtime",
            f"-DoutputDirectory={complete}",
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise KafkaUnavailable(f"Maven did not fetch Kafka's jars within {FETCH_TIMEOUT_S} s") from None
        if done.returncode != 0:
            raise KafkaUnavailable(f"Maven could not fetch Kafka's jars:\n{(done.stdout + done.stderr)[-2000:]}")
        _check(complete)
        complete.rename(folder)


def _check(folder: Path) -> None:
    """A cut download shows as a jar that cannot be read to its end; Maven itself only warns of a wrong checksum."""
    for jar in sorted(folder.glob("*.jar")):
        try:
            with zipfile.ZipFile(jar) as archive:
                damaged = archive.testzip()
        except zipfile.BadZipFile:
            damaged = jar.name
        if damaged is not None:
            raise KafkaUnavailable(f"{jar.name} was not fetched whole; delete it from Maven's repository and run again")
    if not list(folder.glob("kafka_2.13-*.jar")):
        raise KafkaUnavailable("Maven fetched no Kafka")


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Held by one process at a time; given back by the kernel when its holder dies."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
