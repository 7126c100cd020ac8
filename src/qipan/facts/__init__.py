"""Shipped numbers: one place each, with unit, date, source and status; code and the docs page read them from here.

One grammar of names: ``subject/whose/quantity/when``, lower case, from the general to the particular, the year last
and only where several years stand side by side. ``region/640000/lon_deg``, ``cluster/zhongwei/pue_target``,
``tier/realtime/round_trip_ms_max``, ``grid/location_factor/640000/2022``. Who or where is written as an adcode, an
identifier of a hub or cluster, or ``cn`` for the whole country; a number that is a series ends in its index
(``price/spot_shape/17``).

Three kinds of file. ``figures/*.csv`` hold one fact a row. ``places/*.csv`` hold one thing a row; beside each,
``*.columns.csv`` says what a column means and ``*.cells.csv`` names the cells that differ from their column; every
filled cell becomes a fact ``subject/key/column``. ``units.csv`` and ``sources.csv`` are what both refer to.
"""
