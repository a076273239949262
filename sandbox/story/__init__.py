"""A simulated organisation: who works there, what they truly think, and how they answer.

A library for tests and benchmarks, and the story of the demo. Everything is a function of a seed, so that the true
values behind every published number are known::

    organisation = build(zorg(), seed=1)
    simulation = Simulation(organisation, load_bank(), seed=1)
    wave = simulation.wave(4)          # potential answers of all invited, and the sheets of those who take part
    true_score(wave, bank.by_id["A1"]) # what a published interval should contain
"""
