"""What pages cost, as text: a column for each way, and how it stands with the aims."""

import page_warm


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


def print_warm(base, ways):
    """What the cache makes of the page; `base` is (a)."""
    print()
    for way in ways:
        print(f"({way.letter}) {way.name}")
    _row("", [f"({way.letter})" for way in ways])
    for title, what in (("wall, s", "wall"), ("Prometheus CPU, s", "store_cpu"), ("proxy CPU, s", "proxy_cpu")):
        _row(title, [f"{way.middle(what):.4f} ({way.best(what):.4f})" for way in ways])
        if what != "proxy_cpu":
            _row("    of (a)", [f"{way.middle(what) / base.median(what):.4f}" for way in ways])
    _row("    ns an answered point", [f"{_ns_a_point(way):.1f}" for way in ways])
    _row("points answered", [f"{way.middle('points'):,.0f}" for way in ways])
    for word in ("miss", "partial", "hit", "bypass"):
        _row(f"X-SPM-Cache: {word}", [f"{way.words[word]}" for way in ways])


def print_warm_aims(base, ways):
    of = {way.letter: way for way in ways}
    _aim("(e) Prometheus CPU of (a)", of["e"].middle("store_cpu") / base.median("store_cpu"), 0.004)
    _aim("(e) wall of (a), 1/60", of["e"].middle("wall") / base.median("wall"), 0.0167)
    _aim("(e) proxy CPU, ns an answered point", _ns_a_point(of["e"]), 150)
    _aim("(d) wall of (a), 1/100", of["d"].middle("wall") / base.median("wall"), 0.01)
    _aim("(f) Prometheus CPU of one viewer's", of["f"].middle("store_cpu") / of["f1"].middle("store_cpu"), 1.1)


def print_memory(found):
    print(f"\n{found['pages']:,} pages of many windows. VmRSS, MiB: {found['idle']:.1f} before, {found['after']:.1f} after, "
          f"{found['most']:.1f} the most seen after a page, {found['peak']:.1f} the peak (VmHWM); "
          f"{found['held']:.1f} are kept")
    _aim("VmRSS, MiB: the cache's budget + 64", found["most"], page_warm.BUDGET_MIB + page_warm.BESIDE_MIB)


def _ns_a_point(way):
    return way.middle("proxy_cpu") / way.middle("points") * 1e9


def ratio(way, base, what):
    return way.median(what) / base.median(what)


def above_idle_mib(way):
    return (way.peak_kib - way.idle_kib) / 1024


def _row(title, cells):
    print((f"{title:36}" + "".join(f"{cell:>18}" for cell in cells)).rstrip())


def _aim(what, value, bound):
    print(f"aim: {what:39} {value:8.4f}  <= {bound:<6} {'met' if value <= bound else 'MISSED'}")


def _figures(way, what):
    if what == "proxy_cpu" and not way.proxy:
        return "-"
    return f"{way.median(what):.3f} ({way.best(what):.3f})"


def _samples(way):
    return way.median("samples")


def _each(way, count):
    return f"{way.median('proxy_cpu') / count * 1e9:.1f}" if way.proxy and count else "-"
