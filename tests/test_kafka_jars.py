import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from kafka_jars import KafkaUnavailable, jars, java

JAR = "kafka_2.13-0.jar"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty cache, and a folder of programs of its own in front of PATH."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return tmp_path


def install_maven(machine: Path, jar: bytes) -> None:
    """A Maven that delivers one jar, and writes a line into `calls` each time."""
    (machine / "delivered.jar").write_bytes(jar)
    program = machine / "bin" / "mvn"
    program.write_text(
        "#!/bin/sh\n"
        f"echo called >> {machine}/calls\n"
        'for argument; do case $argument in -DoutputDirectory=*) out="${argument#*=}";; esac; done\n'
        f'mkdir -p "$out" && sleep 0.2 && cp {machine}/delivered.jar "$out/{JAR}"\n'
    )
    program.chmod(0o755)


def jar_file() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("Class.class"), b"x" * 5000)
    return buffer.getvalue()


@pytest.mark.parametrize("kept", [0, 100, 3000, -1])
def test_a_cut_download_is_not_taken_for_complete(machine: Path, kept: int) -> None:
    install_maven(machine, jar_file()[:kept])
    with pytest.raises(KafkaUnavailable, match="not fetched whole"):
        jars()
    install_maven(machine, jar_file())
    assert (jars() / JAR).read_bytes() == jar_file()


def test_two_runs_at_the_same_time_fetch_once_and_both_have_all(machine: Path) -> None:
    install_maven(machine, jar_file())
    program = "from kafka_jars import jars; print(jars())"
    command = [sys.executable, "-c", program]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parent) for _ in range(3)]
    folders = {run.communicate()[0] for run in runs}

    assert [run.returncode for run in runs] == [0, 0, 0]
    assert len(folders) == 1
    assert (Path(folders.pop().decode().strip()) / JAR).read_bytes() == jar_file()
    assert (machine / "calls").read_text().splitlines() == ["called"]


def test_what_is_missing_is_told_in_one_line(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(machine / "bin"))
    for need in (java, jars):
        with pytest.raises(KafkaUnavailable, match="apt-get install openjdk-17-jre-headless maven") as caught:
            need()
        assert "\n" not in str(caught.value)


def test_an_old_java_is_refused(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = machine / "bin" / "java"
    program.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    program.chmod(0o755)
    with pytest.raises(KafkaUnavailable, match=r"too old .*11\.0\.2"):
        java()
