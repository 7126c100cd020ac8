"""Add up who may claim what: the seller's remaining claim and the buyer's residual use, so that no Wh counts twice.

Source: residual mix of the market-based method: what nobody claims is shared by all use that no certificate covers. A
seller whose certificates are sold uses the residual mix as everybody does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from qipan.certificates.model.balance import Share
from qipan.certificates.model.certificate import Holding, State, Usage
from qipan.kernel.errors import BadInputError


def balance(
    holdings: Iterable[Holding], owners: Mapping[str, str], usages: Iterable[Usage], covering_wh: Mapping[str, int]
) -> tuple[Share, ...]:
    """Return the share of everybody who made, has or used something, by name.

    Over all shares, what is made is what is open, retired or expired; what is sold is what is bought; what is used is
    what is covered and what is residual.

    Parameters
    ----------
    owners
        Owner of each device.
    covering_wh
        Use of each consumer that is covered for good.
    """
    made: dict[str, dict[str, int]] = {}

    def add(holder: str, name: str, wh: int) -> None:
        of_holder = made.setdefault(holder, {})
        of_holder[name] = of_holder.get(name, 0) + wh

    for one in holdings:
        if one.state is State.WITHDRAWN:
            continue
        owner = owners[one.device_id]
        add(owner, "made_wh", one.wh)
        if one.holder != owner:
            add(owner, "sold_wh", one.wh)
            add(one.holder, "bought_wh", one.wh)
        name = one.state.value if one.state.is_final else "open"
        add(one.holder, f"{name}_wh", one.wh)
    for usage in usages:
        add(usage.consumer, "used_wh", usage.wh)
    for consumer, wh in covering_wh.items():
        add(consumer, "covering_wh", wh)
    fields = [name for name in Share.__dataclass_fields__ if name != "holder"]
    return tuple(Share(holder, **{name: told.get(name, 0) for name in fields}) for holder, told in sorted(made.items()))


def residual_kg_per_kwh(shares: Sequence[Share], *, grid_wh: int, grid_kg: int) -> Fraction:
    """Return what a kWh emits that no certificate covers: all emissions, over all that nobody has claimed.

    Where the use of the grid is all told, emissions of residual use add up to those of the grid.

    Parameters
    ----------
    grid_wh, grid_kg
        What the grid has delivered, and emitted, in the time of the shares.

    Raises
    ------
    BadInputError
        ``grid_too_small`` unless the grid delivered more than covers use, and no less than was used.
    """
    covering_wh = sum(one.covering_wh for one in shares)
    used_wh = sum(one.used_wh for one in shares)
    if grid_kg < 0 or grid_wh <= covering_wh or grid_wh < used_wh:
        raise BadInputError(
            f"A grid must deliver what was used, {used_wh} Wh, and more than certificates cover, {covering_wh} Wh, and "
            f"not emit less than nothing, was {grid_wh} Wh and {grid_kg} kg.",
            code="grid_too_small",
            hint="Give what the whole grid delivered and emitted in that time.",
        )
    return Fraction(grid_kg * 1000, grid_wh - covering_wh)
