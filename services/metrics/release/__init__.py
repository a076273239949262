"""The only way out of the ballots: what may be published of a closed wave, once, and nothing that says more."""
