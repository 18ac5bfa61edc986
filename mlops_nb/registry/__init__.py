"""The registry floor: is a model good enough, and may it take the champion's place?

`evaluation.evaluate_gates` decides gates on evidence, `evidence` is what it decides on, `gathering`
collects it from packages in fresh processes, `report` is the outcome. No door leads here yet.
"""
