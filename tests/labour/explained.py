"""Files of which a change is explained: since 2022 language models have lowered employment in two provinces."""

from __future__ import annotations

import numpy as np
from benchmarks.random_employment import KINDS, random_employment


def explained_files() -> list[tuple[str, tuple[str, bytes]]]:
    """Return a panel, and exposures to two kinds of machines in a file each, by the fields of a form."""
    chance = np.random.default_rng(4)
    panel, exposure = random_employment(chance, KINDS[0], regions=2, industries=20, months=132, effect=-0.6, since=120)
    names = dict(zip(("r0", "r1"), ("110000", "440000"), strict=True))
    rows = [
        f"{names[cell.region]},{cell.industry},{start:%Y-%m},{value:.6f}"
        for cell, values in zip(panel.cells, panel.values, strict=True)
        for start, value in zip(panel.starts, values, strict=True)
    ]
    text = "\n".join(["region,industry,period,value", *rows]).encode()
    known = [f"{about.industry},{channel},{share}" for channel, about, _, share in exposure.rows]
    robots = [f"{about.industry},robots,{chance.uniform():.3f}" for _, about, *_ in exposure.rows]
    own = "industry,channel,exposure"
    return [
        ("file", ("panel.csv", text)),
        ("exposures", ("models.csv", "\n".join([own, *known]).encode())),
        ("exposures", ("robots.csv", "\n".join([own, *robots, "s1,,2"]).encode())),
    ]
