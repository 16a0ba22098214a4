"""What other processes use: CPU time, memory, and what a Prometheus has sent."""

import re
import time
import urllib.request


def cpu_seconds(pid) -> float:
    """User and system time of all threads of a process, also of those that ended. Nanoseconds fine, /proc/PID/stat's
    ticks are not: the kernel's clock of that process, as clock_getcpuclockid(3) names it."""
    return time.clock_gettime(~pid << 3 | 2)


def settled_cpu_seconds(pid) -> float:
    """The same once the process is idle: what a request leaves behind (garbage, say) belongs to its price."""
    before = cpu_seconds(pid)
    for _ in range(100):
        time.sleep(0.02)
        now = cpu_seconds(pid)
        if now - before < 0.001:
            return now
        before = now
    return before


def forget_peak(pid):
    """From now on peak_kib() counts."""
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def peak_kib(pid) -> int:
    return _status(pid, "VmHWM:")


def resident_kib(pid) -> int:
    return _status(pid, "VmRSS:")


def _status(pid, field):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field))


def samples_of(exposition, name) -> float:
    """The sum of all series of one metric in Prometheus' text format; 0 when there is none."""
    return sum(float(value) for value in re.findall(rf"^{re.escape(name)}(?:{{.*}})? (\S+)", exposition, re.MULTILINE))


def sent_bytes(store_url) -> float:
    """Bodies that a Prometheus has sent as answers of its query API and of remote read."""
    with urllib.request.urlopen(f"{store_url}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    text = "\n".join(line for line in lines if 'handler="/api/v1/query_range"' in line or 'handler="/api/v1/read"' in line)
    return samples_of(text, "prometheus_http_response_size_bytes_sum")
