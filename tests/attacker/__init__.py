"""An attacker of the release: what follows from everything that is published, by linear algebra over who is in it.

It shares no code with the rules of the release. It reads off what each published number is a sum of by letting the
release add up sums that remember their members.
"""
