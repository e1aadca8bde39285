"""Teams of fixed seats (leader, member, student; teacher, teacher, topic; …) by a scheme that is data.

How a room uses it: a scheme that begins with `team:` read by `tongxin.methods.matching.parse`, a round from
`tongxin.methods.matching.folder`, then `proposing.propose_teams(scheme, round, seconds, tick)`: teams with reasons, everybody
without a team with the reason and the mend, the cheapest exchanges for each person, the value and the bound. What
people chose themselves stands in `round.fixed` and stays together; `round.current` is changed as little as can be.

Below that, on arrays: `problem.TeamProblem`, `solve.form_teams` (seat by seat, then alternating re-seating, then shaking),
`bound.upper_bound` (prices of people over all teams there are) and `checker` to re-check.
"""
