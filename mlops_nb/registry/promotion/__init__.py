"""The way to production: plan, promote, roll back, approve, and the history of all of it.

`registry.open_registry` is the port to registered models; nothing else of this floor talks to
MLflow's client. `plan.plan_promotion` says what stands between a version and an alias, `moves`
moves it, `history` tells who moved what when.
"""
