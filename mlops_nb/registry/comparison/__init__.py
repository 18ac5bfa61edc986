"""What is known about a model version, and how do two of them differ? Values that every door shows.

`facts` is one version, `reading` gathers it through the registry, `differences` compares two.
"""
