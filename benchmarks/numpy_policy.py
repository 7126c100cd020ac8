"""The equations of ``qipan.policy`` written a second time, in plain numpy over all members at once: a peer."""

from __future__ import annotations

from typing import Any

import numpy as np

from qipan.policy.model.lever import Lever
from qipan.policy.model.parameter import STRUCTURE
from qipan.policy.model.study import Effect, Property
from qipan.policy.model.world import Stock, Trait
from qipan.policy.simulate import Scene

TINY = 1e-12


def run(scene: Scene, levers: tuple[Lever, ...]) -> dict[str, np.ndarray]:  # noqa: PLR0915 - one loop, as on paper
    """Return what each member comes to: paths of output, Theil's T and displaced; effects on output and gap; talent."""
    q = {name: scene.draws.structure[:, at, None] for at, name in enumerate(STRUCTURE)}
    world, people, dt = scene.world, scene.world.population, scene.spending.years_a_period
    yearly = scene.spending.of(levers).yearly
    members = len(scene.base)
    s = {stock: np.repeat(world.stocks[stock][None, :], members, axis=0) for stock in Stock}
    s["free"], s["added"] = s[Stock.CAPITAL].copy(), np.zeros_like(s[Stock.OUTPUT])
    heads = people.sum()
    compute_mean, talent_mean = s[Stock.COMPUTE][0].sum() / heads, s[Stock.TALENT][0].sum() / heads
    seen: dict[str, Any] = {"output": [], "theil": [], "displaced": []}
    to_output, to_gap = np.zeros((members, len(Effect))), np.zeros((members, len(Effect)))
    came_all, fallen = np.zeros_like(s["added"]), np.zeros((members, 1))
    made_mean = per_use = deployed = None
    for t in range(len(yearly) + 1):
        y, rel, log_rel, total = produce(scene, s, q, t * dt, people)
        seen["output"].append(total[:, 0])
        seen["theil"].append((y / total * log_rel).sum(axis=1))
        seen["displaced"].append(s[Stock.DISPLACED].sum(axis=1))
        if t == len(yearly):
            break
        p, a = s[Stock.PENETRATION], s[Stock.KNOWLEDGE]
        if made_mean is None:
            made_mean = (people * p * a * rel).sum(axis=1, keepdims=True) / heads
            per_use = (
                q["compute_used"] * s[Stock.COMPUTE].sum(axis=1, keepdims=True) / (p * y).sum(axis=1, keepdims=True)
            )
            s["deployed"] = np.maximum(p * rel * q["earlier_years"], TINY)
            deployed = s["deployed"].copy()
        spend = dict(zip(Lever, yearly[t], strict=True))
        if Property.SUDDEN in scene.on:
            broke = scene.draws.chance[:, t, None] < 1.0 - np.exp(-q["breakthroughs_a_year"] * dt)
            fallen = fallen + broke * q["breakthrough_fall"]
        served = move_compute(s, q, spend, y, total, per_use)
        transfer = served["transfer"] + share_enclaves(q, spend, y)
        log_a = np.log(a)
        rise, grown = learn(scene, s, q, spend, y, rel, total, served, fallen, made_mean, compute_mean, talent_mean, dt)
        effects = weigh(scene, s, q, log_a, y, log_rel, total, served, rise, deployed, dt)
        share, theil = y / total, seen["theil"][-1][:, None]
        for k in range(len(Effect)):
            to_output[:, k] += (share * effects[k]).sum(axis=1)
            to_gap[:, k] += (share * (log_rel - theil) * effects[k]).sum(axis=1)
            s["added"] = s["added"] + effects[k]
        talent, near = s[Stock.TALENT], world.nearness
        pull = np.exp(q["talent_to_income"] * log_rel + q["talent_to_knowledge"] * log_a)
        whole = np.maximum((pull * talent).sum(axis=1, keepdims=True), TINY)
        came = dt * q["talent_mobility"] * talent * (pull * (talent @ near) - (pull * talent) @ near) / whole
        came_all += came
        per_mille = 1000.0 / y
        s["deployed"] = s["deployed"] + dt * p * rel
        s[Stock.PENETRATION] = p + rise
        s[Stock.TALENT] = (
            talent + came + dt * q["lever_talent"] * per_mille * spend[Lever.TALENT] * talent_mean * people
        )
        s[Stock.COMPUTE] = s[Stock.COMPUTE] + dt * (
            q["compute_follows"] * np.maximum(served["demand"] / q["compute_used"] - s[Stock.COMPUTE], 0.0)
            + q["lever_infrastructure"] * per_mille * spend[Lever.INFRASTRUCTURE] * compute_mean * people
        )
        leaves = np.minimum(dt * (q["reemployment"] + q["lever_support"] * per_mille * spend[Lever.SUPPORT]), 1.0)
        jobs = q["jobs_share"] * people
        lost = q["displaced_share"] * world.traits[Trait.EXPOSURE] * np.maximum(rise, 0.0) * jobs
        s[Stock.DISPLACED] = s[Stock.DISPLACED] * (1.0 - leaves) + lost
        income = np.maximum(y * (1.0 - yearly[t].sum() / total) + transfer, 0.0)
        loss = q["capital_loss"]
        s[Stock.CAPITAL] = s[Stock.CAPITAL] + dt * (q["saved_share"] * income - loss * s[Stock.CAPITAL])
        s["free"] = s["free"] + dt * (q["saved_share"] * np.exp(based(scene, t * dt)) - loss * s["free"])
        s[Stock.DATA], s[Stock.KNOWLEDGE] = grown
    found = {name: np.stack(values, axis=1) for name, values in seen.items()}
    return {**found, "to_output": to_output, "to_gap": to_gap, "talent_in": came_all}


def based(scene: Scene, year: float) -> np.ndarray:
    """Return the logarithm of output without AI at a time."""
    before = min(int(year), scene.base.shape[1] - 2)
    part = year - before
    return np.asarray(scene.base[:, before] * (1.0 - part) + scene.base[:, before + 1] * part)


def produce(scene: Scene, s: dict[Any, Any], q: dict[str, Any], year: float, people: np.ndarray) -> tuple[Any, ...]:
    """Return output, per head against the mean, its logarithm, and the nation's output."""
    y = np.exp(based(scene, year) + s["added"] + q["capital_share"] * np.log(s[Stock.CAPITAL] / s["free"]))
    total = y.sum(axis=1, keepdims=True)
    rel = y / people * people.sum() / total
    return y, rel, np.log(rel), total


def move_compute(s: Any, q: Any, spend: Any, y: Any, total: Any, per_use: Any) -> dict[str, Any]:
    """Return demand, what is served to others and by others, the share served, and what is paid."""
    c = s[Stock.COMPUTE]
    demand = per_use * s[Stock.PENETRATION] * y
    idle, lacking = np.maximum(c - demand, 0.0), np.maximum(demand - c, 0.0)
    all_idle, all_lacking = idle.sum(axis=1, keepdims=True), lacking.sum(axis=1, keepdims=True)
    spent = spend[Lever.COORDINATION].sum()
    reach = 1.0 - (1.0 - q["compute_moved"]) * np.exp(-q["lever_coordination"] * 1000.0 * spent / total)
    moved = np.minimum(reach * all_idle, all_lacking)
    out, into = moved * idle / np.maximum(all_idle, TINY), moved * lacking / np.maximum(all_lacking, TINY)
    pay = (
        q["compensation"] * total * moved / np.maximum(c.sum(axis=1, keepdims=True), TINY)
        if spent > 0.0
        else 0.0 * total
    )
    service = (np.minimum(demand, c) + into) / np.maximum(demand, TINY)
    return {
        "demand": demand, "out": out, "in": into, "service": service,
        "transfer": pay * (out - into) / np.maximum(moved, TINY),
    }  # fmt: skip


def share_enclaves(q: Any, spend: Any, y: Any) -> Any:
    """Return what enclaves give back."""
    spent = spend[Lever.ENCLAVE]
    has = spent > 0.0
    if has.all():
        return np.zeros_like(y)
    given = q["enclave_shared"] * spent.sum()
    return np.where(has, -q["enclave_shared"] * spent, given * y / (y * ~has).sum(axis=1, keepdims=True))


def learn(
    scene: Scene, s: Any, q: Any, spend: Any, y: Any, rel: Any, total: Any, served: Any, fallen: Any, made_mean: Any,
    compute_mean: float, talent_mean: float, dt: float,
) -> tuple[Any, tuple[Any, Any]]:  # fmt: skip
    """Return how penetration rises, and data and knowledge afterwards."""
    people, near = scene.world.population, scene.world.nearness
    a, d, p = s[Stock.KNOWLEDGE], s[Stock.DATA], s[Stock.PENETRATION]
    front = (y * a).sum(axis=1, keepdims=True) / total
    spread = (people * p).sum(axis=1, keepdims=True) / people.sum()
    c, h = np.log(s[Stock.COMPUTE] / people / compute_mean), np.log(s[Stock.TALENT] / people / talent_mean)
    made = created = np.ones_like(a)
    if Property.CUMULATIVE in scene.on:
        mixed = d @ (near / np.maximum(near.sum(axis=0), TINY))
        data = np.log(np.maximum(d + q["data_shared"] * (mixed - d), TINY))
        created = np.exp(q["knowledge_of_data"] * data + q["knowledge_of_compute"] * c + q["knowledge_of_talent"] * h)
        made = p * a * rel / made_mean
    if Property.SUDDEN in scene.on:
        beyond = 0.5 * (c + h) - q["breakthrough_threshold"] + fallen
        created = created * (1.0 + q["breakthrough_gain"] / (1.0 + np.exp(-q["breakthrough_steepness"] * beyond)))
    per_mille = 1000.0 / y
    speed = q["adoption_speed"] * (1.0 + q["lever_ai_plus"] * per_mille * spend[Lever.AI_PLUS]) * served["service"]
    rise = speed * a ** q["adoption_of_knowledge"] * p * (1.0 - p) + q["adoption_spread"] * (spread - p)
    closes = np.minimum(q["lever_enclave"] * per_mille * spend[Lever.ENCLAVE] * dt, 1.0)
    data_after = d + dt * q["data_loss"] * (made - d)
    grown = a + dt * q["knowledge_loss"] * (created - a) + closes * np.maximum(front - a, 0.0)
    return np.clip(p + dt * rise, 0.0, 1.0) - p, (data_after, np.maximum(grown, TINY))


def weigh(
    scene: Scene, s: Any, q: Any, log_a: Any, y: Any, log_rel: Any, total: Any, served: Any, rise: Any, deployed: Any,
    dt: float,
) -> list[Any]:  # fmt: skip
    """Return what each effect adds to the logarithm of output of each region."""
    people, traits, p = scene.world.population, scene.world.traits, s[Stock.PENETRATION]
    spread = (people * p).sum(axis=1, keepdims=True) / people.sum()
    known = (y / total * log_a).sum(axis=1, keepdims=True)
    fit = traits[Trait.FIT] if Property.COUPLING in scene.on else 1.0
    better = (s["deployed"] / deployed) ** q["learning"] if Property.EVOLUTIONARY in scene.on else 1.0
    work = np.maximum(s[Stock.COMPUTE] + served["demand"], TINY)
    gains = [
        q["gain_remote"] * p * np.maximum(-log_rel, 0.0) * dt,
        q["gain_division"] * (served["out"] + served["in"]) / work * dt,
        q["gain_advantage"] * traits[Trait.GREEN] * served["out"] / np.maximum(s[Stock.COMPUTE], TINY) * dt,
        q["gain_features"] * fit * better * rise,
        q["loss_dividend"] * spread * (log_a - known) * dt,
        -q["loss_penetration"] * np.maximum(spread - p, 0.0) * dt,
        -q["loss_inclusion"] * s[Stock.DISPLACED] / (q["jobs_share"] * people) * dt,
    ]
    return [gain * (effect in scene.effects) for gain, effect in zip(gains, Effect, strict=True)]
