"""A simulated organisation: who works there, what they truly think, and how they answer.

A library for tests and benchmarks, and the story of the demo. Everything is a function of a seed, so that the true
values behind every published number are known::

    bank = load_bank()
    simulation = Simulation(build(zorg(), seed=1), bank, seed=1)  # or build(generated(1000, seed=1), seed=1)
    wave = simulation.wave(4)           # what all invited would answer, and the sheets of those who take part
    true_score(wave, bank.by_id["A1"])  # what a published interval should contain

``driver.play`` plays a simulation in a running sandbox, on a stage that ``stage.set_stage`` has set.
"""
