"""The registry floor: is a model good enough, and may it take the champion's place?

`evaluation.evaluate_gates` decides gates on evidence, `evidence` is what it decides on, `gathering`
collects it from packages in fresh processes, `report` is the outcome; `gating` asks all of that of
a registered version. `promotion` is the way to production: plan, promote, roll back, history.
"""
