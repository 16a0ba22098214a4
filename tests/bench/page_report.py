"""What pages cost, as text: a column for each way, and how it stands with the aims."""


def print_ways(ways):
    base = ways[0] if ways[0].proxy is None else None
    _row("", [f"({way.letter})" for way in ways])
    for title, what in (("wall, s", "wall"), ("Prometheus CPU, s", "store_cpu"), ("proxy CPU, s", "proxy_cpu")):
        _row(title, [_figures(way, what) for way in ways])
        if base and what != "proxy_cpu":
            _row("    of (a)", [f"{ratio(way, base, what):.3f}" for way in ways])
    _row("    ns a raw sample", [_each(way, _samples(way)) for way in ways])
    _row("    ns an answered point", [_each(way, way.points) for way in ways])
    _row("raw samples decoded", [f"{_samples(way):,.0f}" if _samples(way) else "-" for way in ways])
    _row("points answered", [f"{way.points:,}" for way in ways])
    _row("MB from the store", [f"{way.median('sent') / 1e6:.1f}" for way in ways])
    _row("MB to the client", [f"{way.to_client / 1e6:.1f}" for way in ways])
    _row("proxy memory, peak above idle, MiB", [f"{above_idle_mib(way):.1f}" if way.proxy else "-" for way in ways])


def print_aims(ways, hours):
    a, b, c = ways
    if hours == 1:
        _aim("(c) wall of (a)", ratio(c, a, "wall"), 0.45)
        return
    _aim("(c) Prometheus CPU of (a)", ratio(c, a, "store_cpu"), 0.03)
    _aim("(c) wall of (a)", ratio(c, a, "wall"), 0.1)
    _aim("(c) proxy CPU, ns a raw sample", c.median("proxy_cpu") / _samples(c) * 1e9, 12)
    _aim("(b) Prometheus CPU of (a)", ratio(b, a, "store_cpu"), 0.62)
    _aim("(b) wall of (a)", ratio(b, a, "wall"), 0.75)
    _aim("(c) proxy memory, peak above idle, MiB", above_idle_mib(c), 64)


def ratio(way, base, what):
    return way.median(what) / base.median(what)


def above_idle_mib(way):
    return (way.peak_kib - way.idle_kib) / 1024


def _row(title, cells):
    print((f"{title:36}" + "".join(f"{cell:>18}" for cell in cells)).rstrip())


def _aim(what, value, bound):
    print(f"aim: {what:39} {value:8.3f}  <= {bound:<5} {'met' if value <= bound else 'MISSED'}")


def _figures(way, what):
    if what == "proxy_cpu" and not way.proxy:
        return "-"
    return f"{way.median(what):.3f} ({way.best(what):.3f})"


def _samples(way):
    return way.median("samples")


def _each(way, count):
    return f"{way.median('proxy_cpu') / count * 1e9:.1f}" if way.proxy and count else "-"
