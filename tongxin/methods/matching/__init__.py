"""Pairing people of two seats: a scheme as data, the best pairs with a proof, and the reasons in sentences.

How a room uses it:

- `parse.load_scheme` / `parse.parse_scheme` read a scheme, `lint.lint` says what is wrong with it (file, line, sentence).
- `folder.Round` is one round: `folder.Person`s, wishes, fixed and forbidden pairs, last year's and the present pairs;
  make one from rows of a database and pass it through `folder.checked`, or read a folder with `folder.load_round`.
- `pairing.propose(scheme, round, seconds, tick)` gives an `Outcome`: pairs, value, bound, gap. `tick(bound, best)` is
  called from time to time and stops the search by returning False. Equal input gives equal pairs.
- `explaining.explain(outcome)` says why each pair, which alternatives there were, and for everybody left over the
  reason and the cheapest way out. `pairing.blocking` lists pairs that would rather have each other.
- After the organiser moved pairs by hand: put the moved ones in `fixed`, the pairs as they stood in `current`, propose
  again; as few of the others change as can be (or as `change` of the scheme weighs it).

Below that: `problem.Problem` and `solve.solve` on arrays (candidates, min-cost flow, dual prices), `loads.solve_loads`
where people take different numbers of places, `stable` for matchings nobody wants to leave, `shortage` for who competes
for the same places, `checker` to re-check. Teams of three and more: `tongxin.methods.teams`.
"""
