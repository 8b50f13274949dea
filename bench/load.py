"""Many pages through reading processes: how many a second, and how much memory they come to hold."""

import multiprocessing
import time
from pathlib import Path

PAGES_OF_A_PROCESS = 1_500
MANY, FEW = 10_000, 1_000
PUBLISHERS = ("thanhnien", "tuoitre", "vtv", "vietnam")


def throughput() -> list[str]:
    """Pages a second with one worker and its reading process, and with two, as lines of Markdown."""
    one, two = _pages_a_second(1), _pages_a_second(2)
    return [f"One worker with its reading process: {one:.0f} pages a second; two: {two:.0f} ({two / one:.2f} times)."]


def footprint() -> list[str]:
    """Resident memory of a worker and its reading process after some and after many pages, as lines of Markdown."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        (few, many) = pool.apply(_grow)
    return [
        "| after | worker, MB | reading process, MB |",
        "|---|---:|---:|",
        f"| {FEW:,} pages | {few[0]:.0f} | {few[1]:.0f} |",
        f"| {MANY:,} pages | {many[0]:.0f} | {many[1]:.0f} |",
    ]


def _pages_a_second(processes: int) -> float:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes + 1)
    workers = [context.Process(target=_work, args=(barrier,)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    barrier.wait()
    began = time.perf_counter()
    barrier.wait()
    taken = time.perf_counter() - began
    for worker in workers:
        worker.join()
    return processes * PAGES_OF_A_PROCESS / taken


def _work(barrier: "multiprocessing.synchronize.Barrier") -> None:  # type: ignore[name-defined]
    from bench.pages import pages
    from bench.read import message, worked
    from processors.pipeline import Normalizer
    from processors.reader import Reader

    messages = [message(page) for page in pages(PUBLISHERS)]
    with Reader() as reader:
        stage = Normalizer("/bench/normalizer", reader.look, ahead=reader)
        worked(stage, messages, 0)
        barrier.wait()
        for number in range(PAGES_OF_A_PROCESS):
            worked(stage, messages, number % len(messages))
        barrier.wait()


def _grow() -> list[tuple[float, float]]:
    """Memory of this process, which has done nothing else, and of its reading process."""
    from bench.pages import pages
    from bench.read import worked
    from dongtin.codec import page_record
    from dongtin.record import Message
    from processors.pipeline import Normalizer
    from processors.reader import Reader

    records = [page_record(page.page, page.key, "/bench/spiders") for page in pages(PUBLISHERS)]
    messages = [Message(each.topic, 0, 1, 0, each.key, each.value, each.headers) for each in records]
    found = []
    with Reader() as reader:
        stage = Normalizer("/bench/normalizer", reader.look, ahead=reader)
        for number in range(1, MANY + 1):
            worked(stage, messages, number % len(messages))
            if number in (FEW, MANY):
                found.append((_resident_mb("self"), _resident_mb(str(reader.pid))))
    return found


def _resident_mb(process: str) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024
