"""Plans of home visits: who visits whom on which evening and by which way.

What others use (everything else is this package's own business):

- `model`: `Problem` (teams, sessions, families, travel, what is agreed) and `Plan` (routes, who is left out and why);
- `solving.plan(problem, seconds=…, progress=…, cancelled=…)`: a plan, re-checked before it is returned;
- `repairing.repair(problem, old)`: the old plan changed as little as can be; `changes(old, new)`: who has to be told;
- `checking.faults(problem, plan)`: what is wrong with a plan, by code of its own;
- `places.fast_table`, `places.travel_table`: travel from coordinates, from codes, from a table;
- `pairing.in_pairs`: who goes together; `folder.read_folder`: a folder of tables; `words`: reasons as sentences.

VROOM (`pyvroom`) and PyVRP do the heavy work where they are installed; without them `weaving` and `plain` do all of it,
slower. `Plan.solver` says which it was. Costs are whole numbers, seeds are fixed. Plain Python and numpy.
"""
