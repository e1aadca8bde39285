"""Long computations that the background worker does for a page: asked for once, followed, stopped, never lost.

A room registers how a kind of run is solved (`services.add_solver`) and asks for one (`services.ask`) in the transaction of
what it is for. The worker computes outside any transaction and keeps the result together with the run's end, so a worker
that dies leaves nothing half done: the run is taken up again. Pages show it with `ui/components/solving.html`.
"""
